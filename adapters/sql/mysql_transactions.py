"""Transactions on a connection to a server: how they begin, end, fail, and are let go of."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql.engine import Clash, Transaction
from adapters.sql.mysql_server import (
    LONGEST_STATEMENT_S,
    WHAT,
    abort,
    is_lost,
    is_outage,
    is_refusal,
    is_repeatable,
)
from adapters.sql.pulse import Pulse
from application.ports.storage import StoreRefused, StoreUnavailable

T = TypeVar("T")

SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
WRITING = "START TRANSACTION"
LONGEST_S = 2.0 * LONGEST_STATEMENT_S


class LeftNothing(Exception):
    """The transaction is rolled back, through no fault of its own, and may be done again."""


class Unanswered(Exception):
    """Whether the commit took effect is not known."""


class Block(Transaction):
    """A transaction in steps.

    After a step that the server failed none is done: it may have rolled back, and what came next
    would be committed by itself.
    """

    def __init__(self, connection: AsyncConnection, pulse: Pulse) -> None:
        self._connection = connection
        self._pulse = pulse
        self._broken = False

    async def run(self, work: Callable[[Connection], T]) -> T:
        if self._broken:
            raise StoreUnavailable(WHAT)
        try:
            async with self._pulse.watching(LONGEST_S):
                return await self._connection.run_sync(partial(_step, work=work))
        except StoreUnavailable:
            self._broken = True
            raise
        except (LeftNothing, Unanswered) as error:
            self._broken = True
            raise StoreUnavailable(WHAT) from error

    async def commit(self) -> None:
        await self.run(commit)

    async def roll_back(self) -> None:
        """Leave nothing, and a connection that can be used again, or none."""
        if self._broken:
            await drop(self._connection)
            return
        try:
            await self.run(roll_back)
        except StoreUnavailable:
            await drop(self._connection)


def whole(connection: Connection, *, begin: str, work: Callable[[Connection], T]) -> T:
    """A whole transaction.

    Raises:
        LeftNothing: it may be done again.
        Unanswered: it may have been done, or not.
        Clash: a constraint is broken.
        StoreUnavailable: the server cannot do it now.
    """
    say(connection, begin)
    try:
        with _translated():
            result = work(connection)
        commit(connection)
    except Unanswered:
        raise
    except Exception:  # whatever failed, the transaction is left before it is passed on
        roll_back(connection)
        raise
    return result


def say(connection: Connection, words: str) -> None:
    with _translated():
        connection.exec_driver_sql(words)


def commit(connection: Connection) -> None:
    with _translated():
        try:
            connection.exec_driver_sql("COMMIT")
        except DBAPIError as error:
            if is_lost(error):
                raise Unanswered from error
            raise


def roll_back(connection: Connection) -> None:
    """Leave the transaction, unless the server did it already."""
    if connection.invalidated:
        return
    try:
        say(connection, "ROLLBACK")
    except (LeftNothing, StoreUnavailable):
        connection.invalidate()


async def connected(pool: AsyncEngine) -> AsyncConnection:
    """A connection of the pool.

    Raises:
        StoreRefused: the server does not let us in.
        StoreUnavailable: it cannot be reached, or all connections are in use for too long.
    """
    asked = _times_cancelled()
    connection = await _started(pool.connect())
    if _times_cancelled() > asked:
        await drop(connection)
        await connection.close()
        raise asyncio.CancelledError
    return connection


def _times_cancelled() -> int:
    """Python 3.11's `wait_for`, in which the driver connects, may lose a cancellation."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


async def _started(connection: AsyncConnection) -> AsyncConnection:
    try:
        return await connection.start()
    except DBAPIError as error:
        if is_refusal(error):
            raise StoreRefused(WHAT, str(error.orig)) from error
        if is_outage(error):
            raise StoreUnavailable(WHAT) from error
        raise
    except (OSError, PoolTimeoutError, RuntimeError) as error:
        raise StoreUnavailable(WHAT) from error  # RuntimeError: closed as soon as it was opened


async def visit(pool: AsyncEngine, work: Callable[[Connection], T]) -> T:
    """What is made of a connection by work that leaves it clean, or raises no Exception."""
    connection = await connected(pool)
    try:
        return await connection.run_sync(work)
    except Exception:
        raise  # the work has left the connection clean, as it promises
    except BaseException:  # cancelled amid an answer, which the next user would read
        await drop(connection)
        raise
    finally:
        await connection.close()


async def begun(pool: AsyncEngine, words: str) -> AsyncConnection:
    """A connection that is in a new transaction.

    Raises:
        LeftNothing: the connection was dead, as pooled ones may be.
        StoreUnavailable: the server cannot be reached.
    """
    connection = await connected(pool)
    try:
        await connection.run_sync(partial(say, words=words))
    except BaseException:
        await drop(connection)
        await connection.close()
        raise
    return connection


async def drop(connection: AsyncConnection) -> None:
    """Let go of a connection at once, whatever state it is in; the server rolls back."""
    if connection.invalidated:
        return
    abort((await connection.get_raw_connection()).driver_connection)
    await connection.invalidate()


def _step(connection: Connection, work: Callable[[Connection], T]) -> T:
    with _translated():
        return work(connection)


@contextmanager
def _translated() -> Iterator[None]:
    """Let no exception out that tells of the server's state in the library's words."""
    try:
        yield
    except IntegrityError as error:
        raise Clash(str(error.orig)) from error
    except DBAPIError as error:
        if is_repeatable(error) or is_lost(error):
            raise LeftNothing from error
        if is_outage(error):
            raise StoreUnavailable(WHAT) from error
        raise
