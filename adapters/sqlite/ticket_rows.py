"""The table of tickets, and how a ticket is written down in it and read again.

Long texts have columns of their own, behind all others: what is not asked for is not read.
"""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from application.ports.ticket_store import AnswerTooLarge
from domain.ticket import (
    ASK_TEXTS,
    LONG_TEXTS,
    RESULT_TEXTS,
    Ask,
    Flavour,
    Ticket,
    TicketResult,
    TicketStatus,
    TicketToken,
    failed_ticket,
    lost_ask,
    with_ask_texts,
    with_result_texts,
)

_BUSY_MS = 5_000
_MOST_JOURNAL_BYTES = 64 << 20
_TABLE = """
CREATE TABLE IF NOT EXISTS tickets (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    flavour TEXT NOT NULL,
    language_id INTEGER NOT NULL,
    status INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    finished_at TEXT,
    ask BLOB NOT NULL,
    result BLOB
);
"""
_LATER = {
    "size_bytes": "INTEGER NOT NULL DEFAULT 0",
    "failed_calls": "INTEGER",
    "callback_url": "TEXT",
    **dict.fromkeys((*ASK_TEXTS, *RESULT_TEXTS), "BLOB"),
}
"""Columns that the first files did not have; their rows hold everything in `ask` and `result`."""
_INDEXES = """
CREATE INDEX IF NOT EXISTS open_tickets ON tickets (status, number) WHERE status < 3;
CREATE INDEX IF NOT EXISTS finished_tickets ON tickets (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS finished_sizes ON tickets (number, size_bytes)
    WHERE finished_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS owed_calls ON tickets (number) WHERE failed_calls IS NOT NULL;
CREATE INDEX IF NOT EXISTS listed_tickets
    ON tickets (flavour, number, status, language_id, created_at);
"""
_SMALL = (
    *("number", "token", "flavour", "language_id", "status", "created_at", "finished_at"),
    *("ask", "result", "callback_url"),
)
_SMALL_BYTES = 512

Row = sqlite3.Row


def opened(path: Path) -> sqlite3.Connection:
    """Made where it is not there yet, and brought up to date where it is of an earlier release."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA journal_size_limit = {_MOST_JOURNAL_BYTES}")
        connection.execute("PRAGMA synchronous = FULL")
        _bring_up_to_date(connection)
        path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def insert(connection: sqlite3.Connection, tickets: Iterable[Ticket]) -> None:
    names = (
        *("token", "flavour", "language_id", "status", "created_at", "ask", "size_bytes"),
        *("callback_url", *ASK_TEXTS),
    )
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO tickets ({', '.join(names)}) VALUES ({marks})"
    connection.executemany(statement, map(_values, tickets))


def finish(
    connection: sqlite3.Connection, token: str, result: TicketResult, finished_at: datetime
) -> bool:
    """Whether there was one that had no result yet; who named an address is owed a call."""
    texts = [getattr(result, name) for name in RESULT_TEXTS]
    small = msgspec.msgpack.encode(with_result_texts(result, _no_text))
    more_bytes = len(small) + sum(len(text or b"") for text in texts)
    set_texts = ", ".join(f"{name} = ?" for name in RESULT_TEXTS)
    statement = (
        "UPDATE tickets SET status = ?, result = ?, finished_at = ?,"
        f" size_bytes = size_bytes + ?, {set_texts},"
        " failed_calls = CASE WHEN callback_url IS NULL THEN NULL ELSE 0 END"
        " WHERE token = ? AND status < 3"
    )
    values = (result.status.value, small, written(finished_at), more_bytes, *texts, token)
    return connection.execute(statement, values).rowcount > 0


def columns(texts: Collection[str]) -> str:
    """What is selected for a ticket with these of its long texts."""
    return ", ".join((*_SMALL, *(name for name in LONG_TEXTS if name in texts)))


def check_size(
    connection: sqlite3.Connection,
    numbers: Collection[int],
    texts: Collection[str],
    most_bytes: int | None,
) -> None:
    """Raises AnswerTooLarge where these texts are too much; none of them is read for that."""
    wanted = [f"coalesce(length({name}), 0)" for name in LONG_TEXTS if name in texts]
    if most_bytes is None or not wanted:
        return
    statement = f"SELECT {' + '.join(wanted)} FROM tickets WHERE number = ?"
    sizes = (connection.execute(statement, (number,)).fetchone() for number in numbers)
    if sum(row[0] for row in sizes if row) > most_bytes:
        raise AnswerTooLarge


def ticket_of(row: Row, texts: Collection[str]) -> Ticket:
    """What cannot be read is stood in for by what is known without it."""
    ask = ask_of(row)
    if ask is None:
        ask = lost_ask(row["language_id"], row["callback_url"])
    text_of = partial(_text, row, texts)
    result = _result(row)
    return Ticket(
        token=TicketToken(row["token"]),
        flavour=Flavour(row["flavour"]),
        ask=with_ask_texts(ask, partial(text_of, ask)),
        created_at=_moment(row["created_at"]),
        status=TicketStatus(row["status"]),
        result=result and with_result_texts(result, partial(text_of, result)),
        finished_at=_moment(row["finished_at"]) if row["finished_at"] else None,
    )


def ask_of(row: Row) -> Ask | None:
    """None where it cannot be read."""
    try:
        return msgspec.msgpack.decode(row["ask"], type=Ask)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return None


def written(moment: datetime) -> str:
    """One width, so that texts sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def size_of(ticket: Ticket) -> int:
    """Nearly: the few bytes of what is no long text are not worth writing it down twice."""
    return sum(len(getattr(ticket.ask, name) or b"") for name in ASK_TEXTS) + _SMALL_BYTES


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    connection.executescript(_TABLE)
    there = {row["name"] for row in connection.execute("PRAGMA table_info(tickets)")}
    connection.execute("BEGIN IMMEDIATE")
    for name, kind in _LATER.items():
        if name not in there:
            connection.execute(f"ALTER TABLE tickets ADD COLUMN {name} {kind}")
    connection.execute("COMMIT")
    connection.executescript(_INDEXES)


def _values(ticket: Ticket) -> tuple[object, ...]:
    small = with_ask_texts(ticket.ask, _no_text)
    return (
        ticket.token,
        ticket.flavour.value,
        ticket.ask.language_id,
        TicketStatus.IN_QUEUE.value,
        written(ticket.created_at),
        msgspec.msgpack.encode(small),
        size_of(ticket),
        ticket.ask.callback_url,
        *(getattr(ticket.ask, name) for name in ASK_TEXTS),
    )


def _result(row: Row) -> TicketResult | None:
    if row["result"] is None:
        return None
    try:
        return msgspec.msgpack.decode(row["result"], type=TicketResult)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return failed_ticket("what came of it cannot be read any more")


def _text(row: Row, texts: Collection[str], small: Ask | TicketResult, name: str) -> bytes | None:
    """Out of its own column, or, in a row of an earlier release, out of what it belongs to."""
    if name not in texts:
        return None
    found: bytes | None = row[name]
    if found is None:
        found = getattr(small, name)
    return found


def _no_text(_: str) -> None:
    return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
