"""Who stands where: boards by declared rule sets.

A rule set says what a user's merit is; merits are ordered the same way for all: more of `high`
first, then less of `low`, then the earlier moment. Who has the same merit shares a rank, the ranks
after them are skipped (1, 2, 2, 4), and the user id only makes the order of lines total.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction

from domain.ids import ChallengeId, UserId
from domain.pairs import Overall
from domain.tally import SCORE_UNITS

NO_MOMENT = datetime.min.replace(tzinfo=UTC)
"""In the place of a moment that does not tell people apart."""


class RuleSet(StrEnum):
    BEST_SCORE = "best-score"
    """The sum of the best scores; of equal ones whoever reached it earlier."""
    ICPC = "icpc"
    """Challenges solved; of equal ones the lower penalty; then whoever solved the last earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardId:
    """Which board: of one challenge, or of all together (None)."""

    rules: RuleSet = RuleSet.BEST_SCORE
    challenge_id: ChallengeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BestScore:
    """The best score of one user on one challenge, and when it was first handed in."""

    user_id: UserId
    challenge_id: ChallengeId
    score: Fraction
    solved: bool
    reached_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Merit:
    """What is compared; whole numbers and a moment, so that any store can index it."""

    high: int
    low: int
    at: datetime

    @property
    def order(self) -> tuple[int, int, datetime]:
        """Less is better."""
        return -self.high, self.low, self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line of a board."""

    rank: int
    user_id: UserId
    score: Fraction
    solved: int
    penalty_minutes: int
    reached_at: datetime
    last_solved_at: datetime | None


def merit(rules: RuleSet, overall: Overall) -> Merit:
    """What these rules see in how one user did, on one challenge or on several."""
    match rules:
        case RuleSet.BEST_SCORE:
            return Merit(high=int(overall.score * SCORE_UNITS), low=0, at=overall.reached_at)
        case RuleSet.ICPC:
            at = overall.last_solved_at or NO_MOMENT
            return Merit(high=overall.solved, low=overall.penalty_minutes, at=at)


def standing(overall: Overall, rank: int) -> Standing:
    return Standing(
        rank=rank,
        user_id=overall.user_id,
        score=overall.score,
        solved=overall.solved,
        penalty_minutes=overall.penalty_minutes,
        reached_at=overall.reached_at,
        last_solved_at=overall.last_solved_at,
    )


def standings(
    rules: RuleSet, ordered: Iterable[Overall], *, after: int = 0, first_rank: int = 1
) -> Sequence[Standing]:
    """The lines of users in order of merit and id, of which the first follows `after` others.

    `first_rank` is its rank: one more than the number of users of more merit.
    """
    lines: list[Standing] = []
    rank, known = first_rank, None
    for position, overall in enumerate(ordered, after + 1):
        own = merit(rules, overall)
        if known is not None and own != known:
            rank = position
        known = own
        lines.append(standing(overall, rank))
    return lines


def whole_board(rules: RuleSet, overalls: Iterable[Overall]) -> Sequence[Standing]:
    """All lines of these users, in whatever order they come."""

    def order(overall: Overall) -> tuple[tuple[int, int, datetime], UserId]:
        return merit(rules, overall).order, overall.user_id

    return standings(rules, sorted(overalls, key=order))
