"""Staff see who judges."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.announced import ALIVE
from application.ports.clock import Clock
from application.ports.storage import Storage
from application.ports.workers import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWorkers:
    storage: Storage
    clock: Clock

    async def __call__(self) -> Sequence[Worker]:
        """Workers that announced themselves a short while ago, by id.

        Raises:
            StoreUnavailable: the store does not answer now.
        """
        async with self.storage.read() as unit:
            return await unit.workers.alive(self.clock.now() - ALIVE)
