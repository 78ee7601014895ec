"""Taking submissions in, once for each key, and forgetting practice runs."""

from datetime import UTC, datetime

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from adapters.sql.lookups import SUBMISSION_COLUMNS, get, submission_of
from adapters.sql.tables import handed_in as handed_in_table
from adapters.sql.tables import submissions, values_of
from application.ports.idempotency import IDEMPOTENCY_LIFETIME, IdempotencyKey
from application.ports.submissions import HandedIn
from domain.errors import IdempotencyKeyReused
from domain.submission import Submission, SubmissionKind

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
"""When work falls due that nothing holds back."""

_columns = submissions.c
_SAME_KEY = and_(
    _columns.key_user_id == bindparam("of_user"),
    _columns.key_route == bindparam("of_route"),
    _columns.key == bindparam("of_key"),
)
_CREATED = select(*SUBMISSION_COLUMNS, _columns.body_hash).where(_SAME_KEY)
_NO_KEY = {"key_user_id": None, "key_route": None, "key": None, "body_hash": None}
_FORGET_KEY = (
    update(submissions)
    .where(_SAME_KEY, _columns.submitted_at < bindparam("dead_before"))
    .values(_NO_KEY)
)


def add(
    connection: Connection,
    *,
    submission: Submission,
    handed_in: HandedIn,
    key: IdempotencyKey | None,
) -> Submission:
    if key is not None:
        earlier = created_by(connection, key=key, now=submission.submitted_at)
        if earlier is not None:
            return earlier
        dead_before = submission.submitted_at - IDEMPOTENCY_LIFETIME
        connection.execute(_FORGET_KEY, _place(key) | {"dead_before": dead_before})
    connection.execute(insert(submissions), row_of(submission, key))
    connection.execute(
        insert(handed_in_table), values_of(handed_in) | {"submission_id": submission.id}
    )
    return submission


def add_again(
    connection: Connection,
    *,
    submission: Submission,
    handed_in: HandedIn,
    key: IdempotencyKey | None,
) -> Submission:
    """Store it unless that is done."""
    stored = get(connection, submission_id=submission.id)
    return stored or add(connection, submission=submission, handed_in=handed_in, key=key)


def created_by(connection: Connection, *, key: IdempotencyKey, now: datetime) -> Submission | None:
    row = connection.execute(_CREATED, _place(key)).mappings().first()
    if row is None or now - row["submitted_at"] > IDEMPOTENCY_LIFETIME:
        return None
    if row["body_hash"] != key.body_hash:
        raise IdempotencyKeyReused
    return submission_of(row)


def remove_expired_runs(connection: Connection, *, now: datetime) -> int:
    nobody_judges = or_(_columns.lease_expires_at.is_(None), _columns.lease_expires_at <= now)
    over = and_(_columns.kind == SubmissionKind.RUN, _columns.expires_at <= now, nobody_judges)
    return connection.execute(delete(submissions).where(over)).rowcount


def row_of(submission: Submission, key: IdempotencyKey | None) -> dict[str, object]:
    """A new row; it is work if a judgement is pending."""
    pending = submission.pending_number is not None
    work = {
        "pending_version": submission.challenge_version,
        "work_class": submission.work_class if pending else None,
        "due_at": ALWAYS if pending else None,
    }
    return values_of(submission) | work | (_NO_KEY if key is None else _key_row(key))


def _key_row(key: IdempotencyKey) -> dict[str, str]:
    return {
        "key_user_id": key.user_id,
        "key_route": key.route,
        "key": key.key,
        "body_hash": key.body_hash,
    }


def _place(key: IdempotencyKey) -> dict[str, object]:
    return {"of_user": key.user_id, "of_route": key.route, "of_key": key.key}
