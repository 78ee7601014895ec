"""Whoever watches a submission learns its outcome, whatever happens to Redis meanwhile."""

import asyncio

from adapters.in_process.progress import InProcessProgressStream
from adapters.redis.progress import RedisProgressStream
from adapters.system.clock import SystemClock
from application.ports.progress import (
    Compiled,
    Done,
    ProgressEvent,
    StatusChanged,
    TestFinished,
)
from application.use_cases.watch_submission import WatchSubmission
from domain.ids import SubmissionId
from domain.submission import SubmissionStatus
from tests.adapters.redis.house import House
from tests.application.world import World, a_test

WHOLE = [StatusChanged, Compiled, TestFinished, StatusChanged, Done]


async def test_the_outcome_is_told_when_redis_died_before_it(house: House) -> None:
    world, stream = World(), house.stream()
    watching = await _watching(world, stream)
    house.server.kill()
    await world.judge_submission()()
    told = await asyncio.wait_for(watching, timeout=60)
    assert isinstance(told[-1].what, Done)
    assert StatusChanged(status=SubmissionStatus.DONE) in [event.what for event in told]
    await stream.close()


async def test_the_outcome_is_told_when_redis_hangs(house: House) -> None:
    world, stream = World(), house.stream()
    watching = await _watching(world, stream)
    with house.standing_still():
        await world.judge_submission()()
        told = await asyncio.wait_for(watching, timeout=60)
    assert isinstance(told[-1].what, Done)
    await stream.close()


async def test_all_is_told_when_redis_forgot_what_was_before(house: House) -> None:
    world, stream = World(), house.stream()
    world.progress = _Forgetting(house, stream, before=4)
    watching = await _watching(world, stream)
    await world.judge_submission()()
    told = await asyncio.wait_for(watching, timeout=60)
    assert [type(event.what) for event in told[-5:]] == WHOLE
    assert [event.id for event in told] == sorted({event.id for event in told})
    await stream.close()


class _Forgetting(InProcessProgressStream):
    """Hands on to Redis, which is started without data before the event with that number."""

    def __init__(self, house: House, stream: RedisProgressStream, *, before: int) -> None:
        super().__init__()
        self._house, self._stream, self._before = house, stream, before

    async def publish(self, submission_id: SubmissionId, event: ProgressEvent) -> None:
        if event.id.sequence == self._before:
            await asyncio.to_thread(self._house.restart_without_data)
        await self._stream.publish(submission_id, event)


async def _watching(world: World, stream: RedisProgressStream) -> asyncio.Task[list[ProgressEvent]]:
    """A watcher who has seen that the submission waits."""
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    watch = WatchSubmission(submissions=world.submissions, progress=stream, clock=SystemClock())
    begun = asyncio.Event()

    async def read() -> list[ProgressEvent]:
        told = []
        async for event in watch(submission.id, after=None):
            told.append(event)
            begun.set()
        return told

    watching = asyncio.create_task(read())
    await asyncio.wait_for(begun.wait(), timeout=60)
    return watching
