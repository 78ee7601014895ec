"""What Redis serves, over one server a test process, each adapter in a namespace of its own."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.memory.clock import ManualClock
from adapters.redis.connection import RedisConnection
from adapters.redis.progress import RedisProgressStream
from adapters.redis.rate_limiter import RedisRateLimiter
from application.ports.progress import ProgressStream
from application.ports.rate_limiter import RateLimiter
from tests.services.redis import redis_url


def fresh_connection() -> RedisConnection:
    return RedisConnection(redis_url(), namespace=f"test-{uuid.uuid4().hex}")


@asynccontextmanager
async def redis_rate_limiter(clock: ManualClock) -> AsyncIterator[RateLimiter]:
    limiter = RedisRateLimiter(fresh_connection(), clock)
    yield limiter
    await limiter.close()


@asynccontextmanager
async def redis_progress_stream() -> AsyncIterator[ProgressStream]:
    stream = RedisProgressStream(fresh_connection())
    yield stream
    await stream.close()
