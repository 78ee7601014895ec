"""How the events in this process are bounded."""

from contextlib import aclosing

import pytest

from adapters.in_process.progress import InProcessProgressStream
from application.ports.progress import EventId, ProgressEvent, TestFinished
from domain.ids import SubmissionId
from domain.judgement import JudgedTest, Verdict

OLD, NEW = SubmissionId("old"), SubmissionId("new")


@pytest.mark.parametrize(("most", "first_held"), [(1, 20), (5, 16), (20, 1), (100, 1)])
async def test_of_one_submission_the_newest_events_are_held(most: int, first_held: int) -> None:
    stream = InProcessProgressStream(most_events_each=most)
    for number in range(1, 21):
        await stream.publish(OLD, _event(number))
    assert await _first_held(stream, OLD) == _event(first_held)


async def test_a_worker_that_lost_its_claim_pushes_nothing_out() -> None:
    stream = InProcessProgressStream(most_events_each=1)
    await stream.publish(OLD, _event(2))
    await stream.publish(OLD, _event(1))
    assert await _first_held(stream, OLD) == _event(2)


async def test_what_was_quiet_for_longest_is_forgotten_first() -> None:
    stream = InProcessProgressStream(most_bytes=11_000)
    await stream.publish(OLD, _event(1, "x" * 4_000))
    await stream.publish(NEW, _event(1, "x" * 4_000))
    await stream.publish(OLD, _event(2))
    await stream.publish(SubmissionId("third"), _event(1, "x" * 4_000))
    await stream.publish(NEW, _event(2))
    assert await _first_held(stream, OLD) == _event(1, "x" * 4_000)
    assert await _first_held(stream, NEW) == _event(2)


async def test_what_is_larger_than_all_that_is_held_is_not_held() -> None:
    stream = InProcessProgressStream(most_bytes=10_000)
    await stream.publish(OLD, _event(1))
    await stream.publish(NEW, _event(1, "x" * 20_000))
    await stream.publish(OLD, _event(2))
    assert await _first_held(stream, OLD) == _event(2)


async def test_after_closing_nothing_is_held() -> None:
    stream = InProcessProgressStream(most_bytes=10_000)
    await stream.publish(OLD, _event(1, "x" * 9_000))
    await stream.close()
    await stream.publish(OLD, _event(2, "x" * 9_000))
    assert await _first_held(stream, OLD) == _event(2, "x" * 9_000)


async def _first_held(
    stream: InProcessProgressStream, submission_id: SubmissionId
) -> ProgressEvent:
    async with aclosing(stream.follow(submission_id, None)) as events:
        return await anext(events)


def _event(sequence: int, output: str = "") -> ProgressEvent:
    test = JudgedTest(ordinal=sequence, verdict=Verdict.ACCEPTED, output=output)
    event_id = EventId(judgement=1, attempt=1, sequence=sequence)
    return ProgressEvent(id=event_id, what=TestFinished(test=test))
