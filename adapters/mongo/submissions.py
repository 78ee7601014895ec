"""Submissions in MongoDB, one document each; what somebody waits for is quick or refused."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from adapters.documents.judgements import packed
from adapters.mongo import adding_up, claims, intake, lookups, outcomes
from adapters.mongo.client import MongoConnection
from adapters.mongo.schema import prepare
from application.ports.idempotency import IdempotencyKey
from application.ports.submissions import (
    NOBODY,
    ChallengeProgress,
    Claim,
    HandedIn,
    Lease,
    QueueState,
    ShadowChoice,
    SubmissionFilter,
    SubmissionRepository,
)
from application.ports.telemetry import SILENT, Telemetry
from application.ports.totals import TestFailures
from domain.facts import JudgedFact
from domain.ids import ChallengeId, LanguageId, RejudgeSetId, SubmissionId, UserId
from domain.judgement import Judgement
from domain.leaderboard import BestScore
from domain.submission import Submission, WorkClass


class MongoSubmissionRepository(SubmissionRepository):
    """In the database that the address names, or in `assay`; a single server is enough."""

    def __init__(self, uri: str, telemetry: Telemetry = SILENT) -> None:
        self._mongo = MongoConnection(uri, prepare, telemetry)

    async def add(
        self, submission: Submission, handed_in: HandedIn, key: IdempotencyKey | None
    ) -> Submission:
        return await self._mongo.quickly(
            partial(intake.add, submission=submission, handed_in=handed_in, key=key)
        )

    async def created_by(self, key: IdempotencyKey, now: datetime) -> Submission | None:
        return await self._mongo.quickly(partial(intake.created_by, key=key, now=now))

    async def get(self, submission_id: SubmissionId) -> Submission | None:
        return await self._mongo.quickly(partial(lookups.get, submission_id=submission_id))

    async def handed_in(self, submission_id: SubmissionId) -> HandedIn | None:
        return await self._mongo.quickly(partial(lookups.handed_in, submission_id=submission_id))

    async def judgement(self, submission_id: SubmissionId, number: int) -> Judgement | None:
        return await self._mongo.quickly(
            partial(lookups.judgement, submission_id=submission_id, number=number)
        )

    async def list(
        self, which: SubmissionFilter, *, before: SubmissionId | None, limit: int
    ) -> Sequence[Submission]:
        return await self._mongo.quickly(
            partial(lookups.page, which=which, before=before, limit=limit)
        )

    async def claim_next(
        self,
        classes: Sequence[WorkClass],
        now: datetime,
        lease: Lease,
        languages: Collection[LanguageId] | None = None,
        served: Mapping[UserId, int] = NOBODY,
    ) -> Claim | None:
        return await self._mongo.patiently(
            partial(
                claims.claim_next,
                classes=classes,
                now=now,
                lease=lease,
                languages=languages,
                served=served,
            )
        )

    async def extend(self, claim: Claim, expires_at: datetime) -> None:
        await self._mongo.quickly(partial(claims.extend, claim=claim, expires_at=expires_at))

    async def hand_back(self, claim: Claim, *, not_before: datetime, failed: bool) -> None:
        await self._mongo.quickly(
            partial(claims.hand_back, claim=claim, not_before=not_before, failed=failed)
        )

    async def record_outcome(self, claim: Claim, judgement: Judgement) -> Submission:
        payload = await asyncio.to_thread(packed, judgement)  # of megabytes it takes a while
        return await self._mongo.patiently(
            partial(outcomes.record, claim=claim, judgement=judgement, payload=payload)
        )

    async def release_worker(self, worker: str) -> int:
        return await self._mongo.patiently(partial(claims.release_worker, worker=worker))

    async def request_rejudge(
        self,
        submission_id: SubmissionId,
        *,
        version: int | None,
        shadow_of: RejudgeSetId | None = None,
    ) -> int:
        return await self._mongo.quickly(
            partial(
                outcomes.request_rejudge,
                submission_id=submission_id,
                version=version,
                shadow_of=shadow_of,
            )
        )

    async def withdraw_shadow(
        self, submission_id: SubmissionId, number: int, *, shadow_of: RejudgeSetId
    ) -> None:
        await self._mongo.quickly(
            partial(
                outcomes.withdraw_shadow,
                submission_id=submission_id,
                number=number,
                shadow_of=shadow_of,
            )
        )

    async def apply_judgements(self, choices: Sequence[ShadowChoice]) -> Collection[SubmissionId]:
        return await self._mongo.patiently(partial(outcomes.apply, choices=choices))

    async def queue_state(self, now: datetime) -> QueueState:
        return await self._mongo.patiently(partial(claims.queue_state, now=now))

    async def position_of(self, submission_id: SubmissionId, now: datetime) -> int | None:
        return await self._mongo.quickly(
            partial(claims.position_of, submission_id=submission_id, now=now)
        )

    async def remove_expired_runs(self, now: datetime) -> int:
        return await self._mongo.patiently(partial(intake.remove_expired_runs, now=now))

    async def progress_of(self, user_id: UserId) -> Mapping[ChallengeId, ChallengeProgress]:
        return await self._mongo.quickly(partial(adding_up.progress_of, user_id=user_id))

    async def best_scores(self, challenge_id: ChallengeId | None) -> Sequence[BestScore]:
        return await self._mongo.patiently(
            partial(adding_up.best_scores, challenge_id=challenge_id)
        )

    async def judged_facts(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[JudgedFact]:
        return await self._mongo.patiently(
            partial(adding_up.judged_facts, challenge_id=challenge_id, since=since, until=until)
        )

    async def test_failures(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        return await self._mongo.patiently(
            partial(adding_up.test_failures, challenge_id=challenge_id, since=since, until=until)
        )

    async def check(self) -> None:
        await self._mongo.check()

    async def close(self) -> None:
        await self._mongo.close()
