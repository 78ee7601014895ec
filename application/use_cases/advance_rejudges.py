"""The timer takes rejudge sets a step on: what is judged is noted, and a little more asked for."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from application import rejudging
from application.ports.clock import Clock
from application.ports.rejudge_sets import SetChange
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from application.ports.task_queue import QueueUnavailable, TaskQueue
from application.ports.totals import TotalsRepository
from domain.errors import JudgementPending, StillQueued, SubmissionNotFound
from domain.ids import RejudgeSetId
from domain.rejudging import (
    ENDED,
    TO_ASK,
    UNDER_WAY,
    ItemState,
    RejudgeItem,
    RejudgeSet,
    SetState,
    asked,
    is_judged,
    judged,
    left_out,
    withdrawn,
)
from domain.submission import WorkClass

WINDOW = 64
"""Judgements of all sets that are pending at once: so many are looked at each time."""
_OPEN = frozenset({SetState.RUNNING, SetState.PAUSED, SetState.APPLYING})
_MOST_WAKE_UPS = 8

_Change = tuple[RejudgeItem, ItemState]
"""An item as it is to be, and the state in which it was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceRejudges:
    storage: Storage
    submissions: SubmissionRepository
    totals: TotalsRepository
    queue: TaskQueue
    clock: Clock

    async def __call__(self) -> None:
        """One step of every open set; safe to repeat, and to run in several processes at once.

        Whoever comes second finds the judgement that the first has asked for, and its note is not
        written. A crash between asking and noting costs at most a judgement that nobody looks at.
        """
        async with self.storage.read() as unit:
            open_sets = await unit.rejudge_sets.in_states(_OPEN)
        room = WINDOW
        for rejudge_set in open_sets:
            if rejudge_set.state is SetState.APPLYING:
                await rejudging.complete(self.storage, self.submissions, self.clock, rejudge_set.id)
            else:
                room -= await self._advance(rejudge_set, room)

    async def _advance(self, rejudge_set: RejudgeSet, room: int) -> int:
        """Take the set a step on; how many of its judgements are on their way now."""
        under_way = await self._items(rejudge_set, UNDER_WAY)
        noted = [await self._looked_after(rejudge_set.id, item) for item in under_way]
        seen = [(now, was.state) for now, was in zip(noted, under_way, strict=True) if now != was]
        await self._write(rejudge_set.id, seen)
        on_their_way = len(under_way) - len(seen)
        if rejudge_set.state is SetState.PAUSED:
            return on_their_way
        changes = await self._ask(rejudge_set, room - on_their_way)
        await self._write(rejudge_set.id, changes)
        begun = [item for item, _ in changes if item.number is not None]
        await self._wake(len(begun))
        if on_their_way + len(begun) == 0:
            await self._end(rejudge_set)
        return on_their_way + len(begun)

    async def _items(
        self, rejudge_set: RejudgeSet, states: frozenset[ItemState]
    ) -> Sequence[RejudgeItem]:
        async with self.storage.read() as unit:
            return await unit.rejudge_sets.items(
                rejudge_set.id, states, after=None, limit=2 * WINDOW
            )

    async def _looked_after(self, set_id: RejudgeSetId, item: RejudgeItem) -> RejudgeItem:
        """The item with what came of its judgement, if something did."""
        number = item.number or 0
        judgement = await self.submissions.judgement(item.submission_id, number)
        if judgement is not None:
            return judged(item, judgement)
        submission = await self.submissions.get(item.submission_id)
        if submission is None:
            return left_out(item)
        if submission.pending_number == number and submission.shadow_of == set_id:
            return item
        judgement = await self.submissions.judgement(item.submission_id, number)
        if judgement is not None:  # it ended between the two looks
            return judged(item, judgement)
        return left_out(item) if submission.judgement_number != item.base else withdrawn(item)

    async def _ask(self, rejudge_set: RejudgeSet, room: int) -> list[_Change]:
        """Ask for up to `room` more judgements."""
        changes: list[_Change] = []
        if room <= 0:
            return changes
        for item in await self._items(rejudge_set, TO_ASK):
            if sum(changed.number is not None for changed, _ in changes) >= room:
                break
            changed = await self._asked(rejudge_set.id, item)
            if changed is not None:
                changes.append((changed, item.state))
        return changes

    async def _asked(self, set_id: RejudgeSetId, item: RejudgeItem) -> RejudgeItem | None:
        """The item when its judgement is on its way; None: not now."""
        submission = await self.submissions.get(item.submission_id)
        if submission is None or submission.judgement_number != item.base:
            return left_out(item)
        try:
            number = await self.submissions.request_rejudge(
                item.submission_id, version=item.version, shadow_of=set_id
            )
        except (JudgementPending, StillQueued):
            return None
        except SubmissionNotFound:
            return left_out(item)
        return asked(item, number)

    async def _write(self, set_id: RejudgeSetId, changes: Sequence[_Change]) -> None:
        if not changes:
            return
        async with self.storage.begin() as unit:
            for item, was in changes:
                await unit.rejudge_sets.put(set_id, item, was=was)
            now = await unit.rejudge_sets.get(set_id)
        if now is None or now.state in ENDED:
            await rejudging.withdraw(self.storage, self.submissions, set_id)

    async def _wake(self, times: int) -> None:
        with contextlib.suppress(QueueUnavailable):  # they are stored: the timer finds them
            for _ in range(min(times, _MOST_WAKE_UPS)):
                await self.queue.judge_submission(WorkClass.REJUDGE)

    async def _end(self, rejudge_set: RejudgeSet) -> None:
        """Let staff decide, if nothing is left to be judged."""
        async with self.storage.read() as unit:
            counts = await unit.rejudge_sets.counts(rejudge_set.id)
        if not is_judged(counts):
            return
        now = self.clock.now()
        foresee = rejudging.Foresee(
            storage=self.storage, submissions=self.submissions, totals=self.totals
        )
        found = await foresee(rejudge_set.id, now)
        ready = SetChange(allowed={SetState.RUNNING}, to=SetState.READY, at=now, impact=found)
        async with self.storage.begin() as unit:
            await unit.rejudge_sets.change(rejudge_set.id, ready)
