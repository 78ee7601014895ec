"""Waking the workers. The order of work lives in the store; a wake-up only says: look again."""

from typing import Protocol

from domain.submission import WorkClass


class QueueUnavailable(Exception):
    """The queue cannot be reached now; what is stored will be found by the timer."""


class QueueRefused(QueueUnavailable):
    """The queue is there and does not let us in: waiting helps nothing."""


class TaskQueue(Protocol):
    """One method a task; delivery is at least once, and every task is safe to repeat."""

    async def judge_submission(self, work_class: WorkClass) -> None:
        """Wake one worker to claim and judge the next submission.

        May drop the wake-up when enough of them are under way: whoever takes one looks for more
        work when it is done, and a timer looks for what was forgotten.

        Raises:
            QueueUnavailable: it cannot be sent now.
        """
        ...

    async def check(self) -> None:
        """Return if the queue answers; else raise what says why not."""
        return

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...


class WakeUps(Protocol):
    """The receiving end of a queue that lives in this process."""

    async def next(self) -> WorkClass:
        """Wait for a wake-up and take it; each is taken once."""
        ...
