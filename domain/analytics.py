"""What the submissions of a challenge add up to.

Only ranked, finished submissions count, and judge errors never do (they have a count of their
own). `candidates` and `solved_by` count who first submitted, or first solved, within the range
(decision 20); all else counts what was handed in within it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.judgement import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFact:
    """One ranked, finished submission, as analytics reads it."""

    submission_id: SubmissionId
    user_id: UserId
    challenge_id: ChallengeId
    language: LanguageId
    verdict: Verdict
    score: Fraction
    max_score: Fraction
    cpu_ms: int | None
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsToSolve:
    """Of those who solved: how many submissions it took, the last one included."""

    median: Fraction | None
    p90: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """One UTC day that has any."""

    day: date
    submissions: int
    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a challenge, or of all together."""

    submissions: int
    candidates: int
    accepted: int
    acceptance_rate: Fraction | None
    solved_by: int
    average_score: Fraction | None
    verdicts: Mapping[Verdict, int]
    languages: Mapping[LanguageId, int]
    median_time_ms: Fraction | None
    attempts_to_solve: AttemptsToSolve
    per_day: Sequence[DayCount]
    judge_errors: int


def figures(history: Iterable[JudgedFact], *, since: date | None, until: date | None) -> Figures:
    """The figures of UTC days `since` to `until`, both included, from the whole history.

    The history has to reach back to the beginning, to tell who came first when.
    """
    everything = sorted(history, key=_order)
    judged = [fact for fact in everything if fact.verdict is not Verdict.JUDGE_ERROR]
    inside = [fact for fact in judged if _within(fact, since, until)]
    accepted = [fact for fact in inside if fact.verdict is Verdict.ACCEPTED]
    solutions = [f for f in judged if f.verdict is Verdict.ACCEPTED]
    times = [fact.cpu_ms for fact in inside if fact.cpu_ms is not None]
    errors = [f for f in everything if f.verdict is Verdict.JUDGE_ERROR]
    return Figures(
        submissions=len(inside),
        candidates=sum(_within(f, since, until) for f in _firsts(judged)),
        accepted=len(accepted),
        acceptance_rate=_ratio(len(accepted), len(inside)),
        solved_by=sum(_within(f, since, until) for f in _firsts(solutions)),
        average_score=_ratio(sum((f.score for f in inside), Fraction(0)), len(inside)),
        verdicts=Counter(fact.verdict for fact in inside),
        languages=Counter(fact.language for fact in inside),
        median_time_ms=_median(times),
        attempts_to_solve=_attempts_to_solve(judged, since, until),
        per_day=_per_day(inside),
        judge_errors=sum(_within(f, since, until) for f in errors),
    )


def _order(fact: JudgedFact) -> tuple[datetime, SubmissionId]:
    return fact.submitted_at, fact.submission_id


def _within(fact: JudgedFact, since: date | None, until: date | None) -> bool:
    day = fact.submitted_at.date()
    return (since is None or day >= since) and (until is None or day <= until)


def _firsts(facts: Sequence[JudgedFact]) -> Sequence[JudgedFact]:
    """The first fact of each user, of facts in order."""
    first: dict[UserId, JudgedFact] = {}
    for fact in facts:
        first.setdefault(fact.user_id, fact)
    return list(first.values())


def _attempts_to_solve(
    judged: Sequence[JudgedFact], since: date | None, until: date | None
) -> AttemptsToSolve:
    """Of each challenge that someone first solved within the range."""
    tries: Counter[tuple[UserId, ChallengeId]] = Counter()
    solved: dict[tuple[UserId, ChallengeId], int] = {}
    for fact in judged:
        key = (fact.user_id, fact.challenge_id)
        tries[key] += 1
        first_time = fact.verdict is Verdict.ACCEPTED and key not in solved
        if first_time:
            solved[key] = tries[key] if _within(fact, since, until) else 0
    counts = sorted(count for count in solved.values() if count)
    p90 = counts[-(-9 * len(counts) // 10) - 1] if counts else None  # nearest rank
    return AttemptsToSolve(median=_median(counts), p90=p90)


def _per_day(inside: Sequence[JudgedFact]) -> Sequence[DayCount]:
    submissions = Counter(fact.submitted_at.date() for fact in inside)
    accepted = Counter(
        fact.submitted_at.date() for fact in inside if fact.verdict is Verdict.ACCEPTED
    )
    return [
        DayCount(day=day, submissions=count, accepted=accepted[day])
        for day, count in sorted(submissions.items())
    ]


def _median(values: Sequence[int]) -> Fraction | None:
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return None
    if len(ordered) % 2:
        return Fraction(ordered[middle])
    return Fraction(ordered[middle - 1] + ordered[middle], 2)


def _ratio(part: Fraction | int, whole: int) -> Fraction | None:
    return Fraction(part) / whole if whole else None
