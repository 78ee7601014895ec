"""A worker that stops takes back that it lives, at once instead of by its silence."""

from dataclasses import dataclass, replace
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.storage import Storage

SILENT_FOR = timedelta(hours=1)
"""Far longer than anybody waits for a sign of a worker, and far shorter than its languages are
remembered: a server whose last worker is exchanged takes submissions in meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawWorker:
    storage: Storage
    clock: Clock
    worker: str

    async def __call__(self) -> None:
        """Make it a worker that was last seen long ago; safe to repeat.

        Raises:
            StoreUnavailable: the store does not answer now; silence will do it.
        """
        now = self.clock.now()
        async with self.storage.begin() as unit:
            for worker in await unit.workers.alive(now - SILENT_FOR):
                if worker.id == self.worker:
                    await unit.workers.announce(replace(worker, seen_at=now - SILENT_FOR))
