"""Waking workers: every adapter of `TaskQueue` and `WakeUps` keeps this contract."""

import asyncio
from collections.abc import AsyncIterator

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
    done, pending = await asyncio.wait(takers, timeout=in_hand.quiet_s)
    assert (len(done), len(pending)) == (3, 1)
    pending.pop().cancel()


async def test_no_wake_up_is_lost_with_a_taker_that_gives_up(in_hand: TaskQueueInHand) -> None:
    gives_up = asyncio.create_task(in_hand.wake_ups.next())
    await asyncio.sleep(0)
    gives_up.cancel()
    await asyncio.wait({gives_up})
    await in_hand.queue.judge_submission(WorkClass.RUN)
    assert await asyncio.wait_for(in_hand.wake_ups.next(), timeout=10) is WorkClass.RUN


async def test_no_wake_up_is_lost_with_a_taker_that_is_cancelled_as_it_comes(
    in_hand: TaskQueueInHand,
) -> None:
    gives_up = asyncio.create_task(in_hand.wake_ups.next())
    await asyncio.sleep(0)
    await in_hand.queue.judge_submission(WorkClass.RUN)
    gives_up.cancel()
    await asyncio.wait({gives_up})
    assert await asyncio.wait_for(in_hand.wake_ups.next(), timeout=10) is WorkClass.RUN


async def test_wake_ups_are_bounded_and_one_is_always_there(in_hand: TaskQueueInHand) -> None:
    for _ in range(1_000):
        await in_hand.queue.judge_submission(WorkClass.SUBMISSION)
    takers = [asyncio.create_task(in_hand.wake_ups.next()) for _ in range(in_hand.most + 1)]
    done, pending = await asyncio.wait(takers, timeout=in_hand.quiet_s)
    assert 1 <= len(done) <= in_hand.most
    for task in pending:
        task.cancel()


async def test_closing_twice_is_harmless(in_hand: TaskQueueInHand) -> None:
    await in_hand.queue.close()
    await in_hand.queue.close()
