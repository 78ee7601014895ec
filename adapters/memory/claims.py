"""Who gets which work next, and what waits."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from adapters.memory.records import Record
from application.ports.submissions import Claim, Lease, QueueState
from domain.ids import LanguageId, SubmissionId, UserId
from domain.line import place_in_line
from domain.submission import Submission, SubmissionStatus, WorkClass, more_urgent


def claim_next(
    pending: Collection[Record],
    *,
    classes: Sequence[WorkClass],
    now: datetime,
    lease: Lease,
    languages: Collection[LanguageId] | None,
    served: Mapping[UserId, int],
) -> Claim | None:
    due = [
        record
        for record in pending
        if record.is_due(now) and (languages is None or record.submission.language in languages)
    ]
    for work_class in classes:
        mine = [record for record in due if record.submission.work_class is work_class]
        if mine:
            rejudge = work_class is WorkClass.REJUDGE
            busy = Counter({} if rejudge else served)
            busy.update(_with_leases(pending, now, rejudge=rejudge))
            return _claimed(min(mine, key=lambda r: _turn(r.submission, busy)), lease)
    return None


def release(record: Record, *, failed: bool) -> None:
    first = record.submission.judgement_number == 0
    record.failures += failed
    record.lease = None
    if first:
        record.submission = replace(record.submission, status=SubmissionStatus.QUEUED)


def queue_state(pending: Collection[Record], *, now: datetime) -> QueueState:
    ready = [record.submission for record in pending if record.is_due(now)]
    due = Counter(submission.work_class for submission in ready)
    oldest: dict[WorkClass, SubmissionId] = {}
    for submission in sorted(ready, key=lambda submission: submission.id):
        oldest.setdefault(submission.work_class, submission.id)
    ends = [record.held_until for record in pending]
    waiting = [end for end in ends if end is not None and end > now]
    return QueueState(
        due={work_class: due[work_class] for work_class in WorkClass},
        oldest=oldest,
        waiting=len(waiting),
        next_due_at=min(waiting, default=None),
    )


def position_of(mine: Submission, pending: Collection[Record], *, now: datetime) -> int:
    due = [record.submission for record in pending if record.is_due(now)]
    urgent = more_urgent(mine.work_class)
    own_class = [one for one in due if one.work_class is mine.work_class]
    place = place_in_line(mine.id, mine.user_id, ((one.id, one.user_id) for one in own_class))
    return sum(one.work_class in urgent for one in due) + place


def _with_leases(pending: Collection[Record], now: datetime, *, rejudge: bool) -> Sequence[UserId]:
    """A user for each living lease of a rejudge, or of all else."""
    return [
        record.submission.user_id
        for record in pending
        if record.is_being_judged(now)
        and (record.submission.work_class is WorkClass.REJUDGE) is rejudge
    ]


def _turn(submission: Submission, busy: Counter[UserId]) -> tuple[int, SubmissionId]:
    return busy[submission.user_id], submission.id


def _claimed(record: Record, lease: Lease) -> Claim:
    submission = record.submission
    if submission.pending_number is None:
        raise ValueError(f"{submission.id!r} has nothing to judge")
    first = submission.judgement_number == 0
    record.failures += record.lease is not None
    record.lease = lease
    record.not_before = None
    record.submission = replace(
        submission,
        status=SubmissionStatus.RUNNING if first else submission.status,
        attempt=submission.attempt + 1,
    )
    return Claim(
        submission=record.submission,
        handed_in=record.handed_in,
        number=submission.pending_number,
        attempt=record.submission.attempt,
        failures=record.failures,
        version=record.version,
        lease=lease,
    )
