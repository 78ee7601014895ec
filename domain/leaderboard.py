"""Who stands where, by the best score on each challenge.

Order: higher total first; then whoever reached that total earlier (the latest `submitted_at` of
the best submissions that make it up, the earliest of equal ones counting); then the user id, only
to make the order total. Equal totals reached at the same moment share a rank, and the ranks after
them are skipped (1, 2, 2, 4).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from domain.ids import ChallengeId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class BestScore:
    """The best score of one user on one challenge, and when it was first handed in."""

    user_id: UserId
    challenge_id: ChallengeId
    score: Fraction
    solved: bool
    reached_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line of a board."""

    rank: int
    user_id: UserId
    score: Fraction
    solved: int
    reached_at: datetime


def better(one: BestScore, other: BestScore) -> BestScore:
    """What counts of two scores of the same user on the same challenge.

    The higher score, the earlier of equal ones; solved stays solved, whichever score counts.
    """
    best = other if _merit(other) < _merit(one) else one
    return replace(best, solved=one.solved or other.solved)


def standings(scores: Iterable[BestScore]) -> tuple[Standing, ...]:
    """The board of these scores, whatever order they come in.

    Several scores of one user on one challenge count as the best of them. A score of 0 adds
    nothing, so the moment it was handed in counts only for those who have nothing else.
    """
    best: dict[tuple[UserId, ChallengeId], BestScore] = {}
    for score in scores:
        key = (score.user_id, score.challenge_id)
        best[key] = better(best[key], score) if key in best else score
    by_user: dict[UserId, list[BestScore]] = {}
    for score in best.values():
        by_user.setdefault(score.user_id, []).append(score)
    unranked = sorted((_standing(u, own) for u, own in by_user.items()), key=_order)
    return _with_ranks(unranked)


def _standing(user_id: UserId, scores: Sequence[BestScore]) -> Standing:
    counting = [score for score in scores if score.score > 0]
    reached_at = (
        max(score.reached_at for score in counting)
        if counting
        else min(score.reached_at for score in scores)
    )
    return Standing(
        rank=0,
        user_id=user_id,
        score=sum((score.score for score in scores), Fraction(0)),
        solved=sum(score.solved for score in scores),
        reached_at=reached_at,
    )


def _merit(line: BestScore | Standing) -> tuple[Fraction, datetime]:
    return -line.score, line.reached_at


def _order(standing: Standing) -> tuple[Fraction, datetime, UserId]:
    return (*_merit(standing), standing.user_id)


def _with_ranks(ordered: Sequence[Standing]) -> tuple[Standing, ...]:
    ranked: list[Standing] = []
    for position, standing in enumerate(ordered, 1):
        tied = bool(ranked) and _merit(ranked[-1]) == _merit(standing)
        ranked.append(replace(standing, rank=ranked[-1].rank if tied else position))
    return tuple(ranked)
