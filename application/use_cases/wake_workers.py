"""The timer looks for work that nobody was woken for: a lost wake-up, a back-off that is over."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.submissions import QueueState, SubmissionRepository
from application.ports.task_queue import TaskQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWorkers:
    submissions: SubmissionRepository
    queue: TaskQueue
    clock: Clock

    async def __call__(self) -> QueueState:
        """One wake-up for each class that has work due; what there was. Safe to repeat.

        Raises:
            QueueUnavailable: there is work due, and nobody can be woken for it now.
        """
        state = await self.submissions.queue_state(self.clock.now())
        for work_class, due in state.due.items():
            if due:
                await self.queue.judge_submission(work_class)
        return state
