"""Events while Redis is away, and how they are bounded."""

import asyncio
import time
from contextlib import aclosing

from adapters.redis.progress import MOST_BYTES, MOST_EVENTS, RedisProgressStream
from application.ports.progress import ProgressEvent
from domain.ids import SubmissionId
from tests.adapters.redis.house import House, event
from tests.contracts.redis_adapters import fresh_connection

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
        assert time.monotonic() - begun < 0.6
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
        async with aclosing(stream.follow(S1, None)) as events, asyncio.timeout(5):
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
        assert time.monotonic() - begun < 1  # one look of its own would be all that
    await stream.close()


async def test_of_one_submission_so_many_events_are_held_and_so_many_bytes() -> None:
    connection = fresh_connection()
    stream = RedisProgressStream(connection)
    for sequence in range(1, MOST_EVENTS + 100):
        await stream.publish(S1, event(sequence))
    (key,) = await connection.client.keys(f"{connection.namespace}:*")
    assert await connection.client.xlen(key) == MOST_EVENTS
    for sequence in range(MOST_EVENTS + 100, MOST_EVENTS + 200):
        await stream.publish(S1, event(sequence, "x" * 65_536))
    assert 0 < (await connection.client.memory_usage(key) or 0) < 1.5 * MOST_BYTES
    assert 0 < await connection.client.ttl(key) <= 600
    await stream.close()


async def _told_until_heard(
    stream: RedisProgressStream, coming: asyncio.Future[ProgressEvent]
) -> ProgressEvent:
    """Tell the event until the follower has it: what is told while Redis is away is lost."""
    async with asyncio.timeout(10):
        while not coming.done():
            await stream.publish(S1, event(2))
            await asyncio.wait({coming}, timeout=0.05)
    return coming.result()
