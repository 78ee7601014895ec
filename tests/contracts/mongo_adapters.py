"""What is kept in MongoDB, for the contract suites: each in a database of its own."""

import atexit
import functools
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from adapters.memory.clock import ManualClock
from adapters.mongo.submissions import MongoSubmissionRepository
from adapters.mongo.totals import MongoTotals
from application.ports.submissions import SubmissionRepository
from tests.contracts.in_hand import TotalsInHand
from tests.services.mongo import mongo_url


@functools.cache
def mongo_client() -> MongoClient[dict[str, Any]]:
    """A client of the shared server, for what only tests do."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_url())
    atexit.register(client.close)
    return client


@contextmanager
def fresh_database() -> Iterator[str]:
    """The address of a new database on the shared server; it is dropped at the end."""
    name = f"assay-{uuid.uuid4().hex}"
    yield f"{mongo_url()}{name}"
    mongo_client().drop_database(name)


@asynccontextmanager
async def mongo_submissions(_: Path, __: ManualClock) -> AsyncIterator[SubmissionRepository]:
    with fresh_database() as uri:
        submissions = MongoSubmissionRepository(uri)
        yield submissions
        await submissions.close()


@asynccontextmanager
async def mongo_totals(_: Path, __: ManualClock) -> AsyncIterator[TotalsInHand]:
    with fresh_database() as uri:
        totals, submissions = MongoTotals(uri), MongoSubmissionRepository(uri)
        yield TotalsInHand(totals=totals, submissions=submissions)
        await totals.close()
        await submissions.close()
