"""What the submissions of a challenge, or of all, add up to, as staff read it.

Only ranked, finished submissions count, and judge errors never do (they have a count of their
own). `candidates` and `solved_by` count who first submitted, or first solved, within the range
(decision 20); all else counts what was handed in within it. Medians are read off histograms with
fixed buckets, at most 5 % off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import sqrt

from domain.ids import LanguageId
from domain.judgement import Verdict
from domain.tally import SCORE_UNITS, SHARES, Tally, median, percentile

FEWEST_FOR_DISCRIMINATION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsToSolve:
    """Of those who solved: how many submissions it took, the last one included."""

    median: Fraction | None
    p90: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """One UTC day that has any."""

    day: date
    submissions: int
    accepted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a challenge, or of all together.

    `score_histogram` counts submissions by their share of the most, in tenths cut off; the last,
    the eleventh, has full marks.
    """

    submissions: int
    candidates: int
    accepted: int
    acceptance_rate: Fraction | None
    solved_by: int
    average_score: Fraction | None
    score_histogram: tuple[int, ...]
    verdicts: Mapping[Verdict, int]
    languages: Mapping[LanguageId, int]
    median_time_ms: Fraction | None
    attempts_to_solve: AttemptsToSolve
    median_seconds_to_solve: Fraction | None
    judge_errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFigures:
    """How a challenge works as an item of a test, of all time.

    `difficulty` is the share of those who tried that has not solved it, from 0 to 1.
    `discrimination`, from -1 to 1, is the corrected item-total correlation (point-biserial): of
    having solved it with how many other challenges a candidate solved. Both as in Crocker and
    Algina, Introduction to Classical and Modern Test Theory, chapter 14; None where they are not
    defined: nobody tried, or nothing differs.
    """

    difficulty: Fraction | None
    discrimination: float | None


def figures_of(tally: Tally) -> Figures:
    """The figures of what was counted, by the names of `domain.settling`."""
    submissions = tally["submissions"]
    accepted = tally[f"verdicts:{Verdict.ACCEPTED}"]
    attempts = tally.histogram("attempts")
    shares = tally.histogram("shares")
    return Figures(
        submissions=submissions,
        candidates=tally["candidates"],
        accepted=accepted,
        acceptance_rate=_ratio(accepted, submissions),
        solved_by=tally["solved_by"],
        average_score=_ratio(Fraction(tally["score"], SCORE_UNITS), submissions),
        score_histogram=tuple(shares.get(str(share), 0) for share in range(SHARES + 1)),
        verdicts={Verdict(name): n for name, n in tally.histogram("verdicts").items()},
        languages={LanguageId(name): n for name, n in tally.histogram("languages").items()},
        median_time_ms=median(tally.histogram("cpu_ms")),
        attempts_to_solve=AttemptsToSolve(median=median(attempts), p90=percentile(attempts, 90)),
        median_seconds_to_solve=median(tally.histogram("seconds_to_solve")),
        judge_errors=tally["judge_errors"],
    )


def day_count(day: date, tally: Tally) -> DayCount:
    accepted = tally[f"verdicts:{Verdict.ACCEPTED}"]
    return DayCount(day=day, submissions=tally["submissions"], accepted=accepted)


def item_figures(item: Tally) -> ItemFigures:
    """Of the sums that `domain.settling.item_tally` is one part of."""
    tried, solved = item["tried"], item["solved"]
    return ItemFigures(
        difficulty=_ratio(tried - solved, tried), discrimination=_discrimination(item)
    )


def _discrimination(item: Tally) -> float | None:
    tried, solved, rest = item["tried"], item["solved"], item["rest"]
    spread = tried * item["rest_squared"] - rest * rest
    if tried < FEWEST_FOR_DISCRIMINATION or solved in {0, tried} or spread == 0:
        return None
    together = tried * item["rest_of_solvers"] - solved * rest
    return together / sqrt(solved * (tried - solved) * spread)


def _ratio(part: Fraction | int, whole: int) -> Fraction | None:
    return Fraction(part) / whole if whole else None
