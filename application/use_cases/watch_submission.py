"""A reader follows a submission while it is judged."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass

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
from domain.judging import Compilation, Judgement, Verdict
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
        attempt: it begins with `queued`, so readers drop what they had of the tests before.
        """
        last = await self._plausible(submission_id, after)
        async with aclosing(self.progress.follow(submission_id, last)) as live:
            upcoming = asyncio.create_task(_next(live))
            try:
                while (submission := await self.submissions.get(submission_id)) is not None:
                    if submission.status is SubmissionStatus.DONE:
                        async for event in self._told_from_store(submission, last):
                            yield event
                        return
                    if last is None:
                        yield (event := _where_it_stands(submission))
                        last = event.id
                    while await self._arrives(upcoming):
                        live_event = upcoming.result()
                        if live_event is None:
                            return
                        upcoming = asyncio.create_task(_next(live))
                        last = live_event.id
                        yield live_event
                        if isinstance(live_event.what, Done):
                            return
            finally:
                upcoming.cancel()
                await asyncio.wait({upcoming})

    async def _plausible(
        self, submission_id: SubmissionId, after: EventId | None
    ) -> EventId | None:
        """The id, or None where no event can have had it: then all is told from the start."""
        submission = await self.submissions.get(submission_id)
        if submission is None or after is None:
            return None
        newest = submission.pending_number or submission.judgement_number
        known = after.judgement <= newest and after.attempt <= submission.attempt + 1
        return after if known else None

    async def _arrives(self, upcoming: asyncio.Task[ProgressEvent | None]) -> bool:
        """Whether the next live event comes before it is time to look at the store again."""
        alarm = asyncio.create_task(_wait(self.clock))
        try:
            await asyncio.wait([upcoming, alarm], return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
        return upcoming.done()

    async def _told_from_store(
        self, submission: Submission, after: EventId | None
    ) -> AsyncGenerator[ProgressEvent]:
        number = submission.judgement_number
        judgement = await self.submissions.judgement(submission.id, number)
        happenings = _happenings(judgement) if judgement is not None else iter(())
        for sequence, what in enumerate(happenings, 1):
            event_id = EventId(judgement=number, attempt=submission.attempt + 1, sequence=sequence)
            if after is None or event_id > after or isinstance(what, Done):
                yield ProgressEvent(id=event_id, what=what)


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
    yield Compiled(compilation=Compilation(ok=compiled, output=judgement.compile_output or ""))
    for test in judgement.tests:
        yield TestFinished(test=test)
    yield StatusChanged(status=SubmissionStatus.DONE)
    yield Done()
