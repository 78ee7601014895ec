"""The database on a MySQL or MariaDB server.

Writers read what others have committed (READ COMMITTED): they lock what they go by, an insert that
clashes finds the row that it clashed with, and no gaps are locked, so there are few deadlocks.
Readers see one snapshot (REPEATABLE READ). Each has a pool, as a reader shall not wait for writers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql.engine import SqlEngine, Transaction
from adapters.sql.mysql_server import WHAT, disposed, ping, pool_of, url_of
from adapters.sql.mysql_transactions import (
    LONGEST_S,
    SNAPSHOT,
    WRITING,
    Block,
    LeftNothing,
    Unanswered,
    begun,
    drop,
    visit,
    whole,
)
from adapters.sql.pulse import Pulse
from adapters.sql.schema import refuse_another_schema
from application.ports.storage import StoreUnavailable
from application.ports.telemetry import SILENT, Telemetry

T = TypeVar("T")

_TRIES = 5
_PAUSE_S = 0.01
"""Before the second try, and twice as long before each that follows."""


class MysqlEngine(SqlEngine):
    """The database at `mysql://user:password@host[:port]/database`, which `assay migrate` made."""

    def __init__(self, uri: str, telemetry: Telemetry = SILENT) -> None:
        self._url = url_of(uri)
        self._telemetry = telemetry
        self._pulse = Pulse(WHAT, partial(ping, self._url))
        self._pools: dict[str, AsyncEngine] = {}
        self._opened = False
        self._closed = False

    async def open(self) -> None:
        """See that the database is there and has our tables; done by the first use anyway.

        Raises:
            StoreRefused: the server does not let us in.
            SchemaBehind: `assay migrate` has to be run.
            SchemaAhead: the tables are those of a later version of the program.
            StoreUnavailable: the server does not answer.
        """
        if self._closed:
            raise StoreUnavailable(WHAT)
        if self._opened:
            return
        if not self._pools:
            self._pools[SNAPSHOT] = pool_of(self._url, isolation="REPEATABLE READ")
            self._pools[WRITING] = pool_of(self._url, isolation="READ COMMITTED")
        await self._done(SNAPSHOT, refuse_another_schema, refuse_another_schema)
        self._opened = True

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        with self._telemetry.dependency("mysql", "reading"):
            async with self._block(SNAPSHOT) as block:
                yield block

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        with self._telemetry.dependency("mysql", "writing"):
            async with self._block(WRITING) as block:
                yield block

    async def read(self, work: Callable[[Connection], T]) -> T:
        await self.open()
        return await self._done(SNAPSHOT, work, work)

    async def write(
        self, work: Callable[[Connection], T], again: Callable[[Connection], T] | None = None
    ) -> T:
        await self.open()
        return await self._done(WRITING, work, again)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._pulse.close()
        for pool in self._pools.values():
            await disposed(pool)

    async def _done(
        self, begin: str, work: Callable[[Connection], T], again: Callable[[Connection], T] | None
    ) -> T:
        """What a whole transaction makes, tried again where it left nothing."""
        operation = "read" if begin == SNAPSHOT else "write"
        with self._telemetry.dependency("mysql", operation):
            return await self._tried(begin, work, again)

    async def _tried(
        self, begin: str, work: Callable[[Connection], T], again: Callable[[Connection], T] | None
    ) -> T:
        async with self._pulse.watching(LONGEST_S):
            for tries in range(_TRIES):
                try:
                    return await visit(self._pools[begin], partial(whole, begin=begin, work=work))
                except LeftNothing:
                    await asyncio.sleep(_PAUSE_S * 2**tries)
                except Unanswered:
                    if again is None:
                        break
                    work = again
        raise StoreUnavailable(WHAT)

    @asynccontextmanager
    async def _block(self, begin: str) -> AsyncIterator[Transaction]:
        await self.open()
        connection = await self._begun(begin)
        block = Block(connection, self._pulse)
        try:
            yield block
            await block.commit()
        except Exception:  # whatever the block raised, it is undone and passed on
            await block.roll_back()
            raise
        except BaseException:
            await drop(connection)
            raise
        finally:
            await connection.close()

    async def _begun(self, begin: str) -> AsyncConnection:
        async with self._pulse.watching(LONGEST_S):
            for _ in range(_TRIES):
                try:
                    return await begun(self._pools[begin], begin)
                except LeftNothing:
                    continue
        raise StoreUnavailable(WHAT)
