"""Reading single submissions, what hangs on them, and pages of them."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from adapters.documents.judgements import unpacked
from adapters.sql.tables import handed_in as handed_in_table
from adapters.sql.tables import judgements, submissions
from application.ports.submissions import HandedIn, SubmissionFilter
from domain.ids import SubmissionId
from domain.judgement import Judgement
from domain.submission import Submission, SubmissionKind, SubmissionStatus, WorkClass

_columns = submissions.c

_NAMES = tuple(field.name for field in fields(Submission))
SUBMISSION_COLUMNS = tuple(_columns[name] for name in _NAMES)

_FIRST_WORK = {
    SubmissionKind.SUBMISSION: WorkClass.SUBMISSION,
    SubmissionKind.RUN: WorkClass.RUN,
}
"""What is queued or running is work of the class of its kind, and the index of work is short."""


def submission_of(row: RowMapping) -> Submission:
    """The submission in a row that has SUBMISSION_COLUMNS."""
    return Submission(**{name: row[name] for name in _NAMES})


def get(connection: Connection, *, submission_id: SubmissionId) -> Submission | None:
    wanted = select(*SUBMISSION_COLUMNS).where(_columns.id == submission_id)
    row = connection.execute(wanted).mappings().first()
    return None if row is None else submission_of(row)


def handed_in(connection: Connection, *, submission_id: SubmissionId) -> HandedIn | None:
    of_it = handed_in_table.c.submission_id == submission_id
    row = connection.execute(select(handed_in_table).where(of_it)).first()
    return None if row is None else HandedIn(program=row.program, stdin=row.stdin)


def judgement(
    connection: Connection, *, submission_id: SubmissionId, number: int
) -> Judgement | None:
    wanted = select(judgements.c.payload).where(
        judgements.c.submission_id == submission_id, judgements.c.number == number
    )
    payload = connection.execute(wanted).scalar_one_or_none()
    return None if payload is None else unpacked(payload)


def page(
    connection: Connection, *, which: SubmissionFilter, before: SubmissionId | None, limit: int
) -> Sequence[Submission]:
    newest_first = select(*SUBMISSION_COLUMNS).order_by(_columns.id.desc()).limit(limit)
    if before is not None:
        newest_first = newest_first.where(_columns.id < before)
    rows = connection.execute(newest_first.where(*_conditions(which))).mappings()
    return [submission_of(row) for row in rows]


def _conditions(which: SubmissionFilter) -> Iterator[ColumnElement[bool]]:
    if which.status in {SubmissionStatus.QUEUED, SubmissionStatus.RUNNING}:
        yield _columns.work_class == _FIRST_WORK[which.kind]
    else:
        yield _columns.kind == which.kind
    narrowing = {
        _columns.user_id: which.user_id,
        _challenge_beside(which): which.challenge_id,
        _columns.status: which.status,
        _columns.verdict: which.verdict,
        _columns.language: which.language,
    }
    for column, wanted in narrowing.items():
        if wanted is not None:
            yield column == wanted
    if which.since is not None:
        yield _columns.submitted_at >= which.since
    if which.until is not None:
        yield _columns.submitted_at < which.until


def _challenge_beside(which: SubmissionFilter) -> ColumnElement[Any]:
    """The challenge, hidden from its index where the user's shorter one is to serve."""
    return _columns.challenge_id if which.user_id is None else _columns.challenge_id.concat("")
