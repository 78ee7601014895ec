"""Rejudge sets: what staff ask for, how it comes along, and what came out."""

from datetime import datetime
from typing import Annotated

import msgspec

from domain.judgement import Verdict
from domain.rejudging import MAX_IDS, ItemState, RejudgeOn, SetState
from entrypoints.http.queries import Identifier
from entrypoints.http.schemas.common import Input, LanguageName, View

Number = float | int
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Ids = Annotated[list[Identifier], msgspec.Meta(min_length=1, max_length=MAX_IDS)]


class RejudgeFilter(Input, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """Which submissions; what is left out does not narrow. Handed in from `from` to before `to`."""

    ids: Ids | None = None
    challenge_id: Identifier | None = None
    user_id: Identifier | None = None
    verdict: Verdict | None = None
    language: LanguageName | None = None
    since: Moment | None = None
    until: Moment | None = None


class RejudgeSetBody(Input, frozen=True, kw_only=True):
    """Which submissions to judge anew, and on which version of their challenges."""

    filter: RejudgeFilter
    version: RejudgeOn = RejudgeOn.CURRENT


class RejudgeSetItem(View, frozen=True, kw_only=True):
    """A set in a list."""

    id: str
    state: SetState
    version: RejudgeOn
    filter: RejudgeFilter
    total: int
    created_by: str
    created_at: datetime
    updated_at: datetime


class RejudgeSetPage(View, frozen=True, kw_only=True):
    items: list[RejudgeSetItem]
    next_cursor: str | None


class MatrixCell(View, frozen=True, kw_only=True):
    """How many came from one verdict to another."""

    old: Verdict
    new: Verdict
    count: int


class ScoreChanges(View, frozen=True, kw_only=True):
    """How many submissions score more, and less, than before."""

    raised: int
    lowered: int


class RankChangeView(View, frozen=True, kw_only=True):
    """A line of a board: null is not on it."""

    user_id: str
    rank_before: int | None
    rank_after: int | None
    score_before: Number
    score_after: Number


class BoardChangeView(View, frozen=True, kw_only=True):
    """A board; `challenge_id` null is the overall one. `moved` counts all ranks that change."""

    challenge_id: str | None
    moved: int
    changes: list[RankChangeView]


class ImpactView(View, frozen=True, kw_only=True):
    """What applying would change on boards; not `complete` where only a part was looked at."""

    computed_at: datetime
    complete: bool
    boards: list[BoardChangeView]


class RejudgeSetView(RejudgeSetItem, frozen=True, kw_only=True):
    """A set whole. `progress` counts its submissions by what became of them."""

    progress: dict[ItemState, int]
    matrix: list[MatrixCell]
    scores: ScoreChanges
    impact: ImpactView | None


class RejudgedView(View, frozen=True, kw_only=True):
    """One submission of a set. `second_*` are there where it was judged twice."""

    submission_id: str
    user_id: str
    challenge_id: str
    language: str
    state: ItemState
    old_judgement: int
    old_verdict: Verdict
    old_score: Number
    new_judgement: int | None
    new_verdict: Verdict | None
    new_score: Number | None
    second_judgement: int | None
    second_verdict: Verdict | None
    second_score: Number | None


class RejudgedPage(View, frozen=True, kw_only=True):
    items: list[RejudgedView]
    next_cursor: str | None
