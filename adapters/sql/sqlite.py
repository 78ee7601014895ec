"""The embedded database: one SQLite file, one writer at a time, readers that never wait for it.

SQLite is called in threads. A driver that visits its thread for every statement (aiosqlite) made
435 transactions of three inserts a second where one visit for the whole transaction made 1,460.
Writing transactions that wait at the same time share one commit, as each costs a sync of the disk.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from adapters.sql.engine import SqlEngine, Transaction
from adapters.sql.lanes import (
    WHAT,
    Lane,
    Piece,
    begin,
    begin_write,
    commit,
    reading,
    roll_back,
    writing,
)
from adapters.sql.sqlite_file import engine_of, make_tables
from application.ports.storage import StoreUnavailable
from application.ports.telemetry import SILENT, Telemetry

T = TypeVar("T")

PATIENCE_S = 30.0
"""How long to wait for other writers, here or in another process."""
_SHARED_READERS = 2
_MAX_SNAPSHOTS = 32
_MAX_TOGETHER = 50
"""Pieces in one commit, so that nobody waits long for a batch of others."""


class SqliteEngine(SqlEngine):
    """The database in the file at `path`, made at its first use."""

    def __init__(
        self, path: Path, *, patience_s: float = PATIENCE_S, telemetry: Telemetry = SILENT
    ) -> None:
        self._path = path
        self._telemetry = telemetry
        self._patience_s = patience_s
        self._write_lock = asyncio.Lock()
        self._snapshots = asyncio.Semaphore(_MAX_SNAPSHOTS)
        reader = engine_of(path, patience_s=patience_s, read_only=True)
        self._new_reader = partial(Lane, reader)
        self._writer = Lane(engine_of(path, patience_s=patience_s, read_only=False))
        self._shared = [self._new_reader() for _ in range(_SHARED_READERS)]
        self._idle: list[Lane] = []
        self._lanes = [self._writer, *self._shared]
        self._pieces: list[Piece] = []
        self._committing: asyncio.Task[None] | None = None
        self._opened = False
        self._closed = False

    async def open(self) -> None:
        """Make the file and its tables if they are not there; done by the first use anyway.

        Raises:
            SchemaTooNew: the file is of a later version of the program.
            StoreUnavailable: the file cannot be used.
        """
        if self._closed:
            raise StoreUnavailable(WHAT)
        if not self._opened:
            async with self._turn(self._write_lock):
                await self._writer.run(partial(make_tables, path=self._path))
                self._opened = True

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        await self.open()
        with self._telemetry.dependency("sqlite", "reading"):
            async with self._snapshot() as lane:
                yield lane

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[Transaction]:
        async with self._turn(self._snapshots):
            lane = self._reader()
            try:
                await lane.run(begin)
                yield lane
            finally:
                lane.send(roll_back)
                self._idle.append(lane)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        await self.open()
        with self._telemetry.dependency("sqlite", "writing"):
            async with self._writing_alone() as lane:
                yield lane

    @asynccontextmanager
    async def _writing_alone(self) -> AsyncIterator[Transaction]:
        async with self._turn(self._write_lock):
            try:
                await self._writer.run(begin_write)
                yield self._writer
                await self._writer.run(commit)
            except BaseException:
                self._writer.send(roll_back)
                raise

    async def read(self, work: Callable[[Connection], T]) -> T:
        await self.open()
        lane = min(self._shared, key=lambda lane: lane.waiting)
        with self._telemetry.dependency("sqlite", "read"):
            return await lane.run(partial(reading, work=work))

    async def write(
        self, work: Callable[[Connection], T], again: Callable[[Connection], T] | None = None
    ) -> T:
        await self.open()
        results: list[T] = []
        piece = Piece(lambda connection: results.append(work(connection)))
        self._pieces.append(piece)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_pieces())
        with self._telemetry.dependency("sqlite", "write"):
            await piece.done
        return results[0]

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._committing is not None:
            await self._committing
        for lane in reversed(self._lanes):  # the writer last: it leaves the file without a log
            await lane.close()

    async def _commit_pieces(self) -> None:
        try:
            while self._pieces:
                async with self._turn(self._write_lock):
                    await self._commit_together(self._next_pieces())
        except StoreUnavailable as error:
            for piece in self._next_pieces(len(self._pieces)):
                piece.settle(error)
        finally:
            self._committing = None

    async def _commit_together(self, pieces: Sequence[Piece]) -> None:
        failure: Exception | None = None
        try:
            await self._writer.run(partial(writing, work=partial(_attempt_all, pieces=pieces)))
        except StoreUnavailable as error:
            failure = error
        for piece in pieces:
            piece.settle(failure)

    def _next_pieces(self, count: int = _MAX_TOGETHER) -> Sequence[Piece]:
        """Those that somebody still waits for."""
        taken, self._pieces = self._pieces[:count], self._pieces[count:]
        return [piece for piece in taken if not piece.done.done()]

    def _reader(self) -> Lane:
        if self._idle:
            return self._idle.pop()
        lane = self._new_reader()
        self._lanes.append(lane)
        return lane

    @asynccontextmanager
    async def _turn(self, queue: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience_s):
                await queue.acquire()
        except TimeoutError:
            raise StoreUnavailable(WHAT) from None
        try:
            yield
        finally:
            queue.release()


def _attempt_all(connection: Connection, pieces: Sequence[Piece]) -> None:
    for piece in pieces:
        piece.attempt(connection)
