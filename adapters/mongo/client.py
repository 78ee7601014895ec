"""One connection to MongoDB: made at the first use, patient only with a server that answers.

The one place that knows the driver, whose successor is PyMongo's own asynchronous client.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Self, TypeAlias, TypeVar

import pymongo
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo.errors import ConfigurationError, ConnectionFailure, OperationFailure, PyMongoError

from application.ports.storage import StoreRefused, StoreUnavailable
from application.ports.telemetry import SILENT, Telemetry

T = TypeVar("T")
Document: TypeAlias = dict[str, Any]
Collection: TypeAlias = AsyncIOMotorCollection[Document]
Database: TypeAlias = AsyncIOMotorDatabase[Document]

WHAT = "MongoDB"
"""How it is called in messages."""
DEFAULT_DATABASE = "assay"
QUICK_S = 1.2
"""For an operation that somebody waits for, all its tries together."""
LONG_S = 20.0
_LOOK_AFTER_S = 0.7
"""How long a long operation may be silent before the server is asked whether it is there."""
_ANSWER_S = 0.6
_LAST_RESORT_S = 0.2
"""Beyond a limit that the driver keeps by itself, as looking a name up has none."""
_OPTIONS: Mapping[str, Any] = {
    "appname": "assay",
    "w": "majority",
    "journal": True,
    "readConcernLevel": "majority",
    "readPreference": "primary",
    "retryReads": True,
    "retryWrites": True,  # each write here is safe to repeat; see the modules that write
    "serverSelectionTimeoutMS": 1_000,
    "connectTimeoutMS": 1_000,
}
"""What must not depend on the address that somebody wrote."""
_AWAY = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        43,  # CursorNotFound: the server was started anew in between
        50,  # MaxTimeMSExpired
        64,  # WriteConcernTimeout
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        112,  # WriteConflict
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        189,  # PrimarySteppedDown
        202,  # NetworkInterfaceExceededTimeLimit
        237,  # CursorKilled
        262,  # ExceededTimeLimit
        9001,  # SocketException
        10058,  # LegacyNotPrimary
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11601,  # Interrupted
        11602,  # InterruptedDueToReplStateChange
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
    }
)
"""Codes of errors that say that the server cannot do it now."""
_REFUSED = frozenset({13, 18})
"""Unauthorized, AuthenticationFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    """Where the documents are."""

    submissions: Collection
    judgements: Collection
    settling: Collection
    pair_standings: Collection
    user_standings: Collection
    day_tallies: Collection
    test_tallies: Collection
    item_tallies: Collection

    @classmethod
    def of(cls, database: Database) -> Self:
        return cls(**{field.name: database[field.name] for field in fields(cls)})


class MongoConnection:
    """Opened by its first use; `prepare` makes in the database what has to be there."""

    def __init__(
        self,
        uri: str,
        prepare: Callable[[Database], Awaitable[None]],
        telemetry: Telemetry = SILENT,
    ) -> None:
        self._uri = uri
        self._telemetry = telemetry
        self._prepare = prepare
        self._client: AsyncIOMotorClient[Document] | None = None
        self._collections: Collections | None = None
        self._opening: asyncio.Task[Collections] | None = None
        self._closed = False
        self._heard_at_s = 0.0
        """When the server last gave anybody here an answer."""

    async def quickly(self, work: Callable[[Collections], Awaitable[T]]) -> T:
        """The answer of the work, within about a second and a half whatever the server does.

        The first use waits for what `prepare` does besides, up to LONG_S: a start asks `check`
        before anybody waits for an answer.

        Raises:
            StoreUnavailable: the server cannot be reached, or does not answer in time.
            StoreRefused: the address or the credentials are wrong.
        """
        with self._telemetry.dependency("mongodb", _name_of(work)):
            collections = await self._opened()
            with translated(), pymongo.timeout(QUICK_S):
                async with asyncio.timeout(QUICK_S + _LAST_RESORT_S):
                    answer = await work(collections)
        self._heard_at_s = time.monotonic()
        return answer

    async def patiently(self, work: Callable[[Collections], Awaitable[T]]) -> T:
        """The answer of the work, which may take LONG_S while the server answers a ping.

        Raises:
            StoreUnavailable: the server cannot be reached, or does not answer in time.
            StoreRefused: the address or the credentials are wrong.
        """
        with self._telemetry.dependency("mongodb", _name_of(work)):
            collections = await self._opened()
            with translated():
                return await self._watched(self._made_client(), work(collections))

    async def check(self) -> None:
        """Return if the server answers."""
        await self._opened()
        with translated():
            await self._ping(self._made_client())

    async def close(self) -> None:
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
        if self._client is not None:
            client, self._client = self._client, None
            await asyncio.to_thread(client.close)

    async def _opened(self) -> Collections:
        """All who come before it is open wait for one attempt, and fail with it.

        They wait no longer than LONG_S; the attempt goes on, for those who come later.
        """
        if self._closed:
            raise StoreUnavailable(WHAT)
        if self._collections is not None:
            return self._collections
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._end_opening)
        with translated():
            async with asyncio.timeout(LONG_S + _LAST_RESORT_S):
                return await asyncio.shield(self._opening)

    def _end_opening(self, opening: asyncio.Task[Collections]) -> None:
        self._opening = None
        if not opening.cancelled() and opening.exception() is None:
            self._collections = opening.result()

    async def _open(self) -> Collections:
        """Take as long as it takes while the server answers.

        The indexes of a large collection take long, and a limit that is kept by ending them would
        be met again by each next attempt.
        """
        with translated():
            client = self._made_client()
            database: Database = client.get_default_database(DEFAULT_DATABASE)
            await self._watched(client, self._prepare(database), limit_s=None)
        return Collections.of(database)

    def _made_client(self) -> AsyncIOMotorClient[Document]:
        if self._client is None:
            try:
                self._client = AsyncIOMotorClient(self._uri, **_OPTIONS)
            except (ConfigurationError, ValueError):  # whose texts may hold the password
                raise StoreRefused(WHAT, "the address is malformed") from None
        return self._client

    async def _watched(
        self,
        client: AsyncIOMotorClient[Document],
        work: Awaitable[T],
        *,
        limit_s: float | None = LONG_S,
    ) -> T:
        with pymongo.timeout(limit_s):
            task = asyncio.ensure_future(_awaited(work))
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(None if limit_s is None else limit_s + _LAST_RESORT_S):
                while not task.done():
                    silent_s = time.monotonic() - max(began_s, self._heard_at_s)
                    if silent_s < _LOOK_AFTER_S:
                        await asyncio.wait({task}, timeout=_LOOK_AFTER_S - silent_s)
                    else:
                        await self._ping(client)
            answer = task.result()
        finally:
            task.cancel()
        self._heard_at_s = time.monotonic()
        return answer

    async def _ping(self, client: AsyncIOMotorClient[Document]) -> None:
        """In a thread beside the driver's own, which may all be waiting for their answers."""
        ping = client.delegate.admin.command
        with pymongo.timeout(_ANSWER_S):
            async with asyncio.timeout(_ANSWER_S + _LAST_RESORT_S):
                await asyncio.to_thread(ping, "ping")
        self._heard_at_s = time.monotonic()


def _name_of(work: Callable[..., object]) -> str:
    """What is to be done, as the function that does it is called."""
    done = work.func if isinstance(work, partial) else work
    return getattr(done, "__name__", "work")


async def _awaited(work: Awaitable[T]) -> T:
    """A coroutine of it, so that the limit of time holds inside the task that runs it."""
    return await work


@contextmanager
def translated() -> Iterator[None]:
    """Let out no exception of the driver that says how the server is."""
    try:
        yield
    except TimeoutError as error:
        raise StoreUnavailable(WHAT) from error
    except PyMongoError as error:
        if isinstance(error, OperationFailure) and error.code in _REFUSED:
            reason = str((error.details or {}).get("errmsg"))
            raise StoreRefused(WHAT, reason) from error
        if _is_away(error):
            raise StoreUnavailable(WHAT) from error
        raise


def _is_away(error: PyMongoError) -> bool:
    code = error.code if isinstance(error, OperationFailure) else None
    return error.timeout or isinstance(error, ConnectionFailure) or code in _AWAY
