"""What happens to a submission while it is judged, as events that a reader can resume."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from domain.ids import SubmissionId
from domain.judgement import JudgedTest
from domain.run import Compilation
from domain.submission import SubmissionStatus


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class EventId:
    """`judgement.attempt.sequence`: grows with every event of a submission (decision 16)."""

    judgement: int
    attempt: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.judgement}.{self.attempt}.{self.sequence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """A new status; `queued` also begins each new attempt, and readers drop earlier tests."""

    status: SubmissionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The compile step has ended."""

    compilation: Compilation


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFinished:
    """One test has its verdict; what a reader may see of it the entrypoint decides."""

    test: JudgedTest


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The outcome is written; read it from the store. Always the last event of a judgement."""


Happening = StatusChanged | Compiled | TestFinished | Done


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressEvent:
    """One happening with its place in the order."""

    id: EventId
    what: Happening


class ProgressStream(Protocol):
    """Holds recent events for readers; holds no truth: it may forget everything at any time."""

    async def publish(self, submission_id: SubmissionId, event: ProgressEvent) -> None:
        """Add an event, to be seen by every reader; never fails for want of readers.

        Of each text in it the first 4 KiB are sure to be told; the store has all of it.
        """
        ...

    def follow(
        self, submission_id: SubmissionId, after: EventId | None
    ) -> AsyncGenerator[ProgressEvent]:
        """The held events with a greater id than `after`, then new ones as they come, for ever.

        Reading starts when the generator is first advanced. Whoever reads ends it by closing it.
        """
        ...

    async def check(self) -> None:
        """Return if events can be told; else raise what says why not."""
        return

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...
