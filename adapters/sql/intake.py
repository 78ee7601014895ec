"""Taking submissions in, once for each key, and forgetting practice runs."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select

from adapters.sql.lookups import SUBMISSION_COLUMNS, submission_of
from adapters.sql.tables import handed_in as handed_in_table
from adapters.sql.tables import submission_keys, submissions, values_of
from application.ports.storage import IDEMPOTENCY_LIFETIME, IdempotencyKey
from application.ports.submissions import HandedIn
from domain.errors import IdempotencyKeyReused
from domain.submission import Submission, SubmissionKind

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
"""When work falls due that nothing holds back."""

_columns = submissions.c
_keys = submission_keys.c


def add(
    connection: Connection,
    *,
    submission: Submission,
    handed_in: HandedIn,
    key: IdempotencyKey | None,
) -> Submission:
    earlier = None if key is None else _created_by(connection, key, submission.submitted_at)
    if earlier is not None:
        return earlier
    connection.execute(insert(submissions), _row(submission))
    connection.execute(
        insert(handed_in_table), values_of(handed_in) | {"submission_id": submission.id}
    )
    if key is not None:
        _remember(connection, key, submission)
    return submission


def remove_expired_runs(connection: Connection, *, now: datetime) -> int:
    """Also forgets keys that nobody can use any more."""
    connection.execute(delete(submission_keys).where(_expired(now)))
    nobody_judges = or_(_columns.lease_expires_at.is_(None), _columns.lease_expires_at <= now)
    over = and_(_columns.kind == SubmissionKind.RUN, _columns.expires_at <= now, nobody_judges)
    return connection.execute(delete(submissions).where(over)).rowcount


def _created_by(connection: Connection, key: IdempotencyKey, now: datetime) -> Submission | None:
    created = (
        select(*SUBMISSION_COLUMNS, _keys.body_hash)
        .join_from(submission_keys, submissions)
        .where(_same(key), ~_expired(now))
    )
    row = connection.execute(created).mappings().first()
    if row is None:
        return None
    if row["body_hash"] != key.body_hash:
        raise IdempotencyKeyReused
    return submission_of(row)


def _remember(connection: Connection, key: IdempotencyKey, submission: Submission) -> None:
    now = submission.submitted_at
    connection.execute(delete(submission_keys).where(_same(key), _expired(now)))
    connection.execute(
        insert(submission_keys),
        values_of(key) | {"submission_id": submission.id, "created_at": now},
    )


def _row(submission: Submission) -> dict[str, object]:
    pending = submission.pending_number is not None
    return values_of(submission) | {
        "pending_version": submission.challenge_version,
        "work_class": submission.work_class if pending else None,
        "due_at": ALWAYS if pending else None,
    }


def _same(key: IdempotencyKey) -> ColumnElement[bool]:
    return and_(_keys.user_id == key.user_id, _keys.route == key.route, _keys.key == key.key)


def _expired(now: datetime) -> ColumnElement[bool]:
    return _keys.created_at < now - IDEMPOTENCY_LIFETIME
