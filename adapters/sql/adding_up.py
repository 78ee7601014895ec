"""What submissions add up to: progress, best scores, and what analytics reads."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, select

from adapters.documents.judgements import verdicts_from
from adapters.sql.tables import judgements, submissions
from application.ports.submissions import ChallengeProgress
from application.ports.totals import TestFailures
from domain.facts import JudgedFact
from domain.ids import ChallengeId, UserId
from domain.judgement import Verdict
from domain.leaderboard import BestScore
from domain.submission import SubmissionKind, SubmissionStatus

_columns = submissions.c
_SOLVED = func.max(case((_columns.verdict == Verdict.ACCEPTED, 1), else_=0))
_ZERO = Fraction(0)
_NOT_RUN = frozenset({Verdict.SKIPPED, Verdict.JUDGE_ERROR})
"""Verdicts of tests that say nothing of the program."""
_JUDGED = and_(_columns.status == SubmissionStatus.DONE, _columns.verdict != Verdict.JUDGE_ERROR)
_PROGRESS = (  # made once: to put it together costs several times what running it does
    select(
        _columns.challenge_id,
        func.max(case((_JUDGED, _columns.score))).label("best"),
        _SOLVED.label("solved"),
    )
    .where(
        _columns.user_id == bindparam("of_user"),
        _columns.kind == SubmissionKind.SUBMISSION,
        _columns.challenge_id.is_not(None),
    )
    .group_by(_columns.challenge_id)
)


def progress_of(
    connection: Connection, *, user_id: UserId
) -> Mapping[ChallengeId, ChallengeProgress]:
    return {
        row.challenge_id: ChallengeProgress(best_score=row.best or _ZERO, solved=bool(row.solved))
        for row in connection.execute(_PROGRESS, {"of_user": user_id})
    }


def best_scores(connection: Connection, *, challenge_id: ChallengeId | None) -> Sequence[BestScore]:
    of_user_on_challenge = (_columns.challenge_id, _columns.user_id)
    order = (_columns.ranked_score.desc(), _columns.submitted_at)
    each = select(
        *of_user_on_challenge,
        _columns.ranked_score,
        _columns.submitted_at,
        func.row_number().over(partition_by=of_user_on_challenge, order_by=order).label("place"),
        _SOLVED.over(partition_by=of_user_on_challenge).label("solved"),
    ).where(_columns.ranked_score.is_not(None), *_on(challenge_id))
    ordered = each.subquery()
    rows = connection.execute(select(ordered).where(ordered.c.place == 1))
    return [
        BestScore(
            user_id=row.user_id,
            challenge_id=row.challenge_id,
            score=row.ranked_score,
            solved=bool(row.solved),
            reached_at=row.submitted_at,
        )
        for row in rows
    ]


def judged_facts(
    connection: Connection,
    *,
    challenge_id: ChallengeId | None,
    since: date | None,
    until: date | None,
) -> Sequence[JudgedFact]:
    facts = (
        select(
            _columns.id.label("submission_id"),
            _columns.user_id,
            _columns.challenge_id,
            _columns.language,
            _columns.verdict,
            _columns.score,
            _columns.max_score,
            _columns.cpu_ms,
            _columns.submitted_at,
        )
        .where(*_ranked_and_done(challenge_id, since, until))
        .order_by(_columns.id)
    )
    return [JudgedFact(**row) for row in connection.execute(facts).mappings()]


def test_failures(
    connection: Connection, *, challenge_id: ChallengeId, since: date | None, until: date | None
) -> Sequence[TestFailures]:
    current = and_(
        judgements.c.submission_id == _columns.id,
        judgements.c.number == _columns.judgement_number,
    )
    alike = (
        select(_columns.challenge_version, judgements.c.verdicts, func.count().label("times"))
        .join_from(submissions, judgements, current)
        .where(*_ranked_and_done(challenge_id, since, until))
        .group_by(_columns.challenge_version, judgements.c.verdicts)
    )
    runs: Counter[tuple[int, int]] = Counter()
    failures: Counter[tuple[int, int]] = Counter()
    for version, letters, times in connection.execute(alike):
        for ordinal, verdict in enumerate(verdicts_from(letters), 1):
            if verdict not in _NOT_RUN:
                runs[version or 0, ordinal] += times
                failures[version or 0, ordinal] += times * (verdict is not Verdict.ACCEPTED)
    return [
        TestFailures(version=place[0], ordinal=place[1], runs=runs[place], failures=failures[place])
        for place in sorted(runs)
    ]


def _ranked_and_done(
    challenge_id: ChallengeId | None, since: date | None, until: date | None
) -> Iterator[ColumnElement[bool]]:
    yield _columns.kind == SubmissionKind.SUBMISSION
    yield _columns.status == SubmissionStatus.DONE
    yield _columns.ranked.is_(True)
    yield from _on(challenge_id)
    if since is not None:
        yield _columns.submitted_at >= _midnight(since)
    if until is not None:
        yield _columns.submitted_at <= datetime.combine(until, time.max, UTC)


def _on(challenge_id: ChallengeId | None) -> Iterator[ColumnElement[bool]]:
    if challenge_id is None:
        yield _columns.challenge_id.is_not(None)
    else:
        yield _columns.challenge_id == challenge_id


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
