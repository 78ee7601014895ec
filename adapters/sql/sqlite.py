"""The embedded database: one SQLite file, one writer at a time, readers that never wait for it.

SQLite is called in threads. A driver that visits its thread for every statement (aiosqlite) made
435 transactions of three inserts a second where this, which visits it once, makes 1,460.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from adapters.sql.engine import Clash, SqlEngine, Transaction
from adapters.sql.tables import metadata
from application.ports.storage import StoreUnavailable

T = TypeVar("T")

SCHEMA_VERSION = 1
"""Grows with every change of the tables; kept in the file as `PRAGMA user_version`."""
PATIENCE_S = 30.0
"""How long to wait for other writers, here or in another process."""
_SHARED_READERS = 2
_MAX_SNAPSHOTS = 32
_WHAT = "the database"


class SchemaTooNew(Exception):
    """The file was written by a later version of the program; it is left alone."""

    def __init__(self, path: Path, *, found: int, known: int) -> None:
        super().__init__(
            f"{path} has schema version {found}, and this program knows only {known}:"
            " run a newer program, or give it another folder"
        )
        self.path = path
        self.found = found
        self.known = known


class Lane(Transaction):
    """A connection and the thread that alone uses it; work is done in the order it was sent.

    That order makes cancellation safe: what is sent after a piece of work that nobody waits for any
    more, such as the roll-back, still runs after it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "sqlite")
        self._connection: Connection | None = None
        self.waiting = 0

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
        with _translated():
            if self._connection is None:
                self._connection = self._engine.connect()
            return work(self._connection)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class SqliteEngine(SqlEngine):
    """The database in the file at `path`, made at its first use."""

    def __init__(self, path: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._path = path
        self._patience_s = patience_s
        self._write_lock = asyncio.Lock()
        self._snapshots = asyncio.Semaphore(_MAX_SNAPSHOTS)
        readers = self._engine(read_only=True)
        self._writer = Lane(self._engine(read_only=False))
        self._shared = [Lane(readers) for _ in range(_SHARED_READERS)]
        self._new_reader = partial(Lane, readers)
        self._idle: list[Lane] = []
        self._lanes = [self._writer, *self._shared]
        self._opened = False
        self._closed = False

    async def open(self) -> None:
        """Make the file and its tables if they are not there; done by the first use anyway.

        Raises:
            SchemaTooNew: the file is of a later version of the program.
            StoreUnavailable: the file cannot be used.
        """
        if not self._opened:
            async with self._turn(self._write_lock):
                await self._writer.run(partial(_prepare, path=self._path))
                self._opened = True

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        await self.open()
        async with self._turn(self._snapshots):
            lane = self._reader()
            try:
                await lane.run(_begin)
                yield lane
            finally:
                lane.send(_roll_back)
                self._idle.append(lane)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        await self.open()
        async with self._turn(self._write_lock):
            try:
                await self._writer.run(_begin_write)
                yield self._writer
                await self._writer.run(_commit)
            except BaseException:
                self._writer.send(_roll_back)
                raise

    async def read(self, work: Callable[[Connection], T]) -> T:
        await self.open()
        lane = min(self._shared, key=lambda lane: lane.waiting)
        return await lane.run(partial(_whole, work=work, begin=_begin))

    async def write(self, work: Callable[[Connection], T]) -> T:
        await self.open()
        async with self._turn(self._write_lock):
            return await self._writer.run(partial(_whole, work=work, begin=_begin_write))

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            for lane in reversed(self._lanes):  # the writer last: it leaves the file without a log
                await lane.close()

    def _reader(self) -> Lane:
        if self._idle:
            return self._idle.pop()
        lane = self._new_reader()
        self._lanes.append(lane)
        return lane

    def _engine(self, *, read_only: bool) -> Engine:
        connect = partial(_connect, self._path, patience_s=self._patience_s, read_only=read_only)
        return create_engine(
            "sqlite://", creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )

    @asynccontextmanager
    async def _turn(self, queue: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
        if self._closed:
            raise StoreUnavailable(_WHAT)
        try:
            async with asyncio.timeout(self._patience_s):
                await queue.acquire()
        except TimeoutError:
            raise StoreUnavailable(_WHAT) from None
        try:
            yield
        finally:
            queue.release()


def _connect(path: Path, *, patience_s: float, read_only: bool) -> sqlite3.Connection:
    """A connection in SQLite's autocommit mode: transactions begin and end by our own words."""
    _make_private(path)
    connection = sqlite3.connect(
        path, timeout=patience_s, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a crash
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(path: Path) -> None:
    """Make the file readable for its owner alone; SQLite gives its log the same permissions."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error


def _prepare(connection: Connection, path: Path) -> None:
    """Make the tables, unless they are there; one process does it, others wait and find them."""
    _whole(connection, work=partial(_make_tables, path=path), begin=_begin_write)


def _make_tables(connection: Connection, path: Path) -> None:
    found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found > SCHEMA_VERSION:
        raise SchemaTooNew(path, found=found, known=SCHEMA_VERSION)
    if found < SCHEMA_VERSION:
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _whole(
    connection: Connection,
    *,
    work: Callable[[Connection], T],
    begin: Callable[[Connection], None],
) -> T:
    try:
        begin(connection)
        result = work(connection)
        _commit(connection)
    except BaseException:
        _roll_back(connection)
        raise
    return result


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_write(connection: Connection) -> None:
    """Take the write lock at once: a reader that becomes a writer may fail at any moment."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _commit(connection: Connection) -> None:
    connection.exec_driver_sql("COMMIT")


def _roll_back(connection: Connection) -> None:
    """Leave the transaction, if there is one."""
    if _driver(connection).in_transaction:
        connection.exec_driver_sql("ROLLBACK")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        raise StoreUnavailable(_WHAT)
    return driver


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Clash(str(error.orig)) from error
    except DBAPIError as error:
        raise StoreUnavailable(_WHAT) from error
