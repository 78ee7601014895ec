"""Submissions, claims and judgements in dictionaries."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction

from application.ports.idempotency import IDEMPOTENCY_LIFETIME, IdempotencyKey
from application.ports.submissions import (
    ChallengeProgress,
    Claim,
    HandedIn,
    Lease,
    LeaseLost,
    QueueState,
    SubmissionFilter,
    SubmissionRepository,
    TestFailures,
)
from domain.analytics import JudgedFact
from domain.errors import IdempotencyKeyReused, StillQueued, SubmissionNotFound
from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.judgement import Judgement, Verdict
from domain.leaderboard import BestScore
from domain.scoring import rounded
from domain.submission import Submission, SubmissionKind, SubmissionStatus, WorkClass, after

_NOT_RUN = frozenset({Verdict.SKIPPED, Verdict.JUDGE_ERROR})
"""Verdicts of tests that say nothing of the program."""


@dataclass(slots=True, kw_only=True)
class _Record:
    """One submission with all that hangs on it; all it holds is immutable, so nothing is copied.

    `version` is what the pending judgement is to be made on, `failures` how often it failed.
    """

    submission: Submission
    handed_in: HandedIn
    version: int | None
    key: IdempotencyKey | None
    failures: int = 0
    lease: Lease | None = None
    not_before: datetime | None = None
    judgements: dict[int, Judgement] = field(default_factory=dict)

    @property
    def held_until(self) -> datetime | None:
        """From when it can be claimed, if a judgement is pending; None: at any time."""
        return self.not_before if self.lease is None else self.lease.expires_at

    def is_due(self, now: datetime) -> bool:
        return self.held_until is None or self.held_until <= now

    def is_being_judged(self, now: datetime) -> bool:
        return self.lease is not None and now < self.lease.expires_at


class MemorySubmissionRepository(SubmissionRepository):
    """Every method takes effect at once, between two turns of the event loop."""

    def __init__(self) -> None:
        self._records: dict[SubmissionId, _Record] = {}
        self._pending: dict[SubmissionId, _Record] = {}
        self._keys: dict[tuple[UserId, str, str], _Record] = {}

    async def add(
        self, submission: Submission, handed_in: HandedIn, key: IdempotencyKey | None
    ) -> Submission:
        await _others_first()
        earlier = self._created_by(key, submission.submitted_at)
        if earlier is not None:
            return earlier
        if submission.id in self._records:
            raise ValueError(f"{submission.id!r} is stored already")
        record = _Record(
            submission=submission,
            handed_in=handed_in,
            version=submission.challenge_version,
            key=key,
        )
        self._records[submission.id] = record
        if submission.pending_number is not None:
            self._pending[submission.id] = record
        if key is not None:
            self._keys[_place(key)] = record
        return submission

    def _created_by(self, key: IdempotencyKey | None, now: datetime) -> Submission | None:
        record = None if key is None else self._keys.get(_place(key))
        if record is None or now - record.submission.submitted_at > IDEMPOTENCY_LIFETIME:
            return None
        if record.key != key:
            raise IdempotencyKeyReused
        return record.submission

    async def created_by(self, key: IdempotencyKey, now: datetime) -> Submission | None:
        await _others_first()
        return self._created_by(key, now)

    async def get(self, submission_id: SubmissionId) -> Submission | None:
        await _others_first()
        record = self._records.get(submission_id)
        return None if record is None else record.submission

    async def handed_in(self, submission_id: SubmissionId) -> HandedIn | None:
        await _others_first()
        record = self._records.get(submission_id)
        return None if record is None else record.handed_in

    async def judgement(self, submission_id: SubmissionId, number: int) -> Judgement | None:
        await _others_first()
        record = self._records.get(submission_id)
        return None if record is None else record.judgements.get(number)

    async def list(
        self, which: SubmissionFilter, *, before: SubmissionId | None, limit: int
    ) -> Sequence[Submission]:
        await _others_first()
        found = [s for s in self._all() if _matches(s, which) and (before is None or s.id < before)]
        return sorted(found, key=lambda s: s.id, reverse=True)[:limit]

    async def claim_next(
        self,
        classes: Sequence[WorkClass],
        now: datetime,
        lease: Lease,
        languages: Collection[LanguageId] | None = None,
    ) -> Claim | None:
        await _others_first()
        due = [
            record
            for record in self._pending.values()
            if record.is_due(now) and (languages is None or record.submission.language in languages)
        ]
        busy = Counter(
            record.submission.user_id
            for record in self._pending.values()
            if record.is_being_judged(now)
        )
        for work_class in classes:
            mine = [record for record in due if record.submission.work_class is work_class]
            if mine:
                return _claimed(min(mine, key=lambda r: _turn(r.submission, busy)), lease)
        return None

    async def extend(self, claim: Claim, expires_at: datetime) -> None:
        await _others_first()
        record, lease = self._held(claim)
        record.lease = replace(lease, expires_at=expires_at)

    async def hand_back(self, claim: Claim, *, not_before: datetime, failed: bool) -> None:
        await _others_first()
        record, _ = self._held(claim)
        _release(record, failed=failed)
        record.not_before = not_before

    async def record_outcome(self, claim: Claim, judgement: Judgement) -> Submission:
        await _others_first()
        stored = _as_stored(judgement)
        applied = self._records.get(claim.submission.id)
        if applied is not None and applied.judgements.get(stored.number) == stored:
            return applied.submission
        record, _ = self._held(claim)
        record.judgements[stored.number] = stored
        record.submission = after(record.submission, stored)
        record.lease = None
        del self._pending[record.submission.id]
        return record.submission

    async def release_worker(self, worker: str) -> int:
        await _others_first()
        held = [
            record
            for record in self._pending.values()
            if record.lease is not None and record.lease.worker == worker
        ]
        for record in held:
            _release(record, failed=True)
        return len(held)

    async def request_rejudge(self, submission_id: SubmissionId, *, version: int | None) -> int:
        await _others_first()
        record = self._records.get(submission_id)
        if record is None:
            raise SubmissionNotFound(submission_id)
        submission = record.submission
        if submission.judgement_number == 0:
            raise StillQueued(submission_id)
        if submission.pending_number is not None:
            return submission.pending_number
        number = max(record.judgements) + 1
        record.submission = replace(submission, pending_number=number, attempt=0)
        record.version = version
        record.failures = 0
        self._pending[submission_id] = record
        return number

    async def queue_state(self, now: datetime) -> QueueState:
        await _others_first()
        pending = self._pending.values()
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

    async def remove_expired_runs(self, now: datetime) -> int:
        await _others_first()
        expired = [r for r in self._records.values() if _is_over(r, now)]
        for record in expired:
            del self._records[record.submission.id]
            self._pending.pop(record.submission.id, None)
            if record.key is not None and self._keys[_place(record.key)] is record:
                del self._keys[_place(record.key)]
        return len(expired)

    async def progress_of(self, user_id: UserId) -> Mapping[ChallengeId, ChallengeProgress]:
        await _others_first()
        by_challenge: defaultdict[ChallengeId, list[Submission]] = defaultdict(list)
        for submission in self._all():
            if _is_scored(submission) and submission.user_id == user_id:
                by_challenge[_challenge_of(submission)].append(submission)
        return {challenge: _progress(own) for challenge, own in by_challenge.items()}

    async def best_scores(self, challenge_id: ChallengeId | None) -> Sequence[BestScore]:
        await _others_first()
        groups: defaultdict[tuple[UserId, ChallengeId], list[Submission]] = defaultdict(list)
        for submission in self._ranked(challenge_id):
            if submission.verdict is not Verdict.JUDGE_ERROR:
                groups[submission.user_id, _challenge_of(submission)].append(submission)
        return [_best(own) for own in groups.values()]

    async def judged_facts(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[JudgedFact]:
        await _others_first()
        found = [s for s in self._ranked(challenge_id) if _is_within(s, since, until)]
        return [_fact(submission) for submission in sorted(found, key=lambda s: s.id)]

    async def test_failures(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        await _others_first()
        runs: Counter[tuple[int, int]] = Counter()
        failures: Counter[tuple[int, int]] = Counter()
        for submission in self._ranked(challenge_id):
            if not _is_within(submission, since, until):
                continue
            for place, verdict in self._verdicts(submission):
                runs[place] += 1
                failures[place] += verdict is not Verdict.ACCEPTED
        return [
            TestFailures(version=place[0], ordinal=place[1], runs=runs[place], failures=n)
            for place, n in sorted(failures.items())
        ]

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return

    def _all(self) -> Iterator[Submission]:
        return (record.submission for record in self._records.values())

    def _ranked(self, challenge_id: ChallengeId | None) -> Iterator[Submission]:
        """The ranked and done submissions of the challenge, or of all of them."""
        return (
            submission
            for submission in self._all()
            if _is_scored(submission)
            and submission.ranked
            and submission.status is SubmissionStatus.DONE
            and challenge_id in {None, submission.challenge_id}
        )

    def _held(self, claim: Claim) -> tuple[_Record, Lease]:
        record = self._records.get(claim.submission.id)
        if record is None or record.lease is None or record.lease.token != claim.lease.token:
            raise LeaseLost
        return record, record.lease

    def _verdicts(self, submission: Submission) -> Iterator[tuple[tuple[int, int], Verdict]]:
        """(version, ordinal) and verdict of each test that was run in the judgement that counts."""
        judgement = self._records[submission.id].judgements[submission.judgement_number]
        version = judgement.challenge_version or 0
        return (
            ((version, test.ordinal), test.verdict)
            for test in judgement.tests
            if test.verdict not in _NOT_RUN
        )


async def _others_first() -> None:
    """Give way once, as a real store would: what races there must be able to race here."""
    await asyncio.sleep(0)


def _place(key: IdempotencyKey) -> tuple[UserId, str, str]:
    return key.user_id, key.route, key.key


def _turn(submission: Submission, busy: Counter[UserId]) -> tuple[int, SubmissionId]:
    return busy[submission.user_id], submission.id


def _claimed(record: _Record, lease: Lease) -> Claim:
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


def _release(record: _Record, *, failed: bool) -> None:
    first = record.submission.judgement_number == 0
    record.failures += failed
    record.lease = None
    if first:
        record.submission = replace(record.submission, status=SubmissionStatus.QUEUED)


def _as_stored(judgement: Judgement) -> Judgement:
    """With every score as exact as scores are stored: 6 places."""
    return replace(
        judgement,
        score=_stored(judgement.score),
        max_score=_stored(judgement.max_score),
        tests=tuple(
            replace(test, score=_stored(test.score), max_score=_stored(test.max_score))
            for test in judgement.tests
        ),
    )


def _stored(score: Fraction) -> Fraction:
    return Fraction(rounded(score))


def _matches(submission: Submission, which: SubmissionFilter) -> bool:
    return (
        submission.kind is which.kind
        and which.user_id in {None, submission.user_id}
        and which.challenge_id in {None, submission.challenge_id}
        and which.status in {None, submission.status}
        and which.verdict in {None, submission.verdict}
        and which.language in {None, submission.language}
    )


def _is_over(record: _Record, now: datetime) -> bool:
    """Whether it is a run that has expired and that nobody judges."""
    submission = record.submission
    return (
        submission.kind is SubmissionKind.RUN
        and submission.expires_at is not None
        and submission.expires_at <= now
        and not record.is_being_judged(now)
    )


def _is_scored(submission: Submission) -> bool:
    """Whether it is more than a run, so that it belongs to a challenge and has a score."""
    return submission.kind is SubmissionKind.SUBMISSION and submission.challenge_id is not None


def _challenge_of(submission: Submission) -> ChallengeId:
    if submission.challenge_id is None:
        raise ValueError(f"{submission.id!r} belongs to no challenge")
    return submission.challenge_id


def _score_of(submission: Submission) -> Fraction:
    return submission.score or Fraction(0)


def _progress(own: Sequence[Submission]) -> ChallengeProgress:
    judged = [
        submission
        for submission in own
        if submission.status is SubmissionStatus.DONE
        and submission.verdict is not Verdict.JUDGE_ERROR
    ]
    return ChallengeProgress(
        best_score=max((_score_of(submission) for submission in judged), default=Fraction(0)),
        solved=any(submission.verdict is Verdict.ACCEPTED for submission in judged),
    )


def _best(own: Sequence[Submission]) -> BestScore:
    best = min(own, key=lambda submission: (-_score_of(submission), submission.submitted_at))
    return BestScore(
        user_id=best.user_id,
        challenge_id=_challenge_of(best),
        score=_score_of(best),
        solved=any(submission.verdict is Verdict.ACCEPTED for submission in own),
        reached_at=best.submitted_at,
    )


def _is_within(submission: Submission, since: date | None, until: date | None) -> bool:
    day = submission.submitted_at.astimezone(UTC).date()
    return (since is None or since <= day) and (until is None or day <= until)


def _fact(submission: Submission) -> JudgedFact:
    if submission.verdict is None:
        raise ValueError(f"{submission.id!r} is done without a verdict")
    return JudgedFact(
        submission_id=submission.id,
        user_id=submission.user_id,
        challenge_id=_challenge_of(submission),
        language=submission.language,
        verdict=submission.verdict,
        score=_score_of(submission),
        max_score=submission.max_score or Fraction(0),
        cpu_ms=submission.cpu_ms,
        submitted_at=submission.submitted_at,
    )
