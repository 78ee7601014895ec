"""Who judges now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process that judges: how many programs at once, in which languages, and when last seen."""

    id: str
    slots: int
    languages: tuple[Language, ...]
    started_at: datetime
    seen_at: datetime


class WorkerRepository(Protocol):
    """Workers, as they announce themselves again and again."""

    async def announce(self, worker: Worker) -> None:
        """Store the worker, in place of what is known under its id."""
        ...

    async def alive(self, since: datetime) -> Sequence[Worker]:
        """Workers by id, those seen at `since` or later."""
        ...

    async def remove(self, worker_id: str) -> None:
        """Forget a worker; harmless when repeated or unknown."""
        ...

    async def remove_lost(self, before: datetime) -> int:
        """Forget workers last seen before that moment; how many."""
        ...
