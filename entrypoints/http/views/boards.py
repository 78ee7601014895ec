"""Standings and analytics, as they are read."""

from collections.abc import Mapping
from typing import Any

from application.use_cases.get_analytics import AnalyticsReport, ChallengeFigures, Details
from application.use_cases.get_leaderboard import Leaderboard
from domain.analytics import Figures
from domain.ids import UserId
from domain.leaderboard import Standing
from domain.user import User
from entrypoints.http.responses import in_utc, number, number_or_none
from entrypoints.http.schemas.boards import (
    AnalyticsView,
    AttemptsView,
    ChallengeFiguresView,
    DayView,
    FiguresView,
    LeaderboardView,
    StandingView,
    TestFailuresView,
)


def leaderboard_view(board: Leaderboard, reader: User, next_cursor: str | None) -> LeaderboardView:
    """A page of a board, and the reader's own line."""
    names = {**board.names, reader.id: reader.display_name}
    return LeaderboardView(
        items=[_standing(line, names) for line in board.standings],
        own=_standing(board.own, names) if board.own else None,
        total=board.total,
        next_cursor=next_cursor,
    )


def analytics_view(report: AnalyticsReport) -> AnalyticsView:
    """The whole report."""
    return AnalyticsView(
        generated_at=in_utc(report.generated_at),
        totals=FiguresView(**_figures(report.totals)),
        items=[_of_challenge(item) for item in report.items],
    )


def _of_challenge(item: ChallengeFigures) -> ChallengeFiguresView:
    found = item.item.discrimination
    return ChallengeFiguresView(
        **_figures(item.figures),
        challenge_id=item.challenge.id,
        title=item.challenge.presentation.title,
        difficulty=number_or_none(item.item.difficulty),
        discrimination=None if found is None else round(found, 4),
        **_details(item.alone),
    )


def _details(alone: Details | None) -> dict[str, Any]:
    if alone is None:
        return {}
    return {
        "per_day": [
            DayView(day=day.day, submissions=day.submissions, accepted=day.accepted)
            for day in alone.per_day
        ],
        "tests": [
            TestFailuresView(version=t.version, ordinal=t.ordinal, runs=t.runs, failures=t.failures)
            for t in alone.tests
        ],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "submissions": figures.submissions,
        "candidates": figures.candidates,
        "accepted": figures.accepted,
        "acceptance_rate": number_or_none(figures.acceptance_rate),
        "solved_by": figures.solved_by,
        "average_score": number_or_none(figures.average_score),
        "score_histogram": list(figures.score_histogram),
        "verdicts": {str(verdict): count for verdict, count in figures.verdicts.items()},
        "languages": {str(language): count for language, count in figures.languages.items()},
        "median_time_ms": number_or_none(figures.median_time_ms),
        "attempts_to_solve": AttemptsView(
            median=number_or_none(figures.attempts_to_solve.median),
            p90=number_or_none(figures.attempts_to_solve.p90),
        ),
        "median_seconds_to_solve": number_or_none(figures.median_seconds_to_solve),
        "judge_errors": figures.judge_errors,
    }


def _standing(line: Standing, names: Mapping[UserId, str]) -> StandingView:
    return StandingView(
        rank=line.rank,
        user_id=line.user_id,
        display_name=names.get(line.user_id, ""),
        score=number(line.score),
        solved=line.solved,
        penalty_minutes=line.penalty_minutes,
        reached_at=in_utc(line.reached_at),
        last_solved_at=None if line.last_solved_at is None else in_utc(line.last_solved_at),
    )
