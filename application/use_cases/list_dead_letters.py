"""Staff look at what the queue has given up."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.dead_letters import DeadLetter, DeadLetters


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeadLetters:
    dead_letters: DeadLetters

    async def __call__(self, *, limit: int) -> Sequence[DeadLetter]:
        """At most `limit`, the newest first.

        Raises:
            QueueUnavailable: the queue cannot be reached now.
        """
        return await self.dead_letters.newest(limit)
