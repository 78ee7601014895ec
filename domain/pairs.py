"""How one user did on one challenge, and on all: what boards are made of, and some statistics.

Only what counts goes in: ranked, done, and no judge error. Moments are those of handing in, so
that nothing depends on when something was judged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from domain.facts import JudgedFact
from domain.ids import ChallengeId, SubmissionId, UserId
from domain.judgement import Verdict

REJECTED_COSTS_MINUTES = 20
"""ICPC's penalty of each rejected submission to a challenge that is solved later."""
_COSTS_NOTHING = frozenset({Verdict.COMPILE_ERROR, Verdict.JUDGE_ERROR})
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One user on one challenge.

    `reached_at` is when the best score was first handed in; `solved_at` the first accepted one.
    `attempts` counts the submissions up to that one, and it too; `penalty_minutes` is ICPC's:
    whole minutes from the first submission to the first accepted one, and 20 for each rejected one
    between them (compile errors cost nothing). Both are 0 while it is not solved.
    """

    user_id: UserId
    challenge_id: ChallengeId
    best_score: Fraction
    reached_at: datetime
    first_submitted_at: datetime
    solved_at: datetime | None
    attempts: int
    penalty_minutes: int

    @property
    def seconds_to_solve(self) -> int | None:
        """From the first submission to the first accepted one."""
        if self.solved_at is None:
            return None
        return (self.solved_at - self.first_submitted_at) // timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """One user on several challenges, or on one: all that any rule set ranks by.

    `reached_at` is when the score was complete: the latest of the moments of the scores that make
    it up (a score of 0 adds nothing, so its moment counts only where there is nothing else).
    """

    user_id: UserId
    score: Fraction
    reached_at: datetime
    solved: int
    penalty_minutes: int
    last_solved_at: datetime | None
    first_submitted_at: datetime
    first_solved_at: datetime | None


def pair_of(facts: Iterable[JudgedFact]) -> Pair | None:
    """Of one user's submissions to one challenge, in any order; None where nothing counts."""
    own = sorted((fact for fact in facts if fact.counts), key=_order)
    if not own:
        return None
    best = max(own, key=_score)  # of equal ones the first
    solved = next((n for n, f in enumerate(own) if f.verdict is Verdict.ACCEPTED), None)
    solved_at = None if solved is None else own[solved].submitted_at
    before = own[:solved]
    penalty = 0
    if solved_at is not None:
        rejected = sum(fact.verdict not in _COSTS_NOTHING for fact in before)
        waited = (solved_at - own[0].submitted_at) // _MINUTE
        penalty = waited + REJECTED_COSTS_MINUTES * rejected
    return Pair(
        user_id=best.user_id,
        challenge_id=best.challenge_id,
        best_score=best.score,
        reached_at=best.submitted_at,
        first_submitted_at=own[0].submitted_at,
        solved_at=solved_at,
        attempts=0 if solved is None else solved + 1,
        penalty_minutes=penalty,
    )


def overall_of(pairs: Iterable[Pair]) -> Overall | None:
    """Of one user's pairs, one a challenge, in any order; None of none."""
    own = list(pairs)
    if not own:
        return None
    scored = [pair.reached_at for pair in own if pair.best_score > 0]
    solutions = [pair.solved_at for pair in own if pair.solved_at is not None]
    return Overall(
        user_id=own[0].user_id,
        score=sum((pair.best_score for pair in own), Fraction(0)),
        reached_at=max(scored) if scored else min(pair.reached_at for pair in own),
        solved=len(solutions),
        penalty_minutes=sum(pair.penalty_minutes for pair in own),
        last_solved_at=max(solutions, default=None),
        first_submitted_at=min(pair.first_submitted_at for pair in own),
        first_solved_at=min(solutions, default=None),
    )


def _order(fact: JudgedFact) -> tuple[datetime, SubmissionId]:
    return fact.order


def _score(fact: JudgedFact) -> Fraction:
    return fact.score
