"""A store goes away while a worker judges: nothing is lost, and no attempt is spent on it."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from adapters.memory.blob_store import MemoryBlobStore
from adapters.memory.storage import MemoryStorage
from adapters.memory.submissions import MemorySubmissionRepository
from application.holding import HEARTBEAT_S, LEASE_TIME
from application.ports.storage import StoreUnavailable, UnitOfWork
from application.ports.submissions import Claim
from application.use_cases.judge_submission import MAX_FAILURES
from domain.ids import BlobKey
from domain.judgement import Judgement, Verdict
from domain.submission import Submission, SubmissionStatus
from tests.application.world import World, a_test

SECOND = timedelta(seconds=1)


class AwayStorage(MemoryStorage):
    """Cannot be read for a while."""

    away = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[UnitOfWork]:
        if self.away:
            raise StoreUnavailable("MySQL")
        async with super().read() as unit:
            yield unit

    async def check(self) -> None:
        if self.away:
            raise StoreUnavailable("MySQL")


class OneLostBlob(MemoryBlobStore):
    """Answers, and has one blob that cannot be read."""

    lost: BlobKey | None = None

    async def get(
        self, key: BlobKey, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        if key == self.lost:
            raise StoreUnavailable("S3")
        async for piece in super().get(key, start=start, length=length):
            yield piece


class AwaySubmissions(MemorySubmissionRepository):
    """Cannot be written for a while."""

    away = False

    async def extend(self, claim: Claim, expires_at: datetime) -> None:
        self._answer()
        await super().extend(claim, expires_at)

    async def record_outcome(self, claim: Claim, judgement: Judgement) -> Submission:
        self._answer()
        return await super().record_outcome(claim, judgement)

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("MongoDB")


async def _pass(world: World, seconds: int) -> None:
    for _ in range(seconds):
        for _ in range(20):
            await asyncio.sleep(0)
        world.clock.advance(SECOND)
    for _ in range(20):
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)  # what was handed to a thread


async def test_tests_that_cannot_be_read_for_minutes_cost_no_attempt() -> None:
    storage = AwayStorage()
    world = World(storage=storage)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    storage.away = True
    work = asyncio.create_task(world.judge_submission()())
    await _pass(world, 300)
    waiting = await world.current(submission.id)

    storage.away = False
    await _pass(world, 2)
    await work

    done = await world.current(submission.id)
    assert waiting.status is SubmissionStatus.RUNNING
    assert (done.verdict, done.attempt) == (Verdict.ACCEPTED, 1)


async def test_an_outcome_is_written_when_the_store_is_back() -> None:
    submissions = AwaySubmissions()
    world = World(submissions=submissions)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    submissions.away = True
    work = asyncio.create_task(world.judge_submission()())
    await _pass(world, 60)

    submissions.away = False
    await _pass(world, 2)
    await work

    done = await world.current(submission.id)
    assert (done.verdict, done.attempt, done.judgement_number) == (Verdict.ACCEPTED, 1, 1)


async def test_who_waits_for_the_store_gives_way_to_who_took_the_work_over() -> None:
    submissions = AwaySubmissions()
    world = World(submissions=submissions)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    submissions.away = True
    first = asyncio.create_task(world.judge_submission("first")())
    await _pass(world, int(LEASE_TIME / SECOND) + 1)
    submissions.away = False
    await world.judge_submission("second")()

    await _pass(world, int(HEARTBEAT_S) + 1)
    await first

    done = await world.current(submission.id)
    assert (done.verdict, done.judgement_number) == (Verdict.ACCEPTED, 1)


@pytest.mark.parametrize("seconds", [1, 5])
async def test_a_worker_told_to_stop_in_an_outage_stops(seconds: int) -> None:
    storage = AwayStorage()
    world = World(storage=storage)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    storage.away = True
    work = asyncio.create_task(world.judge_submission()())
    await _pass(world, seconds)

    work.cancel()
    await asyncio.wait({work})

    assert (await world.current(submission.id)).status is SubmissionStatus.QUEUED


async def test_one_blob_that_cannot_be_read_ends_as_a_judge_error_and_holds_no_slot() -> None:
    world = World()
    blobs = world.blobs = OneLostBlob(world.clock)
    challenge = await world.a_challenge(a_test(given=b"lost"))
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    blobs.lost = BlobKey(hashlib.sha256(b"lost").hexdigest())

    tries = 0
    while (await world.current(submission.id)).status is not SubmissionStatus.DONE:
        tries += 1
        work = asyncio.create_task(world.judge_submission()())
        await _pass(world, 40)
        assert work.done()
    judgement = await world.submissions.judgement(submission.id, 1)

    assert tries == MAX_FAILURES
    assert judgement is not None
    assert judgement.verdict is Verdict.JUDGE_ERROR
    assert "S3" in (judgement.fault or "")
