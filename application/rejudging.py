"""What follows from decisions on rejudge sets, and what applying one would change on boards."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.rejudge_sets import SetChange
from application.ports.storage import Storage
from application.ports.submissions import ShadowChoice, SubmissionFilter, SubmissionRepository
from application.ports.totals import TotalsRepository
from domain.facts import JudgedFact
from domain.ids import ChallengeId, RejudgeSetId, SubmissionId, UserId
from domain.leaderboard import BoardId, Standing
from domain.rejudging import (
    TO_APPLY,
    UNDER_WAY,
    Impact,
    ItemState,
    RejudgeItem,
    SetState,
    left_out,
)
from domain.rejudging_impact import board_change, foreseen_facts
from domain.submission import SubmissionStatus

_AT_ONCE = 500
"""Items that are read, or applied in one step of the store."""
_LINES_AT_ONCE = 1_000
_MOST_SETTLINGS = 100
MAX_USERS = 1_000
"""Whose submissions are looked at for what would change on boards."""
MAX_BOARDS = 20
"""Boards of challenges that are looked at, those with the most changes."""


async def complete(
    storage: Storage, submissions: SubmissionRepository, clock: Clock, set_id: RejudgeSetId
) -> None:
    """Apply what a set that is being applied still has to; safe to repeat, and from anywhere.

    What got a newer judgement meanwhile keeps it, and is marked as left out.
    """
    async for items in _pages(storage, set_id, TO_APPLY):
        chosen = {
            item.submission_id: ShadowChoice(
                submission_id=item.submission_id, base=item.base, number=item.first_number
            )
            for item in items
            if item.first_number is not None
        }
        counting = await submissions.apply_judgements(list(chosen.values()))
        async with storage.begin() as unit:
            for item in items:
                if item.submission_id not in counting:
                    await unit.rejudge_sets.put(set_id, left_out(item), was=item.state)
    done = SetChange(allowed={SetState.APPLYING}, to=SetState.APPLIED, at=clock.now())
    async with storage.begin() as unit:
        await unit.rejudge_sets.change(set_id, done)


async def withdraw(
    storage: Storage, submissions: SubmissionRepository, set_id: RejudgeSetId
) -> None:
    """End what is being judged for the set; what a crash leaves here is judged in vain."""
    async for items in _pages(storage, set_id, UNDER_WAY):
        for item in items:
            if item.number is not None:
                await submissions.withdraw_shadow(item.submission_id, item.number, shadow_of=set_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresee:
    """What applying a set would change on the boards of its challenges and overall."""

    storage: Storage
    submissions: SubmissionRepository
    totals: TotalsRepository

    async def __call__(self, set_id: RejudgeSetId, now: datetime) -> Impact:
        """Bounded: of what is over MAX_USERS and MAX_BOARDS only a part is looked at."""
        changed: defaultdict[UserId, dict[SubmissionId, RejudgeItem]] = defaultdict(dict)
        challenges: Counter[ChallengeId] = Counter()
        async for items in _pages(self.storage, set_id, {ItemState.CHANGED}):
            for item in items:
                if item.ranked:
                    changed[item.user_id][item.submission_id] = item
                    challenges[item.challenge_id] += 1
        if not changed:
            return Impact(computed_at=now, complete=True, boards=())
        await self._settle()
        shown = [None, *(challenge for challenge, _ in challenges.most_common(MAX_BOARDS))]
        facts = {
            user_id: await self._facts(user_id, changed[user_id])
            for user_id in list(changed)[:MAX_USERS]
        }
        boards = [
            await asyncio.to_thread(board_change, challenge, await self._board(challenge), facts)
            for challenge in shown
        ]
        complete = len(changed) <= MAX_USERS and len(challenges) <= MAX_BOARDS
        return Impact(computed_at=now, complete=complete, boards=tuple(boards))

    async def _settle(self) -> None:
        """Boards are compared as they are when all that is done counts."""
        for _ in range(_MOST_SETTLINGS):
            if not await self.totals.settle(_AT_ONCE):
                return

    async def _facts(
        self, user_id: UserId, changed: Mapping[SubmissionId, RejudgeItem]
    ) -> Sequence[JudgedFact]:
        """What would count of all that the user handed in."""
        which = SubmissionFilter(user_id=user_id, status=SubmissionStatus.DONE)
        facts: list[JudgedFact] = []
        before: SubmissionId | None = None
        while page := await self.submissions.list(which, before=before, limit=_AT_ONCE):
            facts += foreseen_facts(page, changed)
            before = page[-1].id
        return facts

    async def _board(self, challenge_id: ChallengeId | None) -> Sequence[Standing]:
        lines: list[Standing] = []
        while True:
            page = await self.totals.board(
                BoardId(challenge_id=challenge_id), after=len(lines), limit=_LINES_AT_ONCE
            )
            lines += page.lines
            if not page.lines or len(lines) >= page.total:
                return lines


async def _pages(
    storage: Storage, set_id: RejudgeSetId, states: Collection[ItemState]
) -> AsyncIterator[Sequence[RejudgeItem]]:
    after: SubmissionId | None = None
    while True:
        async with storage.read() as unit:
            items = await unit.rejudge_sets.items(set_id, states, after=after, limit=_AT_ONCE)
        if not items:
            return
        yield items
        after = items[-1].submission_id
