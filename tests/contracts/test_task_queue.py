"""Waking workers: every adapter of `TaskQueue` and `WakeUps` keeps this contract."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from domain.submission import WorkClass
from tests.contracts.adapters_of import TASK_QUEUES
from tests.contracts.in_hand import TaskQueueInHand


@pytest.fixture(params=TASK_QUEUES)
async def in_hand(request: pytest.FixtureRequest) -> AsyncIterator[TaskQueueInHand]:
    async with TASK_QUEUES[request.param]() as in_hand:
        yield in_hand


@pytest.mark.parametrize("work_class", WorkClass)
async def test_a_wake_up_arrives_with_its_class(
    in_hand: TaskQueueInHand, work_class: WorkClass
) -> None:
    await in_hand.queue.judge_submission(work_class)
    assert await in_hand.wake_ups.next() is work_class


async def test_who_waits_first_is_woken_by_what_comes_later(in_hand: TaskQueueInHand) -> None:
    waiting = asyncio.create_task(in_hand.wake_ups.next())
    await asyncio.sleep(0)
    await in_hand.queue.judge_submission(WorkClass.RUN)
    assert await waiting is WorkClass.RUN


async def test_each_wake_up_is_taken_once(in_hand: TaskQueueInHand) -> None:
    takers = [asyncio.create_task(in_hand.wake_ups.next()) for _ in range(4)]
    for _ in range(3):
        await in_hand.queue.judge_submission(WorkClass.RUN)
    assert await _taken(takers, 3, in_hand.quiet_s) == 3


async def test_no_wake_up_is_lost_with_a_taker_that_gives_up(in_hand: TaskQueueInHand) -> None:
    gives_up = asyncio.create_task(in_hand.wake_ups.next())
    await asyncio.sleep(0)
    gives_up.cancel()
    await asyncio.wait({gives_up})
    await in_hand.queue.judge_submission(WorkClass.RUN)
    assert await asyncio.wait_for(in_hand.wake_ups.next(), timeout=60) is WorkClass.RUN


async def test_no_wake_up_is_lost_with_a_taker_that_is_cancelled_as_it_comes(
    in_hand: TaskQueueInHand,
) -> None:
    gives_up = asyncio.create_task(in_hand.wake_ups.next())
    await asyncio.sleep(0)
    await in_hand.queue.judge_submission(WorkClass.RUN)
    gives_up.cancel()
    await asyncio.wait({gives_up})
    # A broker may hand out the wake-up before its sender hears that it has it: then it was taken.
    taker = asyncio.create_task(in_hand.wake_ups.next()) if gives_up.cancelled() else gives_up
    assert await asyncio.wait_for(taker, timeout=60) is WorkClass.RUN


async def test_wake_ups_are_bounded_and_one_is_always_there(in_hand: TaskQueueInHand) -> None:
    for _ in range(1_000):
        await in_hand.queue.judge_submission(WorkClass.SUBMISSION)
    takers = [asyncio.create_task(in_hand.wake_ups.next()) for _ in range(in_hand.most + 1)]
    assert 1 <= await _taken(takers, 1, in_hand.quiet_s) <= in_hand.most


async def test_closing_twice_is_harmless(in_hand: TaskQueueInHand) -> None:
    await in_hand.queue.close()
    await in_hand.queue.close()


async def _taken(takers: Sequence[asyncio.Task[WorkClass]], least: int, quiet_s: float) -> int:
    """How many were woken once so many have been, and nobody was for a while; the rest give up."""
    waiting = set(takers)
    async with asyncio.timeout(60):
        while len(takers) - len(waiting) < least:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    woken = waiting
    while woken and waiting:
        woken, waiting = await asyncio.wait(waiting, timeout=quiet_s)
    for taker in waiting:
        taker.cancel()
    return len(takers) - len(waiting)
