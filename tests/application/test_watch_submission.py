"""Following a submission: live, afterwards, and again after a lost connection."""

import asyncio
from contextlib import aclosing
from datetime import timedelta

import pytest

from adapters.in_process.progress import InProcessProgressStream
from application.ports.progress import (
    Compiled,
    Done,
    EventId,
    Happening,
    ProgressEvent,
    StatusChanged,
    TestFinished,
)
from domain.challenge import JudgingRules
from domain.ids import SubmissionId
from domain.judgement import JudgedTest, Verdict
from domain.run import Compilation
from domain.scoring import Scoring, ScoringKind
from domain.submission import SubmissionStatus
from tests.application.world import World, a_test


async def _a_submission(world: World) -> SubmissionId:
    challenge = await world.a_challenge(a_test("1"), a_test("2"))
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    return submission.id


async def _all(
    world: World, submission_id: SubmissionId, after: EventId | None = None
) -> list[ProgressEvent]:
    async with asyncio.timeout(60):
        async with aclosing(world.watch_submission(submission_id, after=after)) as events:
            return [event async for event in events]


async def _reading(world: World, submission_id: SubmissionId) -> asyncio.Task[list[ProgressEvent]]:
    """A reader that has begun to read."""
    reader = asyncio.create_task(_all(world, submission_id))
    for _ in range(20):
        await asyncio.sleep(0)
    return reader


def _told(events: list[ProgressEvent]) -> list[str]:
    return [
        what.status.value if isinstance(what, StatusChanged) else type(what).__name__
        for what in (event.what for event in events)
    ]


WHOLE = ["queued", "Compiled", "TestFinished", "TestFinished", "done", "Done"]


async def test_what_is_over_is_told_from_the_store(world: World) -> None:
    submission_id = await _a_submission(world)
    await world.judge_submission()()

    events = await _all(world, submission_id)

    assert _told(events) == WHOLE
    assert [e.id for e in events] == sorted(e.id for e in events)


async def test_a_reader_sees_the_judging_as_it_happens(world: World) -> None:
    submission_id = await _a_submission(world)
    reader = await _reading(world, submission_id)

    await world.judge_submission()()

    assert _told(await reader) == ["queued", "queued", "running", *WHOLE[1:]]


async def test_after_a_lost_connection_only_the_rest_is_told(world: World) -> None:
    submission_id = await _a_submission(world)
    reader = await _reading(world, submission_id)
    await world.judge_submission()()
    seen = await reader

    rest = await _all(world, submission_id, after=seen[-2].id)

    assert isinstance(rest[-1].what, Done)
    assert all(event.id > seen[-2].id for event in rest)


async def test_an_id_that_no_event_can_have_had_begins_anew(world: World) -> None:
    submission_id = await _a_submission(world)
    await world.judge_submission()()

    events = await _all(world, submission_id, after=EventId(judgement=99, attempt=1, sequence=1))

    assert _told(events) == WHOLE


async def test_whoever_asks_again_after_the_end_is_told_the_end(world: World) -> None:
    submission_id = await _a_submission(world)
    await world.judge_submission()()
    last = (await _all(world, submission_id))[-1].id

    assert _told(await _all(world, submission_id, after=last)) == ["Done"]


async def test_a_stream_that_forgets_everything_only_delays_the_end(world: World) -> None:
    submission_id = await _a_submission(world)
    reader = await _reading(world, submission_id)
    world.progress = InProcessProgressStream()  # from now on events go where nobody reads
    await world.judge_submission()()

    while not reader.done():
        world.clock.advance(timedelta(seconds=1))
        await asyncio.sleep(0)

    events = reader.result()
    assert _told(events) == ["queued", *WHOLE]


async def test_a_live_test_has_the_score_that_the_judgement_gives_it(world: World) -> None:
    rules = JudgingRules(scoring=Scoring(kind=ScoringKind.WEIGHTED))
    challenge = await world.a_challenge(
        a_test("1", weight=40), a_test("2", expected=b"other", weight=60), rules=rules
    )
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    reader = await _reading(world, submission.id)

    await world.judge_submission()()

    live = [e.what.test for e in await reader if isinstance(e.what, TestFinished)]
    judgement = await world.submissions.judgement(submission.id, 1)
    assert judgement is not None
    assert [(int(t.score), int(t.max_score)) for t in live] == [(40, 40), (0, 60)]
    assert tuple(live) == judgement.tests


async def test_tests_carry_their_outcomes(world: World) -> None:
    submission_id = await _a_submission(world)
    await world.judge_submission()()

    events = await _all(world, submission_id)

    tests = [e.what.test.ordinal for e in events if isinstance(e.what, TestFinished)]
    compiled = [e.what.compilation.ok for e in events if isinstance(e.what, Compiled)]
    assert (tests, compiled) == ([1, 2], [True])


# --- streams that lost something ---------------------------------------------------------------


class _Losing(InProcessProgressStream):
    """A stream to which the events with these sequence numbers never come."""

    def __init__(self, *lost: int) -> None:
        super().__init__()
        self._lost = lost

    async def publish(self, submission_id: SubmissionId, event: ProgressEvent) -> None:
        if event.id.sequence not in self._lost:
            await super().publish(submission_id, event)


@pytest.mark.parametrize("lost", [(1,), (2,), (3,), (4,), (5,), (1, 2, 3), (3, 4, 5)])
async def test_a_reader_whose_stream_lost_events_is_told_all_from_the_store(
    world: World, lost: tuple[int, ...]
) -> None:
    world.progress = _Losing(*lost)
    submission_id = await _a_submission(world)
    reader = await _reading(world, submission_id)

    await world.judge_submission()()

    events = await reader
    assert _told(events)[-len(WHOLE) :] == WHOLE
    assert [e.id for e in events] == sorted({e.id for e in events})
    assert _told(events).count("Done") == 1


async def test_whoever_came_after_the_loss_is_told_all_too(world: World) -> None:
    submission_id = await _a_submission(world)
    world.progress = _Losing(4)
    reader = await _reading(world, submission_id)
    await world.judge_submission()()
    seen = await reader

    again = await _all(world, submission_id, after=EventId(judgement=1, attempt=1, sequence=5))

    assert _told(seen)[-len(WHOLE) :] == WHOLE
    assert _told(again) == WHOLE


async def test_while_a_rejudge_is_pending_no_test_of_before_is_skipped(world: World) -> None:
    submission_id = await _a_submission(world)
    reader = await _reading(world, submission_id)
    await world.judge_submission()()
    seen = await reader
    await world.submissions.request_rejudge(submission_id, version=None)

    told = [await _all(world, submission_id, after=event.id) for event in seen[2:]]

    assert [_told(events) for events in told] == [WHOLE] * len(told)
    for event, events in zip(seen[2:], told, strict=True):
        assert all(later.id > event.id for later in events)


async def test_what_came_already_is_not_told_again_where_nothing_was_lost(world: World) -> None:
    submission_id = await _a_submission(world)
    events: list[Happening] = [
        StatusChanged(status=SubmissionStatus.QUEUED),
        Compiled(compilation=Compilation(ok=True)),
        TestFinished(test=JudgedTest(ordinal=1, verdict=Verdict.ACCEPTED)),
        TestFinished(test=JudgedTest(ordinal=2, verdict=Verdict.ACCEPTED)),
        StatusChanged(status=SubmissionStatus.DONE),
        Done(),
    ]
    ids = [EventId(judgement=1, attempt=1, sequence=n) for n in range(1, 7)]
    for event_id, what in zip(ids, events, strict=True):
        await world.progress.publish(submission_id, ProgressEvent(id=event_id, what=what))

    told = await _all(world, submission_id, after=ids[2])

    assert [event.id for event in told] == ids[3:]
