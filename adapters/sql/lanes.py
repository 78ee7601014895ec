"""Threads in which SQLite is called: one a connection, its work done in the order it was sent."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from adapters.sql.engine import Clash, Transaction
from application.ports.storage import StoreUnavailable

T = TypeVar("T")

WHAT = "the database"
"""How it is called in messages."""


class Lane(Transaction):
    """A connection and the thread that alone uses it.

    The order makes cancellation safe: what is sent after a piece of work that nobody waits for any
    more, such as the roll-back, still runs after it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "sqlite")
        self._connection: Connection | None = None
        self.waiting = 0
        """How many wait for their work."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        self.waiting += 1
        try:
            return await loop.run_in_executor(self._thread, self._do, work)
        finally:
            self.waiting -= 1

    def send(self, work: Callable[[Connection], None]) -> None:
        """Have it done without waiting for it."""
        self._thread.submit(self._do, work)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    def _do(self, work: Callable[[Connection], T]) -> T:
        with translated():
            if self._connection is None:
                self._connection = self._engine.connect()
            return work(self._connection)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Piece:
    """A writing transaction that may share its commit with others."""

    def __init__(self, work: Callable[[Connection], None]) -> None:
        self._work = work
        self._error: Exception | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def attempt(self, connection: Connection) -> None:
        """Do the work; what it raises undoes it alone."""
        connection.exec_driver_sql("SAVEPOINT piece")
        try:
            with translated():
                self._work(connection)
        except Exception as error:  # noqa: BLE001 - goes to whoever waits for this piece
            self._error = error
            connection.exec_driver_sql("ROLLBACK TO piece")
        connection.exec_driver_sql("RELEASE piece")

    def settle(self, failure: Exception | None = None) -> None:
        """Tell whoever waits, if anybody still does."""
        error = failure or self._error
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


@contextmanager
def translated() -> Iterator[None]:
    """Let no exception of SQLAlchemy out."""
    try:
        yield
    except IntegrityError as error:
        raise Clash(str(error.orig)) from error
    except DBAPIError as error:
        raise StoreUnavailable(WHAT) from error


def begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def begin_write(connection: Connection) -> None:
    """Take the write lock at once: a reader that becomes a writer may fail at any moment."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def commit(connection: Connection) -> None:
    connection.exec_driver_sql("COMMIT")


def roll_back(connection: Connection) -> None:
    """Leave the transaction, if there is one."""
    driver = connection.connection.dbapi_connection
    if driver is not None and driver.in_transaction:
        connection.exec_driver_sql("ROLLBACK")


def reading(connection: Connection, work: Callable[[Connection], T]) -> T:
    """A whole transaction that only reads."""
    try:
        begin(connection)
        return work(connection)
    finally:
        roll_back(connection)


def writing(connection: Connection, work: Callable[[Connection], T]) -> T:
    """A whole transaction."""
    try:
        begin_write(connection)
        result = work(connection)
        commit(connection)
    finally:
        roll_back(connection)
    return result
