"""A worker that Dramatiq wakes, on both brokers: judged once, tried again, given up, stopped."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from adapters.dramatiq.dead_letters import DramatiqDeadLetters
from adapters.dramatiq.task_queue import DramatiqTaskQueue
from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.submissions import MemorySubmissionRepository
from adapters.system.clock import SystemClock
from application.ports.dead_letters import DeadLetter
from application.ports.submissions import NOBODY, Claim, Lease
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.wake_workers import WakeWorkers
from domain.challenge import Challenge
from domain.ids import LanguageId, UserId
from domain.submission import Submission, SubmissionStatus, WorkClass
from domain.user import User
from entrypoints.worker.core import WorkerCore
from entrypoints.worker.dramatiq import DramatiqConsumer
from entrypoints.worker.process import work
from entrypoints.worker.stopping import Stopping
from tests.adapters.dramatiq.house import BROKERS, House
from tests.application.world import World, a_test
from tests.contracts.dramatiq_adapters import connected

ECHO, FOR_EVER = "echo", "wait"
PATIENCE_S = 30
LITTLE_S = 15
"""A few seconds, and what a busy machine adds; who waited for the broker would never end."""


class FragileSubmissions(MemorySubmissionRepository):
    """Claiming fails of what nobody foresaw as often as `faults` says."""

    faults: int = 0

    def __init__(self) -> None:
        super().__init__()
        self.bound: list[dict[str, Any]] = []
        """What log lines carried whenever a claim was asked for."""

    async def claim_next(
        self,
        classes: Sequence[WorkClass],
        now: datetime,
        lease: Lease,
        languages: Collection[LanguageId] | None = None,
        served: Mapping[UserId, int] = NOBODY,
    ) -> Claim | None:
        self.bound.append(structlog.contextvars.get_contextvars())
        if self.faults:
            self.faults -= 1
            raise ZeroDivisionError("out of the blue")
        return await super().claim_next(classes, now, lease, languages, served)


@dataclass(kw_only=True)
class Place:
    """A platform in memory whose wake-ups go through a real broker."""

    house: House
    submissions: FragileSubmissions = field(default_factory=FragileSubmissions)

    def __post_init__(self) -> None:
        self.world = World(submissions=self.submissions, clock=SystemClock())  # type: ignore[arg-type]
        self.broker = self.house.broker()
        self.queue = DramatiqTaskQueue(self.broker)
        self.stopping = Stopping()

    async def handed_in(self, source: str = ECHO, *, of: int = 1) -> list[Submission]:
        """So many submissions, and a wake-up for each."""
        user, challenge = await self._people()
        found = [await self.world.submitted(user, challenge, source) for _ in range(of)]
        for _ in found:
            await self.queue.judge_submission(WorkClass.SUBMISSION)
        return found

    async def _people(self) -> tuple[User, Challenge]:
        challenge = await self.world.a_challenge(a_test())
        return await self.world.a_candidate(), challenge

    @asynccontextmanager
    async def working(self, *, looks_itself: bool = False) -> AsyncIterator[asyncio.Task[None]]:
        """A worker; unless it may look itself, only the broker wakes it."""
        clock, subs = self.world.clock, self.world.submissions
        queue = self.queue if looks_itself else InProcessTaskQueue(slots=2)
        seen = subs if looks_itself else MemorySubmissionRepository()
        core = WorkerCore(
            judge_submission=self.world.judge_submission(),
            wake_workers=WakeWorkers(submissions=seen, queue=queue, clock=clock),
            forget_expired=ForgetExpired(storage=self.world.storage, submissions=subs, clock=clock),
            clock=clock,
            slots=2,
        )
        consumer = DramatiqConsumer(self.broker.broker, clock, retry_after_s=(0.1, 0.1, 0.1))
        await connected(self.queue)
        working = asyncio.create_task(work(core, consumer, self.stopping, grace_s=0.5))
        try:
            yield working
        finally:
            self.stopping.hear()
            await asyncio.wait_for(working, timeout=PATIENCE_S)
            await self.queue.close()

    async def all_are(self, submissions: Sequence[Submission], status: SubmissionStatus) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = [(await self.world.current(one.id)).status for one in submissions]
                if set(found) == {status}:
                    return
                await asyncio.sleep(0.02)


@pytest.fixture(params=BROKERS)
def place(request: pytest.FixtureRequest) -> Place:
    return Place(house=BROKERS[request.param]())


async def test_what_is_handed_in_is_judged(place: Place) -> None:
    async with place.working():
        handed_in = await place.handed_in(of=20)
        await place.all_are(handed_in, SubmissionStatus.DONE)


async def test_its_log_lines_name_the_worker_and_the_wake_up(place: Place) -> None:
    with structlog.contextvars.bound_contextvars(worker="w1"):
        async with place.working():
            handed_in = await place.handed_in()
            await place.all_are(handed_in, SubmissionStatus.DONE)
    assert {bound["worker"] for bound in place.submissions.bound} == {"w1"}
    assert all(bound["task_id"] for bound in place.submissions.bound)


async def test_a_failure_that_passes_is_none(place: Place) -> None:
    place.submissions.faults = 3
    async with place.working():
        handed_in = await place.handed_in()
        await place.all_are(handed_in, SubmissionStatus.DONE)


@pytest.mark.usefixtures("patience")
async def test_what_fails_again_and_again_is_a_dead_letter_that_can_be_sent_again(
    place: Place,
) -> None:
    place.submissions.faults = 4
    letters = DramatiqDeadLetters(place.house.broker())
    async with place.working():
        handed_in = await place.handed_in()
        (letter,) = await _some(letters)
        assert (letter.work_class, letter.attempts) == (WorkClass.SUBMISSION, 4)
        assert letter.reason == "ZeroDivisionError: out of the blue"
        assert abs(letter.failed_at - place.world.clock.now()) < timedelta(seconds=PATIENCE_S)
        await place.all_are(handed_in, SubmissionStatus.QUEUED)
        await letters.resend(letter.id)
        await place.all_are(handed_in, SubmissionStatus.DONE)
        assert list(await letters.newest(10)) == []
    await letters.close()


async def test_a_stop_hands_back_what_does_not_end(place: Place) -> None:
    async with place.working() as working:
        handed_in = await place.handed_in(FOR_EVER)
        await place.all_are(handed_in, SubmissionStatus.RUNNING)
        place.stopping.hear()
        await asyncio.wait_for(working, timeout=PATIENCE_S)
        await place.all_are(handed_in, SubmissionStatus.QUEUED)


async def test_a_broker_that_hangs_holds_up_neither_work_nor_the_stop(place: Place) -> None:
    async with place.working(looks_itself=True) as working:
        await place.all_are(await place.handed_in(), SubmissionStatus.DONE)
        place.house.server.freeze()
        begun = place.world.clock.now()
        user, challenge = await _others(place)
        late = [await place.world.submitted(user, challenge, ECHO)]
        await place.all_are(late, SubmissionStatus.DONE)
        assert place.world.clock.now() - begun < timedelta(seconds=LITTLE_S)
        place.stopping.hear()
        await asyncio.wait_for(working, timeout=PATIENCE_S)
        place.house.mend()


async def test_a_broker_that_dies_delays_little(place: Place) -> None:
    async with place.working(looks_itself=True):
        await place.all_are(await place.handed_in(), SubmissionStatus.DONE)
        place.house.server.kill()
        user, challenge = await _others(place)
        begun = place.world.clock.now()
        late = [await place.world.submitted(user, challenge, ECHO)]
        await place.all_are(late, SubmissionStatus.DONE)
        assert place.world.clock.now() - begun < timedelta(seconds=LITTLE_S)
        place.house.mend()


async def _others(place: Place) -> tuple[User, Challenge]:
    challenge = await place.world.a_challenge(a_test(), slug="other")
    return await place.world.a_candidate("other@example.org"), challenge


async def _some(letters: DramatiqDeadLetters) -> Sequence[DeadLetter]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if found := await letters.newest(10):
                return found
            await asyncio.sleep(0.05)
