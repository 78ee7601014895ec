"""Sets of submissions that are judged anew beside the outcomes that count."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import RejudgeSetId, SubmissionId
from domain.rejudging import Impact, ItemCount, ItemState, RejudgeItem, RejudgeSet, SetState


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChange:
    """A set goes on to `to`, if it is in one of `allowed`; `impact` None keeps what is there."""

    allowed: Collection[SetState]
    to: SetState
    at: datetime
    impact: Impact | None = None


class RejudgeSetRepository(Protocol):
    """Rejudge sets and their items."""

    async def add(self, rejudge_set: RejudgeSet, items: Sequence[RejudgeItem]) -> None:
        """Store a new set with its items; each submission is in it once.

        Raises:
            ValueError: the id is there already.
        """
        ...

    async def get(self, set_id: RejudgeSetId) -> RejudgeSet | None:
        """The set, or None."""
        ...

    async def list(self, *, before: RejudgeSetId | None, limit: int) -> Sequence[RejudgeSet]:
        """Sets by id, newest first, those older than `before`."""
        ...

    async def in_states(self, states: Collection[SetState]) -> Sequence[RejudgeSet]:
        """All sets in one of these states, the oldest first."""
        ...

    async def change(self, set_id: RejudgeSetId, change: SetChange) -> bool:
        """Compare and set its state; whether it was in one of those that are allowed."""
        ...

    async def items(
        self,
        set_id: RejudgeSetId,
        states: Collection[ItemState] | None,
        *,
        after: SubmissionId | None,
        limit: int,
    ) -> Sequence[RejudgeItem]:
        """Items by submission id, those behind `after`; None: in whatever state."""
        ...

    async def put(self, set_id: RejudgeSetId, item: RejudgeItem, *, was: ItemState) -> bool:
        """Replace the item, if its state is `was` still; whether it was."""
        ...

    async def counts(self, set_id: RejudgeSetId) -> Sequence[ItemCount]:
        """Its items, counted by state, old and new verdict; in no promised order."""
        ...
