"""Outcomes: one atomic step from a claim to a done submission, and the way back for a rejudge."""

from collections.abc import Mapping

from sqlalchemy import Connection, and_, func, insert, select, update

from adapters.documents.judgements import verdict_letters
from adapters.sql.claims import NO_LEASE, change_held
from adapters.sql.intake import ALWAYS
from adapters.sql.lookups import SUBMISSION_COLUMNS, submission_of
from adapters.sql.tables import judgements, submissions, values_of
from application.ports.submissions import Claim, LeaseLost
from domain.errors import StillQueued, SubmissionNotFound
from domain.ids import SubmissionId
from domain.judgement import Judgement
from domain.submission import Submission, after

_columns = submissions.c

_OUTCOME = frozenset(
    {
        "status",
        "challenge_version",
        "judgement_number",
        "pending_number",
        "verdict",
        "score",
        "max_score",
        "cpu_ms",
        "memory_kib",
        "judged_at",
    }
)
"""What a judgement changes of a submission."""
_NO_WORK: Mapping[str, object] = {
    "pending_version": None,
    "work_class": None,
    "due_at": None,
    **NO_LEASE,
}


def record(
    connection: Connection, *, claim: Claim, judgement: Judgement, payload: bytes
) -> Submission:
    """`payload` is the judgement as it is stored."""
    done = after(claim.submission, judgement)
    outcome = {name: value for name, value in values_of(done).items() if name in _OUTCOME}
    try:
        change_held(connection, claim, {**outcome, **_NO_WORK, "ranked_score": done.counting_score})
    except LeaseLost:
        return _stored_before(connection, done.id, judgement.number, payload)
    connection.execute(
        insert(judgements),
        {
            "submission_id": done.id,
            "number": judgement.number,
            "verdicts": verdict_letters(judgement.tests),
            "payload": payload,
        },
    )
    return done


def _stored_before(
    connection: Connection, submission_id: SubmissionId, number: int, payload: bytes
) -> Submission:
    """The submission as it stands, if this judgement of it is stored already.

    Raises:
        LeaseLost: it was not.
    """
    same = (
        judgements.c.submission_id == _columns.id,
        judgements.c.number == number,
        judgements.c.payload == payload,
    )
    stored = (
        select(*SUBMISSION_COLUMNS)
        .join_from(submissions, judgements, and_(*same))
        .where(_columns.id == submission_id)
    )
    row = connection.execute(stored).mappings().first()
    if row is None:
        raise LeaseLost
    return submission_of(row)


def request_rejudge(
    connection: Connection, *, submission_id: SubmissionId, version: int | None
) -> int:
    mine = _columns.id == submission_id
    stored = select(*SUBMISSION_COLUMNS).where(mine).with_for_update()
    row = connection.execute(stored).mappings().first()
    if row is None:
        raise SubmissionNotFound(submission_id)
    submission = submission_of(row)
    if submission.judgement_number == 0:
        raise StillQueued(submission_id)
    if submission.pending_number is not None:
        return submission.pending_number
    newest = func.coalesce(func.max(judgements.c.number), submission.judgement_number)
    of_it = judgements.c.submission_id == submission_id
    number: int = connection.execute(select(newest).where(of_it)).scalar_one() + 1
    pending = {
        "pending_number": number,
        "pending_version": version,
        "attempt": 0,
        "failures": 0,
        "work_class": submission.work_class,
        "due_at": ALWAYS,
    }
    connection.execute(update(submissions).where(mine).values(pending))
    return number
