"""Wake-ups that failed again and again for a reason nobody foresaw, kept for staff to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.submission import WorkClass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One such wake-up. It carries no work: that is in the store, which tries it by itself."""

    id: str
    work_class: WorkClass
    reason: str
    """What the last try failed of, for staff."""
    failed_at: datetime
    attempts: int


class DeadLetters(Protocol):
    """The queue's dead letters; a broker may forget those that are older than a week."""

    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        """At most `limit` of them, the one that failed last first.

        Raises:
            QueueUnavailable: the queue cannot be reached now.
        """
        ...

    async def resend(self, letter_id: str) -> None:
        """Send it as a new wake-up, with all its tries before it; then it is dead no more.

        Raises:
            DeadLetterNotFound: there is none of that id.
            QueueUnavailable: the queue cannot be reached now.
        """
        ...

    async def drop(self, letter_id: str) -> None:
        """Forget it.

        Raises:
            DeadLetterNotFound: there is none of that id.
            QueueUnavailable: the queue cannot be reached now.
        """
        ...

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...


class Graveyard(Protocol):
    """Where the worker of a queue that lives in this process lays its dead letters."""

    def bury(
        self, work_class: WorkClass, *, reason: str, failed_at: datetime, attempts: int
    ) -> None:
        """Keep a dead letter; of too many the oldest goes."""
        ...
