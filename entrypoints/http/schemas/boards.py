"""Standings and analytics."""

from datetime import date, datetime

from entrypoints.http.schemas.common import View

Number = float | int


class StandingView(View, frozen=True, kw_only=True):
    """One line of a board."""

    rank: int
    user_id: str
    display_name: str
    score: Number
    solved: int
    penalty_minutes: int
    reached_at: datetime
    last_solved_at: datetime | None


class LeaderboardView(View, frozen=True, kw_only=True):
    """A page of a board; `own` is the reader's line, null where they are not ranked."""

    items: list[StandingView]
    own: StandingView | None
    total: int
    next_cursor: str | None


class AttemptsView(View, frozen=True, kw_only=True):
    """Of those who solved: how many submissions it took."""

    median: Number | None
    p90: Number | None


class DayView(View, frozen=True, kw_only=True):
    """One UTC day."""

    day: date
    submissions: int
    accepted: int


class TestFailuresView(View, frozen=True, kw_only=True):
    """How often one test was run, and how often it was failed."""

    version: int
    ordinal: int
    runs: int
    failures: int


class FiguresView(View, frozen=True, kw_only=True):
    """What all submissions add up to.

    `score_histogram` counts them by their share of the most in tenths; the 11th has full marks.
    """

    submissions: int
    candidates: int
    accepted: int
    acceptance_rate: Number | None
    solved_by: int
    average_score: Number | None
    score_histogram: list[int]
    verdicts: dict[str, int]
    languages: dict[str, int]
    median_time_ms: Number | None
    attempts_to_solve: AttemptsView
    median_seconds_to_solve: Number | None
    judge_errors: int


class ChallengeFiguresView(FiguresView, frozen=True, kw_only=True, omit_defaults=True):
    """The same, of one challenge; the last two only where one challenge was asked for.

    `difficulty` (0 to 1) is the share of those who tried that has not solved it; `discrimination`
    (-1 to 1) the correlation of solving it with solving others. Both are of all time.
    """

    challenge_id: str
    title: str
    difficulty: Number | None
    discrimination: Number | None
    per_day: list[DayView] | None = None
    tests: list[TestFailuresView] | None = None


class AnalyticsView(View, frozen=True, kw_only=True):
    """The report."""

    generated_at: datetime
    totals: FiguresView
    items: list[ChallengeFiguresView]
