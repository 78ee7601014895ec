"""Who judges what: the next piece of work, leases, and how much there is."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    case,
    func,
    select,
    update,
)

from adapters.sql.intake import ALWAYS
from adapters.sql.lookups import SUBMISSION_COLUMNS, submission_of
from adapters.sql.tables import handed_in, submissions
from application.ports.submissions import Claim, HandedIn, Lease, LeaseLost, QueueState
from domain.ids import LanguageId, SubmissionId, UserId
from domain.submission import Submission, SubmissionStatus, WorkClass

_columns = submissions.c
_WORK = select(
    *SUBMISSION_COLUMNS,
    _columns.pending_version,
    _columns.failures,
    _columns.lease_token,
    handed_in.c.program,
    handed_in.c.stdin,
).join_from(submissions, handed_in)

_FREE_WORK = _WORK.where(
    _columns.id == bindparam("this"),
    _columns.work_class.is_not(None),
    _columns.due_at <= bindparam("now"),
).with_for_update(skip_locked=True)
"""On a server others may have claimed it meanwhile, or be about to."""
_PAGE = 16
_IS_FIRST = _columns.judgement_number == 0
"""Only the first judgement shows in the status: a rejudge leaves it as it is."""
_CHANGE = update(submissions).where(_columns.id == bindparam("this"))
_CHANGE_HELD = _CHANGE.where(_columns.lease_token == bindparam("token"))

NO_LEASE: Mapping[str, object] = {
    "lease_token": None,
    "lease_worker": None,
    "lease_expires_at": None,
}


def claim_next(
    connection: Connection,
    *,
    classes: Sequence[WorkClass],
    now: datetime,
    lease: Lease,
    languages: Collection[LanguageId] | None,
    served: Mapping[UserId, int],
) -> Claim | None:
    fits = [] if languages is None else [_columns.language.in_(languages)]
    for work_class in classes:
        if next(_due(connection, work_class, now, fits), None) is None:
            continue
        for whose in turns(connection, work_class, now, served):
            for found in _due(connection, work_class, now, [whose, *fits]):
                row = connection.execute(_FREE_WORK, {"this": found, "now": now}).mappings().first()
                if row is not None:
                    return _claimed(connection, row, lease)
    return None


def claim_again(
    connection: Connection,
    *,
    classes: Sequence[WorkClass],
    now: datetime,
    lease: Lease,
    languages: Collection[LanguageId] | None,
    served: Mapping[UserId, int],
) -> Claim | None:
    """The claim that this lease has already, else the next."""
    ours = and_(_columns.lease_expires_at == lease.expires_at, _columns.lease_token == lease.token)
    row = connection.execute(_WORK.where(ours)).mappings().first()
    if row is None:
        return claim_next(
            connection,
            classes=classes,
            now=now,
            lease=lease,
            languages=languages,
            served=served,
        )
    return _claim(row, submission_of(row), row["failures"], lease)


def extend(connection: Connection, *, claim: Claim, expires_at: datetime) -> None:
    change_held(connection, claim, {"lease_expires_at": expires_at, "due_at": expires_at})


def hand_back(connection: Connection, *, claim: Claim, not_before: datetime, failed: bool) -> None:
    first = claim.submission.judgement_number == 0
    waiting = {
        "status": SubmissionStatus.QUEUED if first else claim.submission.status,
        "failures": claim.failures + failed,
        "due_at": not_before,
    }
    change_held(connection, claim, {**waiting, **NO_LEASE})


def hand_back_again(
    connection: Connection, *, claim: Claim, not_before: datetime, failed: bool
) -> None:
    """Give the work back unless that is done."""
    with suppress(LeaseLost):
        hand_back(connection, claim=claim, not_before=not_before, failed=failed)


def release_worker(connection: Connection, *, worker: str) -> int:
    held = and_(_columns.lease_expires_at.is_not(None), _columns.lease_worker == worker)
    status = case((_IS_FIRST, SubmissionStatus.QUEUED), else_=_columns.status)
    free = {"status": status, "failures": _columns.failures + 1, "due_at": ALWAYS, **NO_LEASE}
    return connection.execute(update(submissions).where(held).values(free)).rowcount


def change_held(connection: Connection, claim: Claim, values: Mapping[str, object]) -> None:
    """Change the row if it is still held under the claim's token.

    Raises:
        LeaseLost: it is not.
    """
    held = {"this": claim.submission.id, "token": claim.lease.token}
    if not connection.execute(_CHANGE_HELD, {**held, **values}).rowcount:
        raise LeaseLost


def queue_state(connection: Connection, *, now: datetime) -> QueueState:
    pending = _columns.work_class.is_not(None)
    due = dict.fromkeys(WorkClass, 0)
    oldest: dict[WorkClass, SubmissionId] = {}
    by_class = (
        select(_columns.work_class, func.count(), func.min(_columns.id))
        .where(pending, _columns.due_at <= now)
        .group_by(_columns.work_class)
    )
    for work_class, count, least in connection.execute(by_class):
        due[work_class] = count
        oldest[work_class] = least
    held_back = select(func.count(), func.min(_columns.due_at)).where(
        pending, _columns.due_at > now
    )
    waiting, next_due_at = connection.execute(held_back).one()
    return QueueState(due=due, oldest=oldest, waiting=waiting, next_due_at=next_due_at)


def turns(
    connection: Connection, work_class: WorkClass, now: datetime, served: Mapping[UserId, int]
) -> Iterator[ColumnElement[bool]]:
    """Conditions on the user, those whose turn comes first at first.

    The users with turns are few (slots, and what a worker remembers), so those without any are
    found by leaving these out, and the others by how many they have.
    """
    rejudge = work_class is WorkClass.REJUDGE
    alive = select(_columns.user_id, _columns.work_class).where(_columns.lease_expires_at > now)
    counts = Counter({} if rejudge else served)
    counts.update(
        row.user_id
        for row in connection.execute(alive)
        if (row.work_class is WorkClass.REJUDGE) is rejudge
    )
    busy: dict[int, list[UserId]] = {}
    for user_id, leases in counts.items():
        busy.setdefault(leases, []).append(user_id)
    yield _columns.user_id.not_in(counts)
    for leases in sorted(busy):
        yield _columns.user_id.in_(busy[leases])


def _due(
    connection: Connection,
    work_class: WorkClass,
    now: datetime,
    which: Sequence[ColumnElement[bool]],
) -> Iterator[SubmissionId]:
    """The ids of what is due, the oldest first, read without a lock.

    A server locks all that it looks at, if only for a moment, and who comes by in that moment takes
    it for claimed: so what is locked is one row, by its id.
    """
    due = (_columns.work_class == work_class, _columns.due_at <= now, *which)
    page = select(_columns.id).where(*due).order_by(_columns.id).limit(_PAGE)
    page = page.with_hint(submissions, "FORCE INDEX (ix_submissions_work)", "mysql")
    ids = connection.execute(page).scalars().all()
    while ids:
        yield from ids
        if len(ids) < _PAGE:
            return
        ids = connection.execute(page.where(_columns.id > ids[-1])).scalars().all()


def _claimed(connection: Connection, row: RowMapping, lease: Lease) -> Claim:
    waiting = submission_of(row)
    first = waiting.judgement_number == 0
    submission = replace(
        waiting,
        status=SubmissionStatus.RUNNING if first else waiting.status,
        attempt=waiting.attempt + 1,
    )
    failures = row["failures"] + (row["lease_token"] is not None)
    claimed = {
        "this": submission.id,
        "status": submission.status,
        "attempt": submission.attempt,
        "failures": failures,
        "due_at": lease.expires_at,
        "lease_token": lease.token,
        "lease_worker": lease.worker,
        "lease_expires_at": lease.expires_at,
    }
    connection.execute(_CHANGE, claimed)
    return _claim(row, submission, failures, lease)


def _claim(row: RowMapping, submission: Submission, failures: int, lease: Lease) -> Claim:
    if submission.pending_number is None:
        raise ValueError(f"{submission.id!r} has nothing to judge")
    return Claim(
        submission=submission,
        handed_in=HandedIn(program=row["program"], stdin=row["stdin"]),
        number=submission.pending_number,
        attempt=submission.attempt,
        failures=failures,
        version=row["pending_version"],
        lease=lease,
    )
