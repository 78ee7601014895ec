"""Rejudge sets in a SQL database."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, case, func, insert, select, update

from adapters.sql.engine import Transaction, every, first
from adapters.sql.engine import change as change_rows
from adapters.sql.tables import rejudge_items, rejudge_sets, values_of
from application.ports.rejudge_sets import RejudgeSetRepository, SetChange
from domain.ids import RejudgeSetId, SubmissionId
from domain.rejudging import ItemCount, ItemState, RejudgeItem, RejudgeSet, SetState

_sets, _items = rejudge_sets.c, rejudge_items.c
_AT_ONCE = 1_000
"""Rows of one insertion."""


class SqlRejudgeSetRepository(RejudgeSetRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, rejudge_set: RejudgeSet, items: Sequence[RejudgeItem]) -> None:
        await change_rows(self._transaction, insert(rejudge_sets).values(values_of(rejudge_set)))
        for start in range(0, len(items), _AT_ONCE):
            rows = [
                {"set_id": rejudge_set.id, **values_of(item)}
                for item in items[start : start + _AT_ONCE]
            ]
            await self._insert(rows)

    async def _insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await self._transaction.run(
            lambda connection: connection.execute(insert(rejudge_items), list(rows)).rowcount
        )

    async def get(self, set_id: RejudgeSetId) -> RejudgeSet | None:
        row = await first(self._transaction, select(rejudge_sets).where(_sets.id == set_id))
        return None if row is None else RejudgeSet(**row)

    async def list(self, *, before: RejudgeSetId | None, limit: int) -> Sequence[RejudgeSet]:
        page = select(rejudge_sets).order_by(_sets.id.desc()).limit(limit)
        if before is not None:
            page = page.where(_sets.id < before)
        return [RejudgeSet(**row) for row in await every(self._transaction, page)]

    async def in_states(self, states: Collection[SetState]) -> Sequence[RejudgeSet]:
        found = select(rejudge_sets).where(_sets.state.in_(states)).order_by(_sets.id)
        return [RejudgeSet(**row) for row in await every(self._transaction, found)]

    async def change(self, set_id: RejudgeSetId, change: SetChange) -> bool:
        values: dict[str, object] = {"state": change.to, "updated_at": change.at}
        if change.impact is not None:
            values["impact"] = change.impact
        allowed = _sets.state.in_(change.allowed)
        known = update(rejudge_sets).where(_sets.id == set_id, allowed).values(values)
        return await change_rows(self._transaction, known) > 0

    async def items(
        self,
        set_id: RejudgeSetId,
        states: Collection[ItemState] | None,
        *,
        after: SubmissionId | None,
        limit: int,
    ) -> Sequence[RejudgeItem]:
        page = select(rejudge_items).where(_items.set_id == set_id)
        if states is not None:
            page = page.where(_items.state.in_(states))
        if after is not None:
            page = page.where(_items.submission_id > after)
        page = page.order_by(_items.submission_id).limit(limit)
        return [_item_of(row) for row in await every(self._transaction, page)]

    async def put(self, set_id: RejudgeSetId, item: RejudgeItem, *, was: ItemState) -> bool:
        known = update(rejudge_items).where(
            _items.set_id == set_id,
            _items.submission_id == item.submission_id,
            _items.state == was,
        )
        return await change_rows(self._transaction, known.values(values_of(item))) > 0

    async def counts(self, set_id: RejudgeSetId) -> Sequence[ItemCount]:
        new_score = func.coalesce(_items.new_score, _items.old_score)
        alike = (_items.state, _items.old_verdict, _items.new_verdict)
        counted = (
            select(
                *alike,
                func.count().label("count"),
                func.sum(case((new_score > _items.old_score, 1), else_=0)).label("raised"),
                func.sum(case((new_score < _items.old_score, 1), else_=0)).label("lowered"),
            )
            .where(_items.set_id == set_id)
            .group_by(*alike)
        )
        rows = await every(self._transaction, counted)
        return [
            ItemCount(**{**row, "raised": int(row["raised"]), "lowered": int(row["lowered"])})
            for row in rows
        ]


def _item_of(row: RowMapping) -> RejudgeItem:
    return RejudgeItem(**{name: value for name, value in row.items() if name != "set_id"})
