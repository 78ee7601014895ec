"""Sending wake-ups while the broker is away."""

import asyncio
import contextlib
import time

import pytest

from adapters.dramatiq.dead_letters import DramatiqDeadLetters
from adapters.dramatiq.task_queue import DramatiqTaskQueue
from application.ports.task_queue import QueueRefused, QueueUnavailable
from domain.submission import WorkClass
from tests.adapters.dramatiq.house import House
from tests.contracts.dramatiq_adapters import connected

RUN = WorkClass.RUN
SOON_S = 10
"""One second or two, and what a busy machine adds; a hundred who waited in turn would need more."""


async def test_a_dead_broker_is_told_at_once_and_found_again_with_all_it_had(
    house: House,
) -> None:
    queue = house.queue()
    await connected(queue)
    for _ in range(5):
        await queue.judge_submission(RUN)
    house.server.kill()
    begun = time.monotonic()
    with pytest.raises(QueueUnavailable):
        await queue.judge_submission(RUN)
    with pytest.raises(QueueUnavailable):
        await queue.check()
    assert time.monotonic() - begun < SOON_S
    house.server.start()
    await _until_sent(queue)
    await queue.check()
    assert await asyncio.to_thread(_length, house) == 6
    await queue.close()


async def test_a_broker_that_hangs_costs_a_second_and_blocks_nobody(house: House) -> None:
    queue = house.queue()
    await connected(queue)
    await queue.judge_submission(RUN)
    house.server.freeze()
    begun = time.monotonic()
    sending = asyncio.gather(
        *(queue.judge_submission(RUN) for _ in range(100)), return_exceptions=True
    )
    await asyncio.sleep(0)
    assert not sending.done()
    outcomes = await sending
    assert time.monotonic() - begun < SOON_S
    assert {type(outcome) for outcome in outcomes} == {QueueUnavailable}
    house.server.thaw()
    await _until_sent(queue)
    await queue.close()


async def test_a_queue_may_be_closed_while_the_broker_hangs(house: House) -> None:
    queue = house.queue()
    await connected(queue)
    await queue.judge_submission(RUN)
    house.server.freeze()
    begun = time.monotonic()
    with contextlib.suppress(QueueUnavailable):
        await queue.judge_submission(RUN)
    await queue.close()
    assert time.monotonic() - begun < SOON_S
    house.server.thaw()


async def test_dead_letters_of_a_broker_that_hangs_are_unavailable_soon(house: House) -> None:
    letters = DramatiqDeadLetters(house.broker())
    await _until_read(letters)
    house.server.freeze()
    for operate in (lambda: letters.newest(10), lambda: letters.drop("x")):
        begun = time.monotonic()
        with pytest.raises(QueueUnavailable):
            await operate()
        assert time.monotonic() - begun < SOON_S
    await letters.close()
    house.server.thaw()


async def test_dead_letters_of_a_broker_that_hung_from_the_start_are_unavailable(
    house: House,
) -> None:
    broker = house.broker()
    house.server.freeze()
    with pytest.raises(QueueUnavailable):
        await asyncio.to_thread(broker.dead, broker.queues[0], 10)
    house.server.thaw()


@pytest.mark.usefixtures("patience")
async def test_a_broker_that_does_not_take_the_password_says_so(house: House) -> None:
    scheme, _, rest = house.url.partition("://")
    address = rest.rpartition("@")[2]
    queue = DramatiqTaskQueue(house.kind(f"{scheme}://guest:wrong@{address}"))
    with pytest.raises(QueueRefused):
        await queue.check()
    await queue.close()


async def _until_read(letters: DramatiqDeadLetters) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(QueueUnavailable):
                assert list(await letters.newest(10)) == []
                return
            await asyncio.sleep(0.05)


async def _until_sent(queue: DramatiqTaskQueue) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(QueueUnavailable):
                return await queue.judge_submission(RUN)
            await asyncio.sleep(0.05)


def _length(house: House) -> int:
    broker = house.broker()
    try:
        return broker.length(RUN)
    finally:
        broker.close()
