"""Recent events of submissions, held in this process for whoever follows them."""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncGenerator

from application.ports.progress import (
    Compiled,
    EventId,
    Happening,
    ProgressEvent,
    ProgressStream,
    TestFinished,
)
from domain.ids import SubmissionId

_BYTES_BESIDE_TEXT = 512
"""What an event takes beside the texts in it, about."""


class InProcessProgressStream(ProgressStream):
    """Bounded for each submission by events and in all by bytes.

    What is too much goes from the submission that was quiet for longest, its oldest event first.
    A follower that was overtaken misses what is gone. An event that is not later than those
    before it (a repeat, or a worker that lost its claim) is dropped.
    """

    def __init__(
        self, *, most_events_each: int = 1_000, most_bytes: int = 32 * 1024 * 1024
    ) -> None:
        self._most_events_each = most_events_each
        self._most_bytes = most_bytes
        self._bytes = 0
        self._held: dict[SubmissionId, deque[ProgressEvent]] = {}
        self._followers: dict[SubmissionId, set[asyncio.Event]] = {}

    async def publish(self, submission_id: SubmissionId, event: ProgressEvent) -> None:
        held = self._held.pop(submission_id, deque())  # and in again, as the last to be forgotten
        self._held[submission_id] = held
        if held and event.id <= held[-1].id:
            return
        held.append(event)
        self._bytes += _size(event.what)
        if len(held) > self._most_events_each:
            self._forget_oldest_of(submission_id)
        while self._bytes > self._most_bytes:
            self._forget_oldest_of(next(iter(self._held)))
        for news in self._followers.get(submission_id, ()):
            news.set()

    async def follow(
        self, submission_id: SubmissionId, after: EventId | None
    ) -> AsyncGenerator[ProgressEvent]:
        news = asyncio.Event()
        self._followers.setdefault(submission_id, set()).add(news)
        seen = after
        try:
            while True:
                news.clear()
                for event in tuple(self._held.get(submission_id, ())):
                    if seen is None or event.id > seen:
                        seen = event.id
                        yield event
                await news.wait()
        finally:
            self._leave(submission_id, news)

    async def close(self) -> None:
        self._held.clear()
        self._bytes = 0

    def _forget_oldest_of(self, submission_id: SubmissionId) -> None:
        held = self._held[submission_id]
        self._bytes -= _size(held.popleft().what)
        if not held:
            del self._held[submission_id]

    def _leave(self, submission_id: SubmissionId, news: asyncio.Event) -> None:
        followers = self._followers[submission_id]
        followers.discard(news)
        if not followers:
            del self._followers[submission_id]


def _size(what: Happening) -> int:
    match what:
        case Compiled():
            texts = [what.compilation.output, what.compilation.fault]
        case TestFinished():
            texts = [what.test.output, what.test.stderr, what.test.message, what.test.fault]
        case _:
            texts = []
    return _BYTES_BESIDE_TEXT + sum(sys.getsizeof(text) for text in texts if text is not None)
