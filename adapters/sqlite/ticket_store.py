"""Tickets in one SQLite file: a server that is killed loses none that it has acknowledged."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import (
    MOST_KEPT_BYTES,
    MOST_WAITING_BYTES,
    TicketCounts,
    TicketPage,
    TicketsFull,
    TicketStore,
)
from domain.ticket import Ask, Flavour, Ticket, TicketResult, TicketStatus, TicketToken

_WHAT = "the file of tickets"
_BUSY_MS = 5_000
_SCHEMA = """
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
CREATE INDEX IF NOT EXISTS open_tickets ON tickets (status, number) WHERE status < 3;
CREATE INDEX IF NOT EXISTS finished_tickets ON tickets (finished_at) WHERE finished_at IS NOT NULL;
"""
_COLUMNS = "token, flavour, status, created_at, finished_at, ask, result"
_WAITING_BYTES = "SELECT coalesce(sum(length(ask)), 0) FROM tickets WHERE status = 1"
_TOO_LARGE = """
DELETE FROM tickets WHERE number IN (SELECT number FROM (
    SELECT number, sum(length(ask) + length(result)) OVER (ORDER BY number DESC) AS size
    FROM tickets WHERE finished_at IS NOT NULL) WHERE size > ?)
"""
_MOST_JOURNAL_BYTES = 64 << 20
_IN_QUEUE = TicketStatus.IN_QUEUE.value

_Row = tuple[str, str, int, str, str | None, bytes, bytes | None]
_Result = TypeVar("_Result")


class SqliteTicketStore(TicketStore):
    """One thread has the file; it is opened, and made, at its first use.

    What was acknowledged is on the disk: it is there after this process was killed, and after the
    machine lost its power.
    """

    def __init__(
        self,
        path: Path,
        *,
        most_waiting_bytes: int = MOST_WAITING_BYTES,
        most_kept_bytes: int = MOST_KEPT_BYTES,
    ) -> None:
        self._path = path
        self._most_waiting_bytes = most_waiting_bytes
        self._most_kept_bytes = most_kept_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tickets")
        self._connection: sqlite3.Connection | None = None

    async def add(self, tickets: Sequence[Ticket], *, most_waiting: int) -> None:
        rows = [_row(ticket) for ticket in tickets]

        def add(connection: sqlite3.Connection) -> None:
            if _waiting(connection) + len(rows) > most_waiting:
                raise TicketsFull
            waiting_bytes = _number(connection, _WAITING_BYTES)
            if waiting_bytes + sum(len(row[-1]) for row in rows) > self._most_waiting_bytes:
                raise TicketsFull
            connection.executemany(
                "INSERT INTO tickets (token, flavour, language_id, status, created_at, ask)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

        await self._do(add)

    async def waiting(self) -> int:
        return await self._do(_waiting)

    async def claim(self) -> Ticket | None:
        def claim(connection: sqlite3.Connection) -> Ticket | None:
            row = connection.execute(
                "UPDATE tickets SET status = 2 WHERE number ="
                " (SELECT number FROM tickets WHERE status = 1 ORDER BY number LIMIT 1)"
                f" RETURNING {_COLUMNS}"
            ).fetchone()
            return _ticket(row) if row else None

        return await self._do(claim)

    async def finish(
        self, token: TicketToken, result: TicketResult, finished_at: datetime
    ) -> Ticket | None:
        values = (result.status.value, msgspec.msgpack.encode(result), _text(finished_at), token)

        def finish(connection: sqlite3.Connection) -> Ticket | None:
            row = connection.execute(
                "UPDATE tickets SET status = ?, result = ?, finished_at = ? WHERE token = ?"
                f" RETURNING {_COLUMNS}",
                values,
            ).fetchone()
            return _ticket(row) if row else None

        return await self._do(finish)

    async def put_back(self) -> int:
        def put_back(connection: sqlite3.Connection) -> int:
            return connection.execute("UPDATE tickets SET status = 1 WHERE status = 2").rowcount

        return await self._do(put_back)

    async def get(
        self, tokens: Sequence[TicketToken], flavour: Flavour
    ) -> tuple[Ticket | None, ...]:
        def get(connection: sqlite3.Connection) -> tuple[Ticket | None, ...]:
            statement = f"SELECT {_COLUMNS} FROM tickets WHERE token = ? AND flavour = ?"
            rows = [connection.execute(statement, (t, flavour.value)).fetchone() for t in tokens]
            return tuple(_ticket(row) if row else None for row in rows)

        return await self._do(get)

    async def page(self, flavour: Flavour, *, offset: int, limit: int) -> TicketPage:
        def page(connection: sqlite3.Connection) -> TicketPage:
            total = _number(
                connection, "SELECT count(*) FROM tickets WHERE flavour = ?", flavour.value
            )
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM tickets WHERE flavour = ?"
                " ORDER BY number DESC LIMIT ? OFFSET ?",
                (flavour.value, limit, min(offset, total)),
            ).fetchall()
            return TicketPage(tickets=tuple(map(_ticket, rows)), total=total)

        return await self._do(page)

    async def remove(self, token: TicketToken) -> bool:
        def remove(connection: sqlite3.Connection) -> bool:
            statement = "DELETE FROM tickets WHERE token = ? AND status > 2"
            return connection.execute(statement, (token,)).rowcount > 0

        return await self._do(remove)

    async def counts(self, flavour: Flavour) -> TicketCounts:
        def counts(connection: sqlite3.Connection) -> TicketCounts:
            by_language = _groups(connection, "language_id", flavour)
            by_status = _groups(connection, "status", flavour)
            by_day = _groups(connection, "substr(created_at, 1, 10)", flavour)
            pages = _number(connection, "PRAGMA page_count")
            return TicketCounts(
                total=sum(count for _, count in by_status),
                by_language={int(number): count for number, count in by_language},
                by_status={TicketStatus(int(number)): count for number, count in by_status},
                by_day={date.fromisoformat(str(day)): count for day, count in by_day},
                size_bytes=pages * _number(connection, "PRAGMA page_size"),
            )

        return await self._do(counts)

    async def forget(self, *, finished_before: datetime, most: int) -> int:
        def forget(connection: sqlite3.Connection) -> int:
            old = "DELETE FROM tickets WHERE finished_at < ?"
            gone = connection.execute(old, (_text(finished_before),)).rowcount
            beyond = (
                "DELETE FROM tickets WHERE number IN (SELECT number FROM tickets"
                " WHERE finished_at IS NOT NULL ORDER BY number DESC LIMIT -1 OFFSET ?)"
            )
            gone += connection.execute(beyond, (most,)).rowcount
            return gone + connection.execute(_TOO_LARGE, (self._most_kept_bytes,)).rowcount

        gone = await self._do(forget)
        await self._do(_vacuum)
        return gone

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, connection.close)
        self._thread.shutdown()

    async def _do(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """The work as one transaction; once begun it goes on to its end, whoever still waits."""

        def do() -> _Result:
            try:
                connection = self._opened()
                with connection:
                    connection.execute("BEGIN IMMEDIATE")
                    return work(connection)
            except (sqlite3.Error, OSError) as error:
                raise StoreUnavailable(f"{_WHAT} ({error})") from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, do)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = _open(self._path)
        return self._connection


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA journal_size_limit = {_MOST_JOURNAL_BYTES}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_SCHEMA)
        path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _row(ticket: Ticket) -> tuple[str, str, int, int, str, bytes]:
    return (
        ticket.token,
        ticket.flavour.value,
        ticket.ask.language_id,
        _IN_QUEUE,
        _text(ticket.created_at),
        msgspec.msgpack.encode(ticket.ask),
    )


def _ticket(row: _Row) -> Ticket:
    token, flavour, status, created_at, finished_at, ask, result = row
    return Ticket(
        token=TicketToken(token),
        flavour=Flavour(flavour),
        ask=msgspec.msgpack.decode(ask, type=Ask),
        created_at=_moment(created_at),
        status=TicketStatus(status),
        result=msgspec.msgpack.decode(result, type=TicketResult) if result else None,
        finished_at=_moment(finished_at) if finished_at else None,
    )


def _text(moment: datetime) -> str:
    """One width, so that texts sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _vacuum(connection: sqlite3.Connection) -> None:
    """Give free pages back to the disk: a script, as one page goes with every step of it."""
    connection.executescript("PRAGMA incremental_vacuum")


def _waiting(connection: sqlite3.Connection) -> int:
    return _number(connection, "SELECT count(*) FROM tickets WHERE status = 1")


def _number(connection: sqlite3.Connection, statement: str, *values: str) -> int:
    (number,) = connection.execute(statement, values).fetchone()
    return int(number)


def _groups(
    connection: sqlite3.Connection, what: str, flavour: Flavour
) -> list[tuple[int | str, int]]:
    statement = f"SELECT {what}, count(*) FROM tickets WHERE flavour = ? GROUP BY 1"
    with closing(connection.execute(statement, (flavour.value,))) as cursor:
        return cursor.fetchall()
