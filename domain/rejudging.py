"""Judging many submissions anew, beside the outcomes that count.

A set is prepared from submissions that a filter found. Each is judged anew on a version that was
pinned then; where that differs from the outcome that counted, it is judged a second time. Then
staff apply the set or discard it, as one step.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from domain.ids import ChallengeId, LanguageId, RejudgeSetId, SubmissionId, UserId
from domain.judgement import Judgement, Verdict
from domain.scoring import rounded
from domain.submission import Submission, SubmissionStatus

MAX_ITEMS = 10_000
"""Submissions of one set."""
MAX_IDS = 1_000
"""Submissions that are named one by one."""


class RejudgeOn(StrEnum):
    """Which version the new judgement is made on."""

    CURRENT = "current"
    SAME = "same"


class SetState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    READY = "ready"
    """All is judged; staff decide."""
    APPLYING = "applying"
    """Decided: what is left of it is done even after a crash."""
    APPLIED = "applied"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"


ENDED = frozenset({SetState.APPLIED, SetState.DISCARDED, SetState.CANCELLED})


class ItemState(StrEnum):
    WAITING = "waiting"
    FIRST = "first"
    """Its first judgement is on its way."""
    DIFFERS = "differs"
    """It came out otherwise than before, and waits for its second judgement."""
    SECOND = "second"
    SAME = "same"
    CHANGED = "changed"
    FLAKY = "flaky"
    """Its two new judgements differ: it keeps its outcome."""
    FAILED = "failed"
    """The platform could not judge it: it keeps its outcome."""
    LEFT_OUT = "left_out"
    """It got another judgement meanwhile, which stays."""


UNDER_WAY = frozenset({ItemState.FIRST, ItemState.SECOND})
TO_ASK = frozenset({ItemState.WAITING, ItemState.DIFFERS})
TO_APPLY = frozenset({ItemState.SAME, ItemState.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which submissions, as staff chose them; None does not narrow."""

    ids: tuple[SubmissionId, ...] | None = None
    challenge_id: ChallengeId | None = None
    user_id: UserId | None = None
    verdict: Verdict | None = None
    language: LanguageId | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is compared: a judgement's verdict and its score, rounded as scores are stored."""

    verdict: Verdict
    score: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class RankChange:
    """Where a user stands on a board, and where they would; None is not on it."""

    user_id: UserId
    before: int | None
    after: int | None
    score_before: Fraction
    score_after: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardChange:
    """What would change on the board of a challenge, or overall (None); the greatest moves first.

    `moved` counts all whose rank would change, of which `changes` holds the first.
    """

    challenge_id: ChallengeId | None
    moved: int
    changes: tuple[RankChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What applying would change on boards, as of `computed_at`.

    `complete` is false where so much would change that only a part was looked at.
    """

    computed_at: datetime
    complete: bool
    boards: tuple[BoardChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgeSet:
    id: RejudgeSetId
    state: SetState
    version: RejudgeOn
    wanted: Wanted
    total: int
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    impact: Impact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgeItem:
    """One submission of a set: what counted when it was asked for, and what came out since.

    `base` is the number of the judgement that counted, `version` what it is judged on.
    """

    submission_id: SubmissionId
    user_id: UserId
    challenge_id: ChallengeId
    language: LanguageId
    ranked: bool
    submitted_at: datetime
    version: int | None
    base: int
    old_verdict: Verdict
    old_score: Fraction
    state: ItemState = ItemState.WAITING
    first_number: int | None = None
    new_verdict: Verdict | None = None
    new_score: Fraction | None = None
    second_number: int | None = None
    second_verdict: Verdict | None = None
    second_score: Fraction | None = None

    @property
    def number(self) -> int | None:
        """The judgement that is on its way, if one is."""
        if self.state is ItemState.FIRST:
            return self.first_number
        return self.second_number if self.state is ItemState.SECOND else None

    @property
    def old(self) -> Outcome:
        return Outcome(verdict=self.old_verdict, score=self.old_score)

    @property
    def new(self) -> Outcome | None:
        if self.new_verdict is None or self.new_score is None:
            return None
        return Outcome(verdict=self.new_verdict, score=self.new_score)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCount:
    """How many items are alike, with the sums of their scores (of the first new judgement)."""

    state: ItemState
    old_verdict: Verdict
    new_verdict: Verdict | None
    count: int
    raised: int
    """Of them, how many score more than before,"""
    lowered: int
    """and how many less."""


def item_of(submission: Submission, version: int | None) -> RejudgeItem | None:
    """A done submission as an item; None where it is not one that can be judged anew."""
    if submission.status is not SubmissionStatus.DONE or submission.challenge_id is None:
        return None
    if submission.verdict is None:
        return None
    return RejudgeItem(
        submission_id=submission.id,
        user_id=submission.user_id,
        challenge_id=submission.challenge_id,
        language=submission.language,
        ranked=submission.ranked,
        submitted_at=submission.submitted_at,
        version=version,
        base=submission.judgement_number,
        old_verdict=submission.verdict,
        old_score=submission.score or Fraction(0),
    )


def asked(item: RejudgeItem, number: int) -> RejudgeItem:
    """The item when the judgement it waited for is on its way under that number."""
    if item.state is ItemState.DIFFERS:
        return replace(item, state=ItemState.SECOND, second_number=number)
    return replace(item, state=ItemState.FIRST, first_number=number)


def judged(item: RejudgeItem, judgement: Judgement) -> RejudgeItem:
    """The item when the judgement that was on its way has ended so."""
    verdict, score = judgement.verdict, Fraction(rounded(judgement.score))
    came_out = Outcome(verdict=verdict, score=score)
    if item.state is ItemState.SECOND:
        second = replace(item, second_verdict=verdict, second_score=score)
        return replace(second, state=_after_second(item, came_out))
    first = replace(item, new_verdict=verdict, new_score=score)
    return replace(first, state=_after_first(item, came_out))


def withdrawn(item: RejudgeItem) -> RejudgeItem:
    """The item when the judgement that was on its way will not come: it is asked for again."""
    second = item.state is ItemState.SECOND
    return replace(item, state=ItemState.DIFFERS if second else ItemState.WAITING)


def left_out(item: RejudgeItem) -> RejudgeItem:
    return replace(item, state=ItemState.LEFT_OUT)


def fits(submission: Submission, wanted: Wanted) -> bool:
    """Whether it is among what is wanted, apart from `ids`."""
    return (
        wanted.challenge_id in {None, submission.challenge_id}
        and wanted.user_id in {None, submission.user_id}
        and wanted.verdict in {None, submission.verdict}
        and wanted.language in {None, submission.language}
        and (wanted.since is None or wanted.since <= submission.submitted_at)
        and (wanted.until is None or submission.submitted_at < wanted.until)
    )


def is_judged(counts: Iterable[ItemCount]) -> bool:
    """Whether nothing of a set is left to be judged."""
    open_states = UNDER_WAY | TO_ASK
    return not any(one.count for one in counts if one.state in open_states)


def _after_first(item: RejudgeItem, came_out: Outcome) -> ItemState:
    if came_out.verdict is Verdict.JUDGE_ERROR:
        return ItemState.FAILED
    return ItemState.SAME if came_out == item.old else ItemState.DIFFERS


def _after_second(item: RejudgeItem, came_out: Outcome) -> ItemState:
    if came_out.verdict is Verdict.JUDGE_ERROR:
        return ItemState.FAILED
    return ItemState.CHANGED if came_out == item.new else ItemState.FLAKY
