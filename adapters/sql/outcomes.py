"""Outcomes: one atomic step from a claim to a done submission, and the way back for a rejudge."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, and_, func, insert, select, update

from adapters.documents.judgements import unpacked, verdict_letters
from adapters.sql.claims import NO_LEASE, change_held
from adapters.sql.intake import ALWAYS
from adapters.sql.lookups import SUBMISSION_COLUMNS, submission_of
from adapters.sql.tables import judgements, submissions, values_of
from application.ports.submissions import Claim, LeaseLost, ShadowChoice
from domain.errors import JudgementPending, StillQueued, SubmissionNotFound
from domain.ids import RejudgeSetId, SubmissionId
from domain.judgement import Judgement
from domain.submission import Submission, SubmissionKind, after, with_outcome

_columns = submissions.c

_OUTCOME = frozenset(
    {
        "status",
        "challenge_version",
        "judgement_number",
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
    "pending_number": None,
    "shadow_of": None,
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
    counts = done.judgement_number == judgement.number
    try:
        change_held(connection, claim, {**(_outcome(done) if counts else {}), **_NO_WORK})
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


def _outcome(done: Submission) -> Mapping[str, object]:
    values = {name: value for name, value in values_of(done).items() if name in _OUTCOME}
    is_counted = done.ranked and done.kind is SubmissionKind.SUBMISSION
    unsettled = True if is_counted and done.challenge_id is not None else None
    return {**values, "ranked_score": done.counting_score, "unsettled": unsettled}


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
    connection: Connection,
    *,
    submission_id: SubmissionId,
    version: int | None,
    shadow_of: RejudgeSetId | None,
) -> int:
    mine = _columns.id == submission_id
    stored = select(*SUBMISSION_COLUMNS).where(mine).with_for_update()
    row = connection.execute(stored).mappings().first()
    if row is None:
        raise SubmissionNotFound(submission_id)
    submission = submission_of(row)
    if submission.judgement_number == 0:
        raise StillQueued(submission_id)
    if submission.pending_number is not None and submission.shadow_of == shadow_of:
        return submission.pending_number
    if submission.pending_number is not None and shadow_of is not None:
        raise JudgementPending(submission_id)
    newest = func.coalesce(func.max(judgements.c.number), submission.judgement_number)
    of_it = judgements.c.submission_id == submission_id
    stored_number: int = connection.execute(select(newest).where(of_it)).scalar_one()
    number = max(stored_number, submission.pending_number or 0) + 1
    pending = {
        **NO_LEASE,
        "shadow_of": shadow_of,
        "pending_number": number,
        "pending_version": version,
        "attempt": 0,
        "failures": 0,
        "work_class": submission.work_class,
        "due_at": ALWAYS,
    }
    connection.execute(update(submissions).where(mine).values(pending))
    return number


def withdraw_shadow(
    connection: Connection,
    *,
    submission_id: SubmissionId,
    number: int,
    shadow_of: RejudgeSetId,
) -> None:
    pending = and_(_columns.pending_number == number, _columns.shadow_of == shadow_of)
    mine = update(submissions).where(_columns.id == submission_id, pending)
    connection.execute(mine.values(_NO_WORK))


def apply(connection: Connection, *, choices: Sequence[ShadowChoice]) -> Collection[SubmissionId]:
    """All in one transaction, by id: who else locks several rows does so in that order."""
    return {one.submission_id for one in sorted(choices, key=_place) if _counts(connection, one)}


def _place(choice: ShadowChoice) -> SubmissionId:
    return choice.submission_id


def _counts(connection: Connection, choice: ShadowChoice) -> bool:
    """Whether the judgement counts, now or already."""
    mine = _columns.id == choice.submission_id
    stored = select(*SUBMISSION_COLUMNS).where(mine).with_for_update()
    row = connection.execute(stored).mappings().first()
    if row is None:
        return False
    submission = submission_of(row)
    if submission.judgement_number != choice.base:
        return submission.judgement_number == choice.number
    chosen = and_(
        judgements.c.submission_id == choice.submission_id, judgements.c.number == choice.number
    )
    payload = connection.execute(select(judgements.c.payload).where(chosen)).scalar_one_or_none()
    if payload is None:
        return False
    done = with_outcome(submission, unpacked(payload))
    connection.execute(update(submissions).where(mine).values(_outcome(done)))
    return True
