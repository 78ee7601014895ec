"""The SQL adapters on a MySQL server, whose tables are made once and emptied for each test."""

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import delete

from adapters.memory.clock import ManualClock
from adapters.sql.migrating import migrate_server
from adapters.sql.mysql import MysqlEngine
from adapters.sql.storage import SqlStorage
from adapters.sql.submissions import SqlSubmissionRepository
from adapters.sql.tables import metadata
from adapters.sql.totals import SqlTotals
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from tests.contracts.in_hand import TotalsInHand
from tests.services.mysql import elsewhere, new_database, statements


@asynccontextmanager
async def mysql_storage(_: Path, __: ManualClock) -> AsyncIterator[Storage]:
    storage = SqlStorage(MysqlEngine(empty_database()))
    yield storage
    await storage.close()


@asynccontextmanager
async def mysql_submissions(_: Path, __: ManualClock) -> AsyncIterator[SubmissionRepository]:
    submissions = SqlSubmissionRepository(MysqlEngine(empty_database()))
    yield submissions
    await submissions.close()


@asynccontextmanager
async def mysql_totals(_: Path, __: ManualClock) -> AsyncIterator[TotalsInHand]:
    engine = MysqlEngine(empty_database())
    yield TotalsInHand(totals=SqlTotals(engine), submissions=SqlSubmissionRepository(engine))
    await engine.close()


def empty_database() -> str:
    """The address of this process's database of tests, with tables and nothing in them."""
    url = _database()
    statements(url, [str(delete(table)) for table in reversed(metadata.sorted_tables)])
    return url


@functools.cache
def _database() -> str:
    url = new_database()
    elsewhere(migrate_server(url))
    return url
