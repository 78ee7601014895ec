"""Staff see how a rejudge set comes along, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.storage import Storage
from domain.errors import RejudgeSetNotFound
from domain.ids import RejudgeSetId
from domain.rejudging import ItemCount, RejudgeSet


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRejudgeSet:
    storage: Storage

    async def __call__(self, set_id: RejudgeSetId) -> tuple[RejudgeSet, Sequence[ItemCount]]:
        """The set, and its items counted by what became of them.

        Raises:
            RejudgeSetNotFound: there is none.
        """
        async with self.storage.read() as unit:
            rejudge_set = await unit.rejudge_sets.get(set_id)
            if rejudge_set is None:
                raise RejudgeSetNotFound(set_id)
            return rejudge_set, await unit.rejudge_sets.counts(set_id)
