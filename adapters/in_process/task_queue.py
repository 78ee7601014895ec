"""Wake-ups between the server and the workers of one process."""

import asyncio
from collections import Counter

from application.ports.task_queue import TaskQueue, WakeUps
from domain.submission import WorkClass

_URGENCY = {work_class: position for position, work_class in enumerate(WorkClass)}


class InProcessTaskQueue(TaskQueue, WakeUps):
    """Holds at most twice as many wake-ups as there are slots, and gives the most urgent first.

    One too many coalesces with those that are there: the least urgent of all is dropped.
    """

    def __init__(self, slots: int) -> None:
        self._most = 2 * slots
        self._waiting: Counter[WorkClass] = Counter()
        self._arrived = asyncio.Semaphore(0)

    async def judge_submission(self, work_class: WorkClass) -> None:
        self._waiting[work_class] += 1
        if self._waiting.total() > self._most:
            self._drop(max(self._present(), key=_URGENCY.__getitem__))
        else:
            self._arrived.release()

    async def next(self) -> WorkClass:
        await self._arrived.acquire()
        most_urgent = min(self._present(), key=_URGENCY.__getitem__)
        self._drop(most_urgent)
        return most_urgent

    async def close(self) -> None:
        """What is not taken is found by the timer of the next life."""
        return

    def _present(self) -> list[WorkClass]:
        return [work_class for work_class, count in self._waiting.items() if count]

    def _drop(self, work_class: WorkClass) -> None:
        self._waiting[work_class] -= 1
