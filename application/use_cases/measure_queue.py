"""How much work waits, for whoever watches over the platform."""

import asyncio
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.storage import StoreUnavailable
from application.ports.submissions import QueueState, SubmissionRepository
from application.ports.telemetry import Figures

PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureQueue:
    submissions: SubmissionRepository
    figures: Figures
    clock: Clock

    async def __call__(self) -> None:
        """Note it in the figures; unknown where the store does not answer within 2 s."""
        now = self.clock.now()
        state: QueueState | None = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                state = await self.submissions.queue_state(now)
        except (StoreUnavailable, TimeoutError):
            pass
        self.figures.note_queue(state, now)
