"""Staff look through rejudge sets."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.storage import Storage
from domain.ids import RejudgeSetId
from domain.rejudging import RejudgeSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRejudgeSets:
    storage: Storage

    async def __call__(self, *, before: RejudgeSetId | None, limit: int) -> Sequence[RejudgeSet]:
        """Sets, newest first, those older than `before`."""
        async with self.storage.read() as unit:
            return await unit.rejudge_sets.list(before=before, limit=limit)
