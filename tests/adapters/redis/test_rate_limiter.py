"""Rate limits while Redis is away, and what they leave in it."""

import asyncio
import contextlib
import time

from structlog.testing import capture_logs

from adapters.memory.clock import ManualClock
from adapters.redis.connection import PATIENCE_S, RedisAway, RedisConnection
from adapters.redis.rate_limiter import RedisRateLimiter
from application.ports.rate_limiter import RateLimiter, RatePolicy
from tests.adapters.redis.house import House
from tests.contracts.redis_adapters import fresh_connection

THREE = RatePolicy(name="submit", quota=3, window_s=3_600)


async def test_while_redis_is_dead_everybody_is_allowed_and_it_is_said_once(house: House) -> None:
    limiter = house.limiter()
    await _spend(limiter)
    house.server.kill()
    with capture_logs() as logs:
        taken = [await limiter.take(THREE, "alice") for _ in range(5)]
    assert all(one.allowed for one in taken)
    assert [line["event"] for line in logs] == ["Redis does not answer"]
    await limiter.close()


async def test_while_redis_hangs_an_answer_still_comes_quickly(house: House) -> None:
    limiter = house.limiter()
    await _spend(limiter)
    with house.standing_still():
        begun = time.monotonic()
        taken = [await limiter.take(THREE, "alice") for _ in range(100)]
        took_s = time.monotonic() - begun
    assert all(one.allowed for one in taken)
    assert took_s < 20 * PATIENCE_S  # few wait: after one that did Redis is left alone
    await limiter.close()


async def test_buckets_outlive_a_death_of_redis(house: House) -> None:
    connection = house.connection()
    limiter = RedisRateLimiter(connection, ManualClock())
    await _spend(limiter)
    house.server.restart()
    await _until_asked(connection)
    assert not (await limiter.take(THREE, "alice")).allowed
    await limiter.close()


async def test_an_emptied_redis_begins_anew(house: House) -> None:
    connection = house.connection()
    limiter = RedisRateLimiter(connection, ManualClock())
    await _spend(limiter)
    house.restart_without_data()
    await _until_asked(connection)
    assert (await limiter.take(THREE, "alice")).remaining == 2
    await limiter.close()


async def test_a_bucket_goes_when_it_has_been_full_for_a_while() -> None:
    connection = fresh_connection()
    limiter = RedisRateLimiter(connection, ManualClock())
    await limiter.take(THREE, "alice")
    (key,) = await connection.client.keys(f"{connection.namespace}:*")
    assert 1_200 <= await connection.client.ttl(key) <= 1_260
    await limiter.close()


async def _spend(limiter: RateLimiter) -> None:
    taken = [await limiter.take(THREE, "alice") for _ in range(4)]
    assert [one.allowed for one in taken] == [True, True, True, False]


async def _until_asked(connection: RedisConnection) -> None:
    """Wait until Redis is taken to be there again."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(RedisAway):
                await connection.check()
                return
            await asyncio.sleep(0.05)
