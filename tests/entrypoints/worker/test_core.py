"""What every worker does, whoever wakes it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.submissions import MemorySubmissionRepository
from application.ports.storage import StoreUnavailable
from application.ports.submissions import NOBODY, Claim, Lease
from application.ports.task_queue import QueueUnavailable, TaskQueue
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.wake_workers import WakeWorkers
from domain.challenge import Challenge
from domain.ids import LanguageId, UserId
from domain.submission import Submission, SubmissionStatus, WorkClass
from domain.user import User
from entrypoints.worker.core import WorkerCore
from tests.application.world import World, a_test

ECHO, FOR_EVER = "echo", "wait"
SUBMISSION_S = 60.0


class AwayQueue(InProcessTaskQueue):
    """Its broker cannot be reached."""

    async def judge_submission(self, work_class: WorkClass) -> None:
        raise QueueUnavailable


class LossyQueue(InProcessTaskQueue):
    """Its broker takes every wake-up and loses it."""

    async def judge_submission(self, work_class: WorkClass) -> None:
        return


class FragileSubmissions(MemorySubmissionRepository):
    """Nothing can be claimed while `fault` is set; `claiming` hears of every try.

    `claimed_at` is when work was last taken: judging it goes through a thread, and the clock, which
    is moved by turns of the loop, runs on meanwhile.
    """

    fault: Exception | None = None
    claiming: Callable[[], None] = staticmethod(lambda: None)
    claimed_at: datetime | None = None

    async def claim_next(
        self,
        classes: Sequence[WorkClass],
        now: datetime,
        lease: Lease,
        languages: Collection[LanguageId] | None = None,
        served: Mapping[UserId, int] = NOBODY,
    ) -> Claim | None:
        self.claiming()
        if self.fault is not None:
            raise self.fault
        claim = await super().claim_next(classes, now, lease, languages, served)
        if claim is not None:
            self.claimed_at = now
        return claim


@dataclass(kw_only=True)
class House:
    """A worker, and somebody who hands in."""

    submissions: FragileSubmissions = field(default_factory=FragileSubmissions)
    slots: int = 2

    def __post_init__(self) -> None:
        self.world = World(submissions=self.submissions)
        self.core = self.worker(InProcessTaskQueue(slots=2))
        self._handing_in: tuple[User, Challenge] | None = None

    def worker(self, queue: TaskQueue) -> WorkerCore:
        world = self.world
        return WorkerCore(
            judge_submission=world.judge_submission(),
            wake_workers=WakeWorkers(submissions=world.submissions, queue=queue, clock=world.clock),
            forget_expired=ForgetExpired(
                storage=world.storage, submissions=world.submissions, clock=world.clock
            ),
            clock=world.clock,
            slots=self.slots,
        )

    async def rejudges_for_ever(self) -> None:
        """A rejudging is under way that does not end."""
        submission = await self.handed_in(f"on 2 {FOR_EVER}\n{ECHO}")
        await self.core.judge()
        assert self._handing_in is not None
        upload = await self.world.upload(self._handing_in[1], a_test("2"))
        version = upload.version.number
        await self.submissions.request_rejudge(submission.id, version=version)
        await self.core.judge()
        await self.until(self.is_being_rejudged)

    async def is_at(self, submission: Submission, *, judgement: int) -> bool:
        return (await self.world.current(submission.id)).judgement_number == judgement

    async def is_being_rejudged(self) -> bool:
        return not await self.has_a_rejudging_due()

    async def has_a_rejudging_due(self) -> bool:
        state = await self.submissions.queue_state(self.world.clock.now())
        return state.due[WorkClass.REJUDGE] > 0

    async def handed_in(self, source: str = ECHO) -> Submission:
        if self._handing_in is None:
            challenge = await self.world.a_challenge(a_test())
            self._handing_in = (await self.world.a_candidate(), challenge)
        return await self.world.submitted(*self._handing_in, source)

    async def status(self, submission: Submission) -> SubmissionStatus:
        return (await self.world.current(submission.id)).status

    async def reaches(self, submission: Submission, status: SubmissionStatus) -> None:
        """Let time pass until the submission is there."""

        async def is_there() -> bool:
            return await self.status(submission) is status

        await self.until(is_there)

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Let time pass until it holds."""
        async with asyncio.timeout(SUBMISSION_S):
            while not await condition():
                self.world.clock.advance(timedelta(milliseconds=2))
                await asyncio.sleep(0)


@pytest.fixture
def house() -> House:
    return House()


@asynccontextmanager
async def keeping_time(core: WorkerCore) -> AsyncIterator[None]:
    timers = asyncio.create_task(core.keep_time())
    try:
        yield
    finally:
        timers.cancel()
        await asyncio.wait({timers})
        await core.stop(0)


async def test_one_wake_up_is_enough_for_all_that_is_due(house: House) -> None:
    handed_in = [await house.handed_in() for _ in range(5)]
    await house.core.judge()
    assert [await house.status(one) for one in handed_in] == [SubmissionStatus.DONE] * 5


async def test_no_more_than_the_slots_are_judged_at_once(house: House) -> None:
    handed_in = [await house.handed_in(FOR_EVER) for _ in range(3)]
    turns = [asyncio.create_task(house.core.judge()) for _ in range(3)]
    await house.reaches(handed_in[1], SubmissionStatus.RUNNING)
    assert await house.status(handed_in[2]) is SubmissionStatus.QUEUED
    await house.core.stop(0)
    await asyncio.wait_for(asyncio.gather(*turns), timeout=SUBMISSION_S)


async def test_a_wake_up_is_not_worked_on_for_ever(house: House) -> None:
    house.submissions.claiming = lambda: house.world.clock.advance(timedelta(seconds=25))
    handed_in = [await house.handed_in() for _ in range(4)]
    await house.core.judge()
    assert await house.status(handed_in[-1]) is SubmissionStatus.QUEUED


async def test_a_store_that_is_away_costs_a_moment_and_the_wake_up(house: House) -> None:
    house.submissions.fault = StoreUnavailable("MongoDB")
    turn = asyncio.create_task(house.core.judge())
    while not turn.done():
        house.world.clock.advance(timedelta(milliseconds=100))
        await asyncio.sleep(0)
    await turn


async def test_what_nobody_foresaw_is_told_to_whoever_brought_the_wake_up(house: House) -> None:
    house.submissions.fault = ZeroDivisionError("out of the blue")
    with pytest.raises(ZeroDivisionError):
        await house.core.judge()


async def test_whoever_gives_up_a_wake_up_hands_its_work_back(house: House) -> None:
    handed_in = await house.handed_in(FOR_EVER)
    turn = asyncio.create_task(house.core.judge())
    await house.reaches(handed_in, SubmissionStatus.RUNNING)
    turn.cancel()
    await asyncio.wait({turn})
    assert await house.status(handed_in) is SubmissionStatus.QUEUED


async def test_a_stop_hands_back_what_does_not_end_in_time(house: House) -> None:
    handed_in = await house.handed_in(FOR_EVER)
    turn = asyncio.create_task(house.core.judge())
    await house.reaches(handed_in, SubmissionStatus.RUNNING)
    await house.core.stop(0.05)
    await turn
    assert await house.status(handed_in) is SubmissionStatus.QUEUED


async def test_after_a_stop_nothing_new_is_taken(house: House) -> None:
    handed_in = await house.handed_in()
    await house.core.stop(0)
    await house.core.judge()
    assert await house.status(handed_in) is SubmissionStatus.QUEUED


@pytest.mark.parametrize("queue", [AwayQueue(slots=2), LossyQueue(slots=2)])
async def test_without_wake_ups_the_worker_looks_for_itself(house: House, queue: TaskQueue) -> None:
    async with keeping_time(house.worker(queue)):
        handed_in = await house.handed_in()
        handed_in_at = house.world.clock.now()
        await house.reaches(handed_in, SubmissionStatus.DONE)
    assert house.submissions.claimed_at is not None
    assert house.submissions.claimed_at - handed_in_at <= timedelta(seconds=2.5)


async def test_what_falls_due_is_looked_for_at_that_moment(house: House) -> None:
    handed_in = await house.handed_in()
    now = house.world.clock.now()
    expires_at = now + timedelta(seconds=3.3)
    lease = Lease(token="of the dead", worker="dead", expires_at=expires_at)  # noqa: S106
    assert await house.submissions.claim_next(tuple(WorkClass), now, lease) is not None
    async with keeping_time(house.worker(AwayQueue(slots=2))):
        await house.reaches(handed_in, SubmissionStatus.DONE)
    assert house.submissions.claimed_at is not None
    assert timedelta(seconds=3.3) <= house.submissions.claimed_at - now < timedelta(seconds=3.9)


async def test_a_rejudging_is_done_by_whoever_is_woken_for_it(house: House) -> None:
    handed_in = await house.handed_in()
    await house.core.judge()
    await house.submissions.request_rejudge(handed_in.id, version=1)
    await house.core.judge()
    await house.until(lambda: house.is_at(handed_in, judgement=2))


async def test_a_rejudging_hands_its_work_back_when_its_slot_is_needed(house: House) -> None:
    await house.rejudges_for_ever()
    others = [await house.handed_in(FOR_EVER) for _ in range(2)]
    turns = [asyncio.create_task(house.core.judge()) for _ in range(2)]
    for other in others:
        await house.reaches(other, SubmissionStatus.RUNNING)
    await house.until(house.has_a_rejudging_due)
    await house.core.stop(0)
    await asyncio.gather(*turns)


async def test_a_stop_hands_rejudgings_back_at_once(house: House) -> None:
    await house.rejudges_for_ever()
    await asyncio.wait_for(house.core.stop(SUBMISSION_S), SUBMISSION_S)
    assert await house.has_a_rejudging_due()


async def test_a_timer_survives_what_goes_wrong(house: House) -> None:
    async with keeping_time(house.worker(AwayQueue(slots=2))):
        house.submissions.fault = ZeroDivisionError("out of the blue")
        handed_in = await house.handed_in()
        for _ in range(100):
            house.world.clock.advance(timedelta(milliseconds=100))
            await asyncio.sleep(0)
        house.submissions.fault = None
        await house.reaches(handed_in, SubmissionStatus.DONE)
