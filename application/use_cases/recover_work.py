"""A worker has just started: what its former life left is taken up again."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.submissions import SubmissionRepository
from application.ports.task_queue import TaskQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverWork:
    submissions: SubmissionRepository
    queue: TaskQueue
    clock: Clock
    worker: str

    async def __call__(self) -> int:
        """End the leases that this worker held when it died, and wake the queue; how many."""
        released = await self.submissions.release_worker(self.worker)
        state = await self.submissions.queue_state(self.clock.now())
        for work_class, due in state.due.items():
            for _ in range(due):
                await self.queue.judge_submission(work_class)
        return released
