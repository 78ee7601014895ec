"""A worker that fails by itself takes less and less; after an outage the holders come first."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.clock import ManualClock
from adapters.memory.judge import MemoryJudge
from application.ports.judge import JudgeJob, JudgeUnavailable
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.wake_workers import WakeWorkers
from domain.run import Compilation, Run
from entrypoints.worker.core import WorkerCore
from entrypoints.worker.pauses import HOLDERS_FIRST, LONGEST, Pauses
from tests.application.world import World, a_test


class SickJudge(MemoryJudge):
    """Fails at once, whatever it is given; counts how often."""

    asked = 0

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        self.asked += 1
        raise JudgeUnavailable("the disk is full")
        yield


async def test_a_sick_worker_does_not_run_through_everything_that_waits() -> None:
    judge = SickJudge()
    world = World(judge=judge)
    challenge = await world.a_challenge(a_test())
    candidate = await world.a_candidate()
    for _ in range(50):
        await world.submitted(candidate, challenge, "echo")
    core = _core(world)
    working = asyncio.create_task(core.judge())

    for _ in range(120):
        for _ in range(20):
            await asyncio.sleep(0)
        world.clock.advance(timedelta(seconds=0.25))

    assert 3 <= judge.asked <= 6
    await core.stop(0)
    await working


async def test_pauses_grow_to_a_bound_and_end_with_the_first_success(clock: ManualClock) -> None:
    pauses = Pauses(clock)
    lengths = []
    for _ in range(8):
        pauses.after_failure()
        lengths.append(await _length(pauses, clock))
    pauses.after_success()
    pauses.after_failure()

    assert lengths[:4] == [1, 2, 4, 8]
    assert lengths[-1] == LONGEST.total_seconds()
    assert await _length(pauses, clock) == 1


async def test_after_an_outage_nothing_is_claimed_for_a_moment(clock: ManualClock) -> None:
    pauses = Pauses(clock)
    pauses.after_outage()

    assert await _length(pauses, clock) == HOLDERS_FIRST.total_seconds()


async def test_a_stop_ends_every_pause(clock: ManualClock) -> None:
    pauses = Pauses(clock)
    pauses.after_outage()
    waiting = asyncio.create_task(pauses.over())
    await asyncio.sleep(0)

    pauses.end()

    await asyncio.wait_for(waiting, timeout=10)


async def _length(pauses: Pauses, clock: ManualClock) -> float:
    """How many seconds have to pass until it is over."""
    waiting = asyncio.create_task(pauses.over())
    passed = 0.0
    while True:
        for _ in range(5):
            await asyncio.sleep(0)
        if waiting.done():
            return passed
        clock.advance(timedelta(seconds=0.5))
        passed += 0.5


def _core(world: World) -> WorkerCore:
    return WorkerCore(
        judge_submission=world.judge_submission(),
        wake_workers=WakeWorkers(
            submissions=world.submissions, queue=InProcessTaskQueue(slots=1), clock=world.clock
        ),
        forget_expired=ForgetExpired(
            storage=world.storage, submissions=world.submissions, clock=world.clock
        ),
        clock=world.clock,
        slots=1,
    )
