"""Tickets in one SQLite file: a server that is killed loses none that it has acknowledged."""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import structlog

from adapters.sqlite import ticket_rows
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import (
    MOST_KEPT_BYTES,
    MOST_WAITING_BYTES,
    OwedCall,
    TicketCounts,
    TicketPage,
    TicketsFull,
    TicketStore,
    TicketUnreadable,
)
from domain.ticket import (
    LONG_TEXTS,
    Flavour,
    Ticket,
    TicketResult,
    TicketStatus,
    TicketToken,
)

_WHAT = "the file of tickets"
_WAITING_BYTES = "SELECT coalesce(sum(size_bytes), 0) FROM tickets WHERE status = 1"
_OLD = "SELECT number FROM tickets WHERE finished_at < ? LIMIT ?"
_BEYOND = """
SELECT number FROM tickets WHERE finished_at IS NOT NULL ORDER BY number DESC LIMIT ?2 OFFSET ?1
"""
_TOO_LARGE = """
SELECT number FROM (SELECT number, sum(size_bytes) OVER (ORDER BY number DESC) AS size
FROM tickets WHERE finished_at IS NOT NULL) WHERE size > ? LIMIT ?
"""
_AT_ONCE = 100
_PAGES_AT_ONCE = 2_000
_log = structlog.get_logger(__name__)
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
        def add(connection: sqlite3.Connection) -> None:
            if _waiting(connection) + len(tickets) > most_waiting:
                raise TicketsFull
            waiting_bytes = _number(connection, _WAITING_BYTES)
            if waiting_bytes + sum(map(ticket_rows.size_of, tickets)) > self._most_waiting_bytes:
                raise TicketsFull
            ticket_rows.insert(connection, tickets)

        await self._do(add)

    async def waiting(self) -> int:
        return await self._do(_waiting)

    async def claim(self) -> Ticket | None:
        def claim(connection: sqlite3.Connection) -> ticket_rows.Row | None:
            row: ticket_rows.Row | None = connection.execute(
                "UPDATE tickets SET status = 2 WHERE number ="
                " (SELECT number FROM tickets WHERE status = 1 ORDER BY number LIMIT 1)"
                f" RETURNING {ticket_rows.columns(LONG_TEXTS)}"
            ).fetchone()
            return row

        row = await self._do(claim)
        if row is None:
            return None
        ticket = ticket_rows.ticket_of(row, LONG_TEXTS)
        if ticket_rows.ask_of(row) is None:
            _log.error("a stored submission cannot be read any more", number=row["number"])
            raise TicketUnreadable(ticket)
        return ticket

    async def finish(self, token: TicketToken, result: TicketResult, finished_at: datetime) -> bool:
        return await self._do(lambda c: ticket_rows.finish(c, token, result, finished_at))

    async def put_back(self) -> int:
        def put_back(connection: sqlite3.Connection) -> int:
            return connection.execute("UPDATE tickets SET status = 1 WHERE status = 2").rowcount

        return await self._do(put_back)

    async def get(
        self,
        tokens: Sequence[TicketToken],
        flavour: Flavour,
        *,
        texts: Collection[str] = LONG_TEXTS,
        most_bytes: int | None = None,
    ) -> tuple[Ticket | None, ...]:
        def get(connection: sqlite3.Connection) -> tuple[Ticket | None, ...]:
            which = "SELECT number FROM tickets WHERE token = ? AND flavour = ?"
            found = [connection.execute(which, (t, flavour.value)).fetchone() for t in tokens]
            numbers = [row["number"] if row else None for row in found]
            return _read(connection, numbers, texts, most_bytes)

        return await self._do(get)

    async def page(
        self,
        flavour: Flavour,
        *,
        offset: int,
        limit: int,
        texts: Collection[str] = LONG_TEXTS,
        most_bytes: int | None = None,
    ) -> TicketPage:
        def page(connection: sqlite3.Connection) -> TicketPage:
            total = _number(
                connection, "SELECT count(*) FROM tickets WHERE flavour = ?", flavour.value
            )
            rows = connection.execute(
                "SELECT number FROM tickets WHERE flavour = ?"
                " ORDER BY number DESC LIMIT ? OFFSET ?",
                (flavour.value, limit, min(offset, total)),
            ).fetchall()
            found = _read(connection, [row["number"] for row in rows], texts, most_bytes)
            return TicketPage(tickets=tuple(filter(None, found)), total=total)

        return await self._do(page)

    async def owed_calls(self, most: int) -> tuple[OwedCall, ...]:
        def owed(connection: sqlite3.Connection) -> tuple[OwedCall, ...]:
            rows = connection.execute(
                "SELECT token, flavour, callback_url, failed_calls FROM tickets"
                " WHERE failed_calls IS NOT NULL ORDER BY number LIMIT ?",
                (most,),
            )
            return tuple(
                OwedCall(token=TicketToken(token), flavour=Flavour(of), url=url, failures=failures)
                for token, of, url, failures in rows
            )

        return await self._do(owed)

    async def note_failed_call(self, token: TicketToken) -> int | None:
        def note(connection: sqlite3.Connection) -> int | None:
            row = connection.execute(
                "UPDATE tickets SET failed_calls = failed_calls + 1"
                " WHERE token = ? AND failed_calls IS NOT NULL RETURNING failed_calls",
                (token,),
            ).fetchone()
            return int(row[0]) if row else None

        return await self._do(note)

    async def settle_call(self, token: TicketToken) -> None:
        statement = "UPDATE tickets SET failed_calls = NULL WHERE token = ?"
        await self._do(lambda connection: connection.execute(statement, (token,)).close())

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
        gone = await self._forget(_OLD, ticket_rows.written(finished_before))
        gone += await self._forget(_BEYOND, most)
        gone += await self._forget(_TOO_LARGE, self._most_kept_bytes)
        while await self._do(_give_back):
            pass
        return gone

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, connection.close)
        self._thread.shutdown()

    async def _forget(self, which: str, bound: str | int) -> int:
        """Some at a time, so that nobody waits for the end of it."""
        statement = f"DELETE FROM tickets WHERE number IN ({which})"
        gone = 0
        while more := await self._do(
            lambda connection: connection.execute(statement, (bound, _AT_ONCE)).rowcount
        ):
            gone += more
        return gone

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
            self._connection = ticket_rows.opened(self._path)
        return self._connection


def _read(
    connection: sqlite3.Connection,
    numbers: Sequence[int | None],
    texts: Collection[str],
    most_bytes: int | None,
) -> tuple[Ticket | None, ...]:
    """Raises AnswerTooLarge."""
    there = [number for number in numbers if number is not None]
    ticket_rows.check_size(connection, there, texts, most_bytes)
    statement = f"SELECT {ticket_rows.columns(texts)} FROM tickets WHERE number = ?"
    rows = (connection.execute(statement, (number,)).fetchone() for number in numbers)
    return tuple(row and ticket_rows.ticket_of(row, texts) for row in rows)


def _give_back(connection: sqlite3.Connection) -> bool:
    """Give some free pages to the disk, one with each row that is read; whether more can be."""
    before = _number(connection, "PRAGMA freelist_count")
    connection.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
    return 0 < _number(connection, "PRAGMA freelist_count") < before


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
        return [(row[0], row[1]) for row in cursor]
