"""Events while Redis is away, and how they are bounded."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from adapters.dramatiq.redis_broker import RedisQueueBroker
from adapters.dramatiq.task_queue import DramatiqTaskQueue
from adapters.memory.clock import ManualClock
from adapters.redis.connection import PATIENCE_S, RedisConnection
from adapters.redis.progress import MOST_BYTES, MOST_EVENTS, RedisProgressStream
from adapters.redis.rate_limiter import RedisRateLimiter
from application.ports.progress import Done, ProgressEvent, TestFinished
from application.ports.rate_limiter import RatePolicy
from domain.ids import SubmissionId
from domain.submission import WorkClass
from tests.adapters.redis.house import House, event
from tests.contracts.redis_adapters import fresh_connection
from tests.services.redis import redis_server

S1 = SubmissionId("s1")


async def test_publishing_never_fails_while_redis_is_dead(house: House) -> None:
    stream = house.stream()
    await stream.publish(S1, event(1))
    house.server.kill()
    for sequence in range(2, 100):
        await stream.publish(S1, event(sequence))
    await stream.close()


async def test_publishing_waits_for_a_hanging_redis_now_and_then_only(house: House) -> None:
    stream = house.stream()
    await stream.publish(S1, event(1))
    with house.standing_still():
        begun = time.monotonic()
        for sequence in range(2, 500):
            await stream.publish(S1, event(sequence))
        assert time.monotonic() - begun < 100 * PATIENCE_S
    await stream.close()


async def test_a_follower_goes_on_when_redis_is_back(house: House) -> None:
    stream = house.stream()
    await stream.publish(S1, event(1))
    async with aclosing(stream.follow(S1, None)) as events:
        assert await anext(events) == event(1)
        coming = asyncio.ensure_future(anext(events))
        house.restart_without_data()
        assert await _told_until_heard(stream, coming) == event(2)
    await stream.close()


async def test_a_follower_at_another_server_goes_on_too(house: House) -> None:
    here, there = house.stream(), house.stream()
    async with aclosing(there.follow(S1, None)) as events:
        coming = asyncio.ensure_future(anext(events))
        house.server.restart()
        assert await _told_until_heard(here, coming) == event(2)
    await here.close()
    await there.close()


async def test_a_follower_may_leave_while_redis_hangs(house: House) -> None:
    stream = house.stream()
    await stream.publish(S1, event(1))
    with house.standing_still():
        async with aclosing(stream.follow(S1, None)) as events, asyncio.timeout(30):
            leaving = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.wait({leaving})
    await stream.close()


async def test_news_arrives_at_once() -> None:
    stream = RedisProgressStream(fresh_connection())
    async with aclosing(stream.follow(S1, None)) as events:
        await stream.publish(S1, event(1))
        assert await anext(events) == event(1)
        begun = time.monotonic()
        for sequence in range(2, 22):
            coming = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            await stream.publish(S1, event(sequence))
            assert await coming == event(sequence)
        assert time.monotonic() - begun < 10  # with looks of its own alone it would be 20
    await stream.close()


async def test_of_one_submission_so_many_events_are_held_and_so_many_bytes() -> None:
    connection = fresh_connection()
    stream = RedisProgressStream(connection)
    for sequence in range(1, MOST_EVENTS + 100):
        await stream.publish(S1, event(sequence))
    key = f"{connection.namespace}:progress:{S1}"
    assert await connection.client.xlen(key) == MOST_EVENTS
    for sequence in range(MOST_EVENTS + 100, MOST_EVENTS + 200):
        await stream.publish(S1, event(sequence, "x" * 65_536))
    assert 0 < (await connection.client.memory_usage(key) or 0) < 1.5 * MOST_BYTES
    assert 0 < await connection.client.ttl(key) <= 600
    await stream.close()


async def test_an_event_carries_the_beginning_of_long_texts() -> None:
    stream = RedisProgressStream(fresh_connection())
    await stream.publish(S1, event(1, "\u00e9" * 65_536))
    async with aclosing(stream.follow(S1, None)) as events:
        told = (await anext(events)).what
    assert isinstance(told, TestFinished)
    assert told.test.output == "\u00e9" * 2_048
    assert told.test.output_truncated
    await stream.close()


async def test_events_of_all_submissions_together_are_bounded_and_room_comes_back() -> None:
    connection = fresh_connection()
    stream = RedisProgressStream(connection, most_bytes_in_all=20_000)
    for number in range(10):
        await stream.publish(SubmissionId(f"s{number}"), event(1, "x" * 4_000))
    told = await connection.client.keys(f"{connection.namespace}:progress:*")
    assert len(told) == 4

    held = f"{connection.namespace}:progress-bytes:held"
    for number in range(4):  # as if their time were over
        await connection.client.zadd(held, {f"s{number}": 1})
    await stream.publish(SubmissionId("another"), event(1, "x" * 4_000))
    assert await connection.client.exists(f"{connection.namespace}:progress:another")
    assert await connection.client.zcard(held) == 1
    await stream.close()


async def test_everything_that_events_leave_expires() -> None:
    connection = fresh_connection()
    stream = RedisProgressStream(connection)
    await stream.publish(S1, event(1))
    await stream.publish(S1, replace(event(2), what=Done()))
    keys = await connection.client.keys(f"{connection.namespace}:*")
    assert all([await connection.client.ttl(key) > 0 for key in keys])
    assert await connection.client.ttl(f"{connection.namespace}:progress:{S1}") <= 60
    await stream.close()


async def test_a_flood_of_events_takes_no_room_from_limits_and_wake_ups(tmp_path: Path) -> None:
    server, url = redis_server(tmp_path)
    small = ["--maxmemory", "12mb", "--maxmemory-policy", "volatile-ttl"]
    server.command = [*server.command, *small]
    server.start()
    stream = RedisProgressStream(RedisConnection(url), most_bytes_in_all=4 * 1024 * 1024)
    limiter = RedisRateLimiter(RedisConnection(url), ManualClock())
    policy = RatePolicy(name="login-as", quota=10, window_s=300)
    queue = DramatiqTaskQueue(RedisQueueBroker(url))
    await limiter.take(policy, "one")
    for number in range(40):
        for sequence in range(1, 66):
            await stream.publish(SubmissionId(f"s{number}"), event(sequence, "x" * 65_536))

    allowed = [(await limiter.take(policy, "two")).allowed for _ in range(30)]
    remaining = (await limiter.take(policy, "one")).remaining
    await queue.judge_submission(WorkClass.SUBMISSION)

    assert sum(allowed) == 10
    assert remaining == 8  # nothing of it was forgotten
    held = await stream._connection.client.info("memory")  # noqa: SLF001 - a look at the server
    assert held["used_memory"] < 10 * 1024 * 1024
    for one in (queue, stream, limiter):
        await one.check()
        await one.close()
    server.kill()


async def _told_until_heard(
    stream: RedisProgressStream, coming: asyncio.Future[ProgressEvent]
) -> ProgressEvent:
    """Tell the event until the follower has it: what is told while Redis is away is lost."""
    async with asyncio.timeout(60):
        while not coming.done():
            await stream.publish(S1, event(2))
            await asyncio.wait({coming}, timeout=0.05)
    return coming.result()
