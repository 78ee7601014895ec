"""A reader follows a submission while it is judged."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace

from application.ports.clock import Clock
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
from application.ports.submissions import SubmissionRepository
from domain.ids import SubmissionId
from domain.judgement import Judgement, Verdict
from domain.run import Compilation
from domain.submission import Submission, SubmissionStatus

LOOK_AGAIN_S = 2.0
"""How often the store is asked, in case the stream has forgotten something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSubmission:
    submissions: SubmissionRepository
    progress: ProgressStream
    clock: Clock

    async def __call__(
        self, submission_id: SubmissionId, *, after: EventId | None
    ) -> AsyncGenerator[ProgressEvent]:
        """Events after `after` until Done; whether the reader may see it was checked before.

        Live events come from the stream. What is over is told from the store, as one more
        attempt: it begins with `queued`, so readers drop what they had of the tests before. So it
        is where the stream has lost some of the events that readers still need.
        """
        reader = _Reader(await self._plausible(submission_id, after))
        async with aclosing(self.progress.follow(submission_id, reader.heard)) as live:
            reader.upcoming = asyncio.create_task(_next(live))
            try:
                while (submission := await self.submissions.get(submission_id)) is not None:
                    if submission.status is SubmissionStatus.DONE:
                        async for event in self._told_from_store(submission, reader.told):
                            yield event
                        return
                    if reader.told is None:
                        yield reader.tell(_where_it_stands(submission))
                    async for event in self._told_live(live, reader):
                        yield event
                    if reader.is_at_end:
                        return
            finally:
                reader.upcoming.cancel()
                await asyncio.wait({reader.upcoming})

    async def _plausible(
        self, submission_id: SubmissionId, after: EventId | None
    ) -> EventId | None:
        """The id, or None where no event can have had it: then all is told from the start."""
        submission = await self.submissions.get(submission_id)
        if submission is None or after is None:
            return None
        newest = submission.pending_number or submission.judgement_number
        known = after.judgement <= newest and (
            after.attempt <= submission.attempt + 1 or _is_of_before(after, submission)
        )
        return after if known else None

    async def _arrives(self, upcoming: asyncio.Task[ProgressEvent | None]) -> bool:
        """Whether the next live event comes before it is time to look at the store again."""
        alarm = asyncio.create_task(_wait(self.clock))
        try:
            await asyncio.wait([upcoming, alarm], return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
        return upcoming.done()

    async def _told_live(
        self, live: AsyncGenerator[ProgressEvent], reader: "_Reader"
    ) -> AsyncGenerator[ProgressEvent]:
        """Live events that are new to the reader, until the store is to be looked at."""
        while not reader.is_at_end and await self._arrives(reader.upcoming):
            event = reader.upcoming.result()
            if event is None:
                reader.is_at_end = True
                return
            reader.upcoming = asyncio.create_task(_next(live))
            reader.hear(event)
            if _is_over(event.what) and not reader.has_heard_all:
                return  # the outcome is in the store by now
            if reader.told is None or event.id > reader.told:
                yield reader.tell(event)

    async def _told_from_store(
        self, submission: Submission, after: EventId | None
    ) -> AsyncGenerator[ProgressEvent]:
        number = submission.judgement_number
        attempt = submission.attempt + 1
        if after is not None and _is_of_before(after, submission):
            attempt = after.attempt + 1
        judgement = await self.submissions.judgement(submission.id, number)
        happenings = _happenings(judgement) if judgement is not None else iter(())
        for sequence, what in enumerate(happenings, 1):
            event_id = EventId(judgement=number, attempt=attempt, sequence=sequence)
            if after is None or event_id > after or isinstance(what, Done):
                yield ProgressEvent(id=event_id, what=what)


class _Reader:
    """What a reader was told, and what was heard of the attempt from the stream.

    Ids are counted on within an attempt, so what the stream has lost leaves a gap. For a reader
    who comes again it is heard from the attempt's beginning: what it still holds, it held before.
    """

    upcoming: asyncio.Task[ProgressEvent | None]

    def __init__(self, told: EventId | None) -> None:
        self.told = told
        self.heard = None if told is None else replace(told, sequence=0)
        self.has_heard_all = False
        self.is_at_end = False

    def hear(self, event: ProgressEvent) -> None:
        if event.what == StatusChanged(status=SubmissionStatus.QUEUED):
            self.has_heard_all = True  # readers drop what was before
        elif self.heard is None or event.id != replace(
            self.heard, sequence=self.heard.sequence + 1
        ):
            self.has_heard_all = False
        self.heard = event.id

    def tell(self, event: ProgressEvent) -> ProgressEvent:
        self.told = event.id
        self.is_at_end = isinstance(event.what, Done)
        return event


def _is_over(what: Happening) -> bool:
    return isinstance(what, Done) or what == StatusChanged(status=SubmissionStatus.DONE)


def _is_of_before(after: EventId, submission: Submission) -> bool:
    """Whether it is of a judgement whose attempts are not known any more.

    Those of the next one are counted now; so all is told again, with later ids.
    """
    is_pending = submission.pending_number is not None
    return is_pending and 0 < after.judgement == submission.judgement_number


async def _next(live: AsyncGenerator[ProgressEvent]) -> ProgressEvent | None:
    """The next live event; None when the stream was closed."""
    return await anext(live, None)


async def _wait(clock: Clock) -> None:
    await clock.sleep(LOOK_AGAIN_S)


def _where_it_stands(submission: Submission) -> ProgressEvent:
    """The first event for whoever has none: before all live events of the coming attempt."""
    event_id = EventId(
        judgement=submission.pending_number or 0, attempt=submission.attempt, sequence=0
    )
    return ProgressEvent(id=event_id, what=StatusChanged(status=submission.status))


def _happenings(judgement: Judgement) -> Iterator[Happening]:
    yield StatusChanged(status=SubmissionStatus.QUEUED)
    compiled = judgement.verdict is not Verdict.COMPILE_ERROR
    output = judgement.compile_output or ""
    yield Compiled(compilation=Compilation(ok=compiled, output=output, means=judgement.means))
    for test in judgement.tests:
        yield TestFinished(test=test)
    yield StatusChanged(status=SubmissionStatus.DONE)
    yield Done()
