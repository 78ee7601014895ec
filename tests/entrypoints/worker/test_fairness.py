"""Nobody's waiting time depends on how much others, or a rejudge, have handed in."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from statistics import mean

import pytest

from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.judge import MemoryJudge
from application.ports.judge import JudgeJob
from application.use_cases.advance_rejudges import AdvanceRejudges
from application.use_cases.create_rejudge_set import CreateRejudgeSet
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.get_rejudge_set import GetRejudgeSet
from application.use_cases.wake_workers import WakeWorkers
from domain.ids import RejudgeSetId
from domain.rejudging import ItemState, RejudgeOn, Wanted
from domain.run import Compilation, Run
from domain.submission import Submission
from domain.user import User
from entrypoints.worker.core import WorkerCore
from entrypoints.worker.in_process import InProcessConsumer
from tests.application.world import World, a_test
from tests.entrypoints.worker.virtual_time import LoopClock, run

JUDGING_S = 1.0
STOPPING_S = 0.05
"""To end a program and take its box away."""
LIVE, FLOOD = 300, 500


class SlowJudge(MemoryJudge):
    """Has so many slots, and takes its time; what is cancelled frees its slot a little later."""

    def __init__(self, slots: int) -> None:
        super().__init__()
        self._free = asyncio.Semaphore(slots)
        self.fast = True
        self.begun: list[tuple[str, datetime]] = []
        self._clock = LoopClock()

    def waits(self, handed_in: Mapping[str, datetime]) -> list[float]:
        """Seconds from handing in to the beginning of judging, of each of these programs."""
        begun = dict(self.begun)
        return [(begun[text] - at).total_seconds() for text, at in handed_in.items()]

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        if not self.fast:
            await self._free.acquire()
            self.begun.append((job.program.source, self._clock.now()))
            try:
                await asyncio.sleep(JUDGING_S)
            finally:
                asyncio.get_running_loop().call_later(STOPPING_S, self._free.release)
        async for event in super().judge(job):
            yield event


@dataclass(kw_only=True)
class Platform:
    """A worker with all that wakes it, in virtual time."""

    slots: int
    judge: SlowJudge = field(init=False)

    def __post_init__(self) -> None:
        self.judge = SlowJudge(self.slots)
        self.world = World(
            clock=LoopClock(),  # type: ignore[arg-type] # nobody sets it by hand here
            judge=self.judge,
            queue=InProcessTaskQueue(slots=self.slots),
        )

    async def begin(self, candidates: int) -> None:
        self.admin = await self.world.an_admin()
        self.challenge = await self.world.a_challenge(a_test())
        self.users = [await self.world.a_candidate(f"c{n}@example.org") for n in range(candidates)]

    async def handed_in(self, user: User, source: str = "echo") -> Submission:
        return await self.world.submitted(user, self.challenge, source)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        world = self.world
        core = WorkerCore(
            judge_submission=world.judge_submission(),
            wake_workers=WakeWorkers(
                submissions=world.submissions, queue=world.queue, clock=world.clock
            ),
            forget_expired=ForgetExpired(
                storage=world.storage, submissions=world.submissions, clock=world.clock
            ),
            advance_rejudges=AdvanceRejudges(
                storage=world.storage,
                submissions=world.submissions,
                totals=world.totals,
                queue=world.queue,
                clock=world.clock,
            ),
            clock=world.clock,
            slots=self.slots,
        )
        consumer = InProcessConsumer(wake_ups=world.queue, clock=world.clock)
        tasks = [
            asyncio.create_task(core.keep_time()),
            asyncio.create_task(consumer.consume(core)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await core.stop(0)
            await asyncio.wait(tasks)

    async def rejudge(self, count: int) -> RejudgeSetId:
        """A set of so many, judged in no time."""
        judge = self.world.judge_submission()
        for number in range(count):
            await self.handed_in(self.users[number % len(self.users)])
            await judge()
        create = CreateRejudgeSet(
            storage=self.world.storage,
            submissions=self.world.submissions,
            clock=self.world.clock,
            ids=self.world.ids,
        )
        made = await create(self.admin, wanted=Wanted(), version=RejudgeOn.SAME)
        return made.id


async def _waits(slots: int, *, load: float, rejudged: int) -> tuple[float, float, int]:
    """Mean and greatest time until judging begins; how many rejudgings ended meanwhile."""
    platform = Platform(slots=slots)
    await platform.begin(20)
    rejudge_set = await platform.rejudge(rejudged) if rejudged else None
    platform.judge.fast = False
    chance = random.Random(4)  # noqa: S311 (the same arrivals each time)
    handed_in: dict[str, datetime] = {}
    async with platform.at_work():
        await asyncio.sleep(5)
        for number in range(LIVE):
            await asyncio.sleep(chance.expovariate(load * slots / JUDGING_S))
            handed_in[f"# {number}\necho"] = platform.world.clock.now()
            await platform.handed_in(chance.choice(platform.users), f"# {number}\necho")
        await asyncio.sleep(60)
    waits = platform.judge.waits(handed_in)
    done = 0
    if rejudge_set is not None:
        _, counts = await GetRejudgeSet(storage=platform.world.storage)(rejudge_set)
        done = sum(one.count for one in counts if one.state is ItemState.SAME)
    return mean(waits), max(waits), done


@pytest.mark.parametrize(
    ("slots", "load", "rejudged"),
    [(2, 0.7, 5_000), (1, 0.3, 500), (1, 0.7, 500), (2, 0.3, 500), (4, 0.3, 500), (4, 0.7, 500)],
)
def test_a_rejudge_moves_waiting_times_by_less_than_a_tenth(
    slots: int, load: float, rejudged: int
) -> None:
    alone, longest, _ = run(_waits(slots, load=load, rejudged=0))
    beside, longest_beside, done = run(_waits(slots, load=load, rejudged=rejudged))
    at_most = 0.0 if slots > 1 and load > 0.5 else STOPPING_S
    assert beside <= 1.1 * alone + at_most
    assert longest_beside <= 1.1 * longest + STOPPING_S
    assert done > 0


@pytest.mark.parametrize("slots", [1, 2])
def test_who_hands_in_500_does_not_keep_others_waiting(slots: int) -> None:
    waits = run(_waits_beside_a_flood(slots, floods=3))
    assert max(waits) <= (4 / slots + 1) * JUDGING_S + STOPPING_S


async def _waits_beside_a_flood(slots: int, *, floods: int) -> list[float]:
    """How long those wait who hand in one now and then, beside some who handed in 500 each."""
    platform = Platform(slots=slots)
    await platform.begin(floods + 20)
    for user in platform.users[:floods]:
        for _ in range(FLOOD):
            await platform.handed_in(user)
    platform.judge.fast = False
    handed_in: dict[str, datetime] = {}
    async with platform.at_work():
        await asyncio.sleep(40)
        for number, user in enumerate(platform.users[floods:]):
            handed_in[f"# {number}\necho"] = platform.world.clock.now()
            await platform.handed_in(user, f"# {number}\necho")
            await asyncio.sleep(7)
        await asyncio.sleep(60)
    return platform.judge.waits(handed_in)
