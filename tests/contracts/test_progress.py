"""Events of submissions: every adapter of `ProgressStream` keeps this contract."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pytest

from application.ports.progress import (
    Compiled,
    Done,
    EventId,
    Happening,
    ProgressEvent,
    ProgressStream,
    StatusChanged,
    TestFinished,
)
from domain.ids import SubmissionId
from domain.run import Compilation
from domain.submission import SubmissionStatus
from tests.contracts.adapters_of import PROGRESS_STREAMS
from tests.contracts.values import AWKWARD_TEXTS, judged

S1 = SubmissionId("s1")


@pytest.fixture(params=PROGRESS_STREAMS)
async def stream(request: pytest.FixtureRequest) -> AsyncIterator[ProgressStream]:
    async with PROGRESS_STREAMS[request.param]() as stream:
        yield stream


@pytest.mark.parametrize(
    "what",
    [
        StatusChanged(status=SubmissionStatus.QUEUED),
        Compiled(compilation=Compilation(ok=False, output="\U0001f680\r\n ")),
        Compiled(compilation=Compilation(ok=False, fault="")),
        TestFinished(test=judged()),
        TestFinished(test=judged(output="x" * 4_096)),
        *(TestFinished(test=judged(output=text)) for text in AWKWARD_TEXTS),
        Done(),
    ],
)
async def test_what_happened_comes_back_whole(stream: ProgressStream, what: Happening) -> None:
    await stream.publish(S1, _event(1, what))
    assert await _read(stream, 1) == [_event(1, what)]


async def test_a_late_reader_gets_what_is_held_then_what_comes(stream: ProgressStream) -> None:
    await _publish(stream, _event(1), _event(2))
    async with aclosing(stream.follow(S1, None)) as events:
        assert [await anext(events), await anext(events)] == [_event(1), _event(2)]
        coming = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        await _publish(stream, _event(3))
        assert await asyncio.wait_for(coming, timeout=60) == _event(3)


async def test_a_reader_waits_anew_after_each_event(stream: ProgressStream) -> None:
    async with aclosing(stream.follow(S1, None)) as events:
        for number in range(1, 4):
            coming = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            assert not coming.done()
            await _publish(stream, _event(number))
            assert await asyncio.wait_for(coming, timeout=60) == _event(number)


async def test_a_reader_may_come_before_any_event(stream: ProgressStream) -> None:
    reading = asyncio.create_task(_read(stream, 2))
    await asyncio.sleep(0)
    await _publish(stream, _event(1), _event(2))
    assert await asyncio.wait_for(reading, timeout=60) == [_event(1), _event(2)]


async def test_a_reader_resumes_after_what_it_has_seen(stream: ProgressStream) -> None:
    await _publish(stream, *(_event(n) for n in range(1, 6)))
    assert await _read(stream, 2, after=_id(3)) == [_event(4), _event(5)]


@pytest.mark.parametrize("after", ["1.1.12", "1.2.0", "1.1.99", "0.9.9"])
async def test_ids_are_compared_number_by_number(stream: ProgressStream, after: str) -> None:
    ids = ["1.1.9", "1.1.10", "1.1.12", "1.2.1", "1.2.2", "1.10.1", "2.1.1"]
    await _publish(stream, *(_event_at(_parsed(text)) for text in ids))
    expected = [one for one in map(_parsed, ids) if one > _parsed(after)]
    events = await _read(stream, len(expected), after=_parsed(after))
    assert [event.id for event in events] == expected


async def test_every_reader_sees_every_event(stream: ProgressStream) -> None:
    readers = [asyncio.create_task(_read(stream, 20)) for _ in range(10)]
    await asyncio.sleep(0)
    expected = [_event(n) for n in range(1, 21)]
    await _publish(stream, *expected)
    assert await asyncio.wait_for(asyncio.gather(*readers), timeout=60) == [expected] * 10


async def test_submissions_do_not_mix(stream: ProgressStream) -> None:
    await stream.publish(SubmissionId("S1"), _event(1))
    await stream.publish(SubmissionId("s1 "), _event(2))
    await stream.publish(S1, _event(3))
    assert await _read(stream, 1) == [_event(3)]


async def test_what_a_reader_is_given_only_goes_forward(stream: ProgressStream) -> None:
    await _publish(stream, _event_at(_parsed("1.2.1")), _event_at(_parsed("1.1.7")))
    await _publish(stream, _event_at(_parsed("1.2.1")), _event_at(_parsed("1.2.2")))
    assert [str(event.id) for event in await _read(stream, 2)] == ["1.2.1", "1.2.2"]


async def test_a_reader_that_left_does_not_hinder_others(stream: ProgressStream) -> None:
    first, second = stream.follow(S1, None), stream.follow(S1, None)
    await _publish(stream, _event(1))
    assert [await anext(first), await anext(second)] == [_event(1), _event(1)]
    await first.aclose()
    await _publish(stream, _event(2))
    assert await anext(second) == _event(2)
    await second.aclose()


async def test_a_waiting_reader_may_be_cancelled(stream: ProgressStream) -> None:
    reading = asyncio.create_task(_read(stream, 1))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait({reading})
    await _publish(stream, _event(1))
    assert await _read(stream, 1) == [_event(1)]


async def test_publishing_without_readers_never_fails(stream: ProgressStream) -> None:
    for number in range(2_000):
        await stream.publish(SubmissionId(f"s{number}"), _event(1))


async def test_a_slow_reader_still_gets_the_newest(stream: ProgressStream) -> None:
    async with aclosing(stream.follow(S1, None)) as events:
        await _publish(stream, _event(1))
        await anext(events)
        await _publish(stream, *(_event(n) for n in range(2, 12_001)))
        assert await _last_of(events, _id(12_000)) == _event(12_000)


async def test_closing_twice_is_harmless(stream: ProgressStream) -> None:
    await stream.close()
    await stream.close()


async def _publish(stream: ProgressStream, *events: ProgressEvent) -> None:
    for event in events:
        await stream.publish(S1, event)


async def _read(
    stream: ProgressStream, count: int, *, after: EventId | None = None
) -> list[ProgressEvent]:
    async with aclosing(stream.follow(S1, after)) as events:
        return [await anext(events) for _ in range(count)]


async def _last_of(events: AsyncGenerator[ProgressEvent], last: EventId) -> ProgressEvent:
    event = await anext(events)
    while event.id < last:
        event = await anext(events)
    return event


def _id(sequence: int) -> EventId:
    return EventId(judgement=1, attempt=1, sequence=sequence)


def _parsed(text: str) -> EventId:
    judgement, attempt, sequence = map(int, text.split("."))
    return EventId(judgement=judgement, attempt=attempt, sequence=sequence)


def _event(sequence: int, what: Happening | None = None) -> ProgressEvent:
    return ProgressEvent(id=_id(sequence), what=what or TestFinished(test=judged(sequence)))


def _event_at(event_id: EventId) -> ProgressEvent:
    return ProgressEvent(id=event_id, what=Done())
