"""Staff look through what came out of a rejudge set."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.storage import Storage
from domain.errors import RejudgeSetNotFound
from domain.ids import RejudgeSetId, SubmissionId
from domain.rejudging import ItemState, RejudgeItem


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRejudgeItems:
    storage: Storage

    async def __call__(
        self,
        set_id: RejudgeSetId,
        *,
        state: ItemState | None,
        after: SubmissionId | None,
        limit: int,
    ) -> Sequence[RejudgeItem]:
        """Items by submission id, those behind `after`.

        Raises:
            RejudgeSetNotFound: there is no such set.
        """
        states = None if state is None else {state}
        async with self.storage.read() as unit:
            if await unit.rejudge_sets.get(set_id) is None:
                raise RejudgeSetNotFound(set_id)
            return await unit.rejudge_sets.items(set_id, states, after=after, limit=limit)
