"""The timer: finds work that nobody was woken for, and forgets what has expired."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from application.ports.task_queue import TaskQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyUp:
    storage: Storage
    submissions: SubmissionRepository
    queue: TaskQueue
    clock: Clock

    async def __call__(self) -> None:
        """One round; safe to repeat, and to run in several processes at once."""
        now = self.clock.now()
        state = await self.submissions.queue_state(now)
        for work_class, due in state.due.items():
            if due:
                await self.queue.judge_submission(work_class)
        await self.submissions.remove_expired_runs(now)
        async with self.storage.begin() as unit:
            await unit.sessions.remove_expired(now)
            await unit.idempotency.remove_expired(now)
