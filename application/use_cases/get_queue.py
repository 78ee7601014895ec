"""Staff see how much work waits."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.submissions import QueueState, SubmissionRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class GetQueue:
    submissions: SubmissionRepository
    clock: Clock

    async def __call__(self) -> QueueState:
        """What is due and what waits, as of now.

        Raises:
            StoreUnavailable: the store does not answer now.
        """
        return await self.submissions.queue_state(self.clock.now())
