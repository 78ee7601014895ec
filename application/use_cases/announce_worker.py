"""A worker says that it lives, and what it can judge."""

from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.judge import JudgePort
from application.ports.storage import Storage
from application.ports.workers import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceWorker:
    storage: Storage
    judge: JudgePort
    clock: Clock
    worker: str

    async def __call__(self, started_at: datetime) -> None:
        """Say so for now; to be repeated every few seconds.

        Raises:
            StoreUnavailable: the store does not answer now.
            JudgeUnavailable: it can judge nothing now.
        """
        languages = await self.judge.languages()
        announced = Worker(
            id=self.worker,
            slots=self.judge.slots,
            languages=languages,
            started_at=started_at,
            seen_at=self.clock.now(),
        )
        async with self.storage.begin() as unit:
            await unit.workers.announce(announced)
