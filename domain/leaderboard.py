"""Who stands where, by the best score on each challenge.

Order: higher total first; then whoever reached that total earlier (the latest `submitted_at` of
the best submissions that make it up, the earliest of equal ones counting); then the user id, only
to make the order total. Equal totals reached at the same moment share a rank, and the ranks after
them are skipped (1, 2, 2, 4).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    """The one that counts of two scores of the same user on the same challenge."""
    return min(one, other, key=lambda s: (-s.score, s.reached_at))


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


def _order(standing: Standing) -> tuple[Fraction, datetime, UserId]:
    return -standing.score, standing.reached_at, standing.user_id


def _with_ranks(ordered: Sequence[Standing]) -> tuple[Standing, ...]:
    ranked: list[Standing] = []
    for position, standing in enumerate(ordered, 1):
        before = ranked[-1] if ranked else None
        tied = before is not None and _order(before)[:2] == _order(standing)[:2]
        rank = before.rank if before is not None and tied else position
        ranked.append(
            Standing(
                rank=rank,
                user_id=standing.user_id,
                score=standing.score,
                solved=standing.solved,
                reached_at=standing.reached_at,
            )
        )
    return tuple(ranked)
