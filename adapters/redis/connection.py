"""One pool of connections to Redis, which is asked with little patience: it holds no truth."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError

from application.ports.storage import StoreRefused
from application.ports.telemetry import SILENT, Telemetry

PATIENCE_S = 0.25
"""How long an answer may take, in all."""
LEAVE_ALONE_S = 0.5
"""After a failure Redis is taken to be away for so long, so that waiting for it stays rare."""
MAX_CONNECTIONS = 32

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class RedisAway(ConnectionError):
    """Redis does not answer, or refuses."""


class RedisConnection:
    """The pool that every adapter of this Redis shares; connects when it is first asked."""

    def __init__(
        self, url: str, *, namespace: str = "assay", telemetry: Telemetry = SILENT
    ) -> None:
        self._telemetry = telemetry
        self.namespace = namespace
        self._url = url
        self._client: Redis | None = None
        self._asking: set[asyncio.Task[Any]] = set()
        self._away_until = 0.0
        self._is_away = False

    @property
    def client(self) -> Redis:
        """For what waits longer than `ask` allows."""
        if self._client is None:
            pool = BlockingConnectionPool.from_url(
                self._url,
                max_connections=MAX_CONNECTIONS,
                timeout=PATIENCE_S,
                socket_timeout=PATIENCE_S,
                socket_connect_timeout=PATIENCE_S,
                protocol=2,  # nothing of 3 is needed, and its greetings cost round trips
                driver_info=None,
            )
            self._client = Redis.from_pool(pool)
        return self._client

    async def ask(self, command: Callable[[Redis], Coroutine[None, None, _T]]) -> _T:
        """What the command gives, within PATIENCE_S.

        Raises:
            RedisAway: there was no answer or a refusal, now or LEAVE_ALONE_S ago at most.
        """
        if time.monotonic() < self._away_until:
            raise RedisAway
        # In a task of its own: a command that is broken off may keep its connection for ever.
        asking = asyncio.create_task(command(self.client))
        self._asking.add(asking)
        asking.add_done_callback(self._forget)
        operation = getattr(command, "__name__", "ask").lstrip("_")
        try:
            with self._telemetry.dependency("redis", operation):
                async with asyncio.timeout(PATIENCE_S):
                    answer = await asyncio.shield(asking)
        except (RedisError, OSError, TimeoutError) as error:
            self._say_away(error)
            raise RedisAway from error
        if self._is_away:
            self._is_away = False
            _log.info("Redis answers again")
        return answer

    async def check(self) -> None:
        """Return if Redis answers.

        Raises:
            RedisAway: it does not.
            StoreRefused: it does not let us in.
        """
        try:
            await self.ask(_size)
        except RedisAway as away:
            if isinstance(away.__cause__, (AuthenticationError, AuthorizationError)):
                raise StoreRefused("Redis", str(away.__cause__)) from away
            raise

    async def close(self) -> None:
        """Free the connections; harmless when called twice."""
        if self._asking:
            await asyncio.wait(tuple(self._asking))
        if self._client is not None:
            client, self._client = self._client, None
            await client.connection_pool.aclose()

    def _forget(self, asking: asyncio.Task[Any]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            asking.exception()  # heard by whoever asked, or by nobody who still waits

    def _say_away(self, error: Exception) -> None:
        self._away_until = time.monotonic() + LEAVE_ALONE_S
        if not self._is_away:
            self._is_away = True
            _log.warning("Redis does not answer", reason=str(error) or type(error).__name__)


async def _size(redis: Redis) -> int:
    return await redis.dbsize()
