"""Rejudge sets in dictionaries."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction

from adapters.memory.tables import Tables, refuse_known
from application.ports.rejudge_sets import RejudgeSetRepository, SetChange
from domain.ids import RejudgeSetId, SubmissionId
from domain.judgement import Verdict
from domain.rejudging import ItemCount, ItemState, RejudgeItem, RejudgeSet, SetState


class MemoryRejudgeSetRepository(RejudgeSetRepository):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, rejudge_set: RejudgeSet, items: Sequence[RejudgeItem]) -> None:
        tables = self._tables.to_write
        refuse_known(rejudge_set.id, tables.rejudge_sets)
        tables.rejudge_sets[rejudge_set.id] = rejudge_set
        by_id = {item.submission_id: item for item in items}
        if len(by_id) != len(items):
            raise ValueError("a submission is there twice")
        tables.rejudge_items[rejudge_set.id] = by_id

    async def get(self, set_id: RejudgeSetId) -> RejudgeSet | None:
        return self._tables.rejudge_sets.get(set_id)

    async def list(self, *, before: RejudgeSetId | None, limit: int) -> Sequence[RejudgeSet]:
        ids = [one for one in self._tables.rejudge_sets if before is None or one < before]
        return [self._tables.rejudge_sets[one] for one in sorted(ids, reverse=True)[:limit]]

    async def in_states(self, states: Collection[SetState]) -> Sequence[RejudgeSet]:
        found = [one for one in self._tables.rejudge_sets.values() if one.state in states]
        return sorted(found, key=lambda one: one.id)

    async def change(self, set_id: RejudgeSetId, change: SetChange) -> bool:
        tables = self._tables.to_write
        known = tables.rejudge_sets.get(set_id)
        if known is None or known.state not in change.allowed:
            return False
        tables.rejudge_sets[set_id] = replace(
            known, state=change.to, updated_at=change.at, impact=change.impact or known.impact
        )
        return True

    async def items(
        self,
        set_id: RejudgeSetId,
        states: Collection[ItemState] | None,
        *,
        after: SubmissionId | None,
        limit: int,
    ) -> Sequence[RejudgeItem]:
        found = [
            item
            for item in self._tables.rejudge_items.get(set_id, {}).values()
            if (states is None or item.state in states)
            and (after is None or item.submission_id > after)
        ]
        return sorted(found, key=lambda item: item.submission_id)[:limit]

    async def put(self, set_id: RejudgeSetId, item: RejudgeItem, *, was: ItemState) -> bool:
        tables = self._tables.to_write
        known = tables.rejudge_items.get(set_id, {}).get(item.submission_id)
        if known is None or known.state is not was:
            return False
        changed = {**tables.rejudge_items[set_id], item.submission_id: item}
        tables.rejudge_items[set_id] = changed  # readers keep what they began with
        return True

    async def counts(self, set_id: RejudgeSetId) -> Sequence[ItemCount]:
        groups: defaultdict[tuple[ItemState, Verdict, Verdict | None], list[RejudgeItem]]
        groups = defaultdict(list)
        for item in self._tables.rejudge_items.get(set_id, {}).values():
            groups[item.state, item.old_verdict, item.new_verdict].append(item)
        return [
            ItemCount(
                state=state,
                old_verdict=old,
                new_verdict=new,
                count=len(items),
                raised=sum(_new_score(item) > item.old_score for item in items),
                lowered=sum(_new_score(item) < item.old_score for item in items),
            )
            for (state, old, new), items in groups.items()
        ]


def _new_score(item: RejudgeItem) -> Fraction:
    return item.old_score if item.new_score is None else item.new_score
