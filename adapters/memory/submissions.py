"""Submissions and their judgements in dictionaries."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from adapters.memory import adding_up, claims
from adapters.memory.records import Record
from application.ports.idempotency import IDEMPOTENCY_LIFETIME, IdempotencyKey
from application.ports.submissions import (
    NOBODY,
    ChallengeProgress,
    Claim,
    HandedIn,
    Lease,
    LeaseLost,
    QueueState,
    ShadowChoice,
    SubmissionFilter,
    SubmissionRepository,
)
from application.ports.totals import TestFailures
from domain.errors import (
    IdempotencyKeyReused,
    JudgementPending,
    StillQueued,
    SubmissionNotFound,
)
from domain.facts import JudgedFact
from domain.ids import ChallengeId, LanguageId, RejudgeSetId, SubmissionId, UserId
from domain.judgement import Judgement
from domain.leaderboard import BestScore
from domain.scoring import rounded
from domain.submission import Submission, SubmissionKind, WorkClass, after, with_outcome


class MemorySubmissionRepository(SubmissionRepository):
    """Every method takes effect at once, between two turns of the event loop."""

    def __init__(self) -> None:
        self._records: dict[SubmissionId, Record] = {}
        self._pending: dict[SubmissionId, Record] = {}
        self._keys: dict[tuple[UserId, str, str], Record] = {}

    async def add(
        self, submission: Submission, handed_in: HandedIn, key: IdempotencyKey | None
    ) -> Submission:
        await _others_first()
        earlier = self._created_by(key, submission.submitted_at)
        if earlier is not None:
            return earlier
        if submission.id in self._records:
            raise ValueError(f"{submission.id!r} is stored already")
        record = Record(
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
        served: Mapping[UserId, int] = NOBODY,
    ) -> Claim | None:
        await _others_first()
        pending = self._pending.values()
        return claims.claim_next(
            pending,
            classes=classes,
            now=now,
            lease=lease,
            languages=languages,
            served=served,
        )

    async def extend(self, claim: Claim, expires_at: datetime) -> None:
        await _others_first()
        record, lease = self._held(claim)
        record.lease = replace(lease, expires_at=expires_at)

    async def hand_back(self, claim: Claim, *, not_before: datetime, failed: bool) -> None:
        await _others_first()
        record, _ = self._held(claim)
        claims.release(record, failed=failed)
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
            claims.release(record, failed=True)
        return len(held)

    async def request_rejudge(
        self,
        submission_id: SubmissionId,
        *,
        version: int | None,
        shadow_of: RejudgeSetId | None = None,
    ) -> int:
        await _others_first()
        record = self._records.get(submission_id)
        if record is None:
            raise SubmissionNotFound(submission_id)
        submission = record.submission
        if submission.judgement_number == 0:
            raise StillQueued(submission_id)
        if submission.pending_number is not None and submission.shadow_of == shadow_of:
            return submission.pending_number
        if submission.pending_number is not None and shadow_of is not None:
            raise JudgementPending(submission_id)
        number = max([*record.judgements, submission.pending_number or 0]) + 1
        record.submission = replace(
            submission, pending_number=number, attempt=0, shadow_of=shadow_of
        )
        record.version = version
        record.failures = 0
        record.lease = None
        record.not_before = None
        self._pending[submission_id] = record
        return number

    async def withdraw_shadow(
        self, submission_id: SubmissionId, number: int, *, shadow_of: RejudgeSetId
    ) -> None:
        await _others_first()
        record = self._pending.get(submission_id)
        if record is None or record.submission.pending_number != number:
            return
        if record.submission.shadow_of == shadow_of:
            record.submission = replace(record.submission, pending_number=None, shadow_of=None)
            record.lease = None
            del self._pending[submission_id]

    async def apply_judgements(self, choices: Sequence[ShadowChoice]) -> Collection[SubmissionId]:
        await _others_first()
        for choice in choices:
            record = self._records.get(choice.submission_id)
            if record is None or record.submission.judgement_number != choice.base:
                continue
            if choice.number in record.judgements:
                stored = record.judgements[choice.number]
                record.submission = with_outcome(record.submission, stored)
        return {one.submission_id for one in choices if self._counts(one)}

    def _counts(self, choice: ShadowChoice) -> bool:
        record = self._records.get(choice.submission_id)
        return record is not None and record.submission.judgement_number == choice.number

    async def queue_state(self, now: datetime) -> QueueState:
        await _others_first()
        return claims.queue_state(self._pending.values(), now=now)

    async def position_of(self, submission_id: SubmissionId, now: datetime) -> int | None:
        await _others_first()
        record = self._pending.get(submission_id)
        if record is None or record.is_being_judged(now):
            return None
        return claims.position_of(record.submission, self._pending.values(), now=now)

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
        return adding_up.progress_of(self._records.values(), user_id=user_id)

    async def best_scores(self, challenge_id: ChallengeId | None) -> Sequence[BestScore]:
        await _others_first()
        return adding_up.best_scores(self._records.values(), challenge_id=challenge_id)

    async def judged_facts(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[JudgedFact]:
        await _others_first()
        records = self._records.values()
        return adding_up.judged_facts(records, challenge_id=challenge_id, since=since, until=until)

    async def test_failures(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        await _others_first()
        records = self._records.values()
        return adding_up.test_failures(records, challenge_id=challenge_id, since=since, until=until)

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return

    @property
    def records(self) -> Mapping[SubmissionId, Record]:
        """All of them, for who keeps count of them beside this."""
        return self._records

    def _all(self) -> Iterator[Submission]:
        return (record.submission for record in self._records.values())

    def _held(self, claim: Claim) -> tuple[Record, Lease]:
        record = self._records.get(claim.submission.id)
        if record is None or record.lease is None or record.lease.token != claim.lease.token:
            raise LeaseLost
        return record, record.lease


async def _others_first() -> None:
    """Give way once, as a real store would: what races there must be able to race here."""
    await asyncio.sleep(0)


def _place(key: IdempotencyKey) -> tuple[UserId, str, str]:
    return key.user_id, key.route, key.key


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
        and (which.since is None or which.since <= submission.submitted_at)
        and (which.until is None or submission.submitted_at < which.until)
    )


def _is_over(record: Record, now: datetime) -> bool:
    """Whether it is a run that has expired and that nobody judges."""
    submission = record.submission
    return (
        submission.kind is SubmissionKind.RUN
        and submission.expires_at is not None
        and submission.expires_at <= now
        and not record.is_being_judged(now)
    )
