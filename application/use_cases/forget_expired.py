"""The timer forgets what has had its time: practice runs, sign-ins, idempotency keys, workers."""

from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository

WORKERS_REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetExpired:
    storage: Storage
    submissions: SubmissionRepository
    clock: Clock

    async def __call__(self) -> None:
        """One round; safe to repeat, and to run in several processes at once."""
        now = self.clock.now()
        await self.submissions.remove_expired_runs(now)
        async with self.storage.begin() as unit:
            await unit.sessions.remove_expired(now)
            await unit.idempotency.remove_expired(now)
            await unit.workers.remove_lost(now - WORKERS_REMEMBERED)
