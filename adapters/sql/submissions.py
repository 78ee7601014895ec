"""Submissions in a SQL database: each method is one transaction, done in one visit."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from sqlalchemy import select

from adapters.documents.judgements import packed
from adapters.sql import adding_up, claims, intake, line, lookups, outcomes
from adapters.sql.engine import Clash, SqlEngine
from adapters.sql.tables import submissions
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
from application.ports.totals import TestFailures
from domain.facts import JudgedFact
from domain.ids import ChallengeId, LanguageId, RejudgeSetId, SubmissionId, UserId
from domain.judgement import Judgement
from domain.leaderboard import BestScore
from domain.submission import Submission, WorkClass

_ANY_SUBMISSION = select(submissions.c.id).limit(1)


class SqlSubmissionRepository(SubmissionRepository):
    """Closes the engine that it is given."""

    def __init__(self, engine: SqlEngine) -> None:
        self._engine = engine

    async def add(
        self, submission: Submission, handed_in: HandedIn, key: IdempotencyKey | None
    ) -> Submission:
        work = partial(intake.add, submission=submission, handed_in=handed_in, key=key)
        again = partial(intake.add_again, submission=submission, handed_in=handed_in, key=key)
        try:
            return await self._engine.write(work, again)
        except Clash:
            if key is None:
                raise
            return await self._engine.write(work, again)  # who came first with that key is found

    async def created_by(self, key: IdempotencyKey, now: datetime) -> Submission | None:
        return await self._engine.read(partial(intake.created_by, key=key, now=now))

    async def get(self, submission_id: SubmissionId) -> Submission | None:
        return await self._engine.read(partial(lookups.get, submission_id=submission_id))

    async def handed_in(self, submission_id: SubmissionId) -> HandedIn | None:
        return await self._engine.read(partial(lookups.handed_in, submission_id=submission_id))

    async def judgement(self, submission_id: SubmissionId, number: int) -> Judgement | None:
        return await self._engine.read(
            partial(lookups.judgement, submission_id=submission_id, number=number)
        )

    async def list(
        self, which: SubmissionFilter, *, before: SubmissionId | None, limit: int
    ) -> Sequence[Submission]:
        return await self._engine.read(
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
        next_, again = (
            partial(work, classes=classes, now=now, lease=lease, languages=languages, served=served)
            for work in (claims.claim_next, claims.claim_again)
        )
        return await self._engine.write(next_, again)

    async def extend(self, claim: Claim, expires_at: datetime) -> None:
        work = partial(claims.extend, claim=claim, expires_at=expires_at)
        await self._engine.write(work, work)

    async def hand_back(self, claim: Claim, *, not_before: datetime, failed: bool) -> None:
        await self._engine.write(
            partial(claims.hand_back, claim=claim, not_before=not_before, failed=failed),
            partial(claims.hand_back_again, claim=claim, not_before=not_before, failed=failed),
        )

    async def record_outcome(self, claim: Claim, judgement: Judgement) -> Submission:
        payload = await asyncio.to_thread(packed, judgement)  # megabytes, outside the transaction
        work = partial(outcomes.record, claim=claim, judgement=judgement, payload=payload)
        return await self._engine.write(work, work)

    async def release_worker(self, worker: str) -> int:
        work = partial(claims.release_worker, worker=worker)
        return await self._engine.write(work, work)

    async def request_rejudge(
        self,
        submission_id: SubmissionId,
        *,
        version: int | None,
        shadow_of: RejudgeSetId | None = None,
    ) -> int:
        work = partial(
            outcomes.request_rejudge,
            submission_id=submission_id,
            version=version,
            shadow_of=shadow_of,
        )
        return await self._engine.write(work, work)

    async def withdraw_shadow(
        self, submission_id: SubmissionId, number: int, *, shadow_of: RejudgeSetId
    ) -> None:
        work = partial(
            outcomes.withdraw_shadow,
            submission_id=submission_id,
            number=number,
            shadow_of=shadow_of,
        )
        await self._engine.write(work, work)

    async def apply_judgements(self, choices: Sequence[ShadowChoice]) -> Collection[SubmissionId]:
        work = partial(outcomes.apply, choices=choices)
        return await self._engine.write(work, work)

    async def queue_state(self, now: datetime) -> QueueState:
        return await self._engine.read(partial(claims.queue_state, now=now))

    async def position_of(self, submission_id: SubmissionId, now: datetime) -> int | None:
        return await self._engine.read(
            partial(line.position_of, submission_id=submission_id, now=now)
        )

    async def remove_expired_runs(self, now: datetime) -> int:
        work = partial(intake.remove_expired_runs, now=now)
        return await self._engine.write(work, work)

    async def progress_of(self, user_id: UserId) -> Mapping[ChallengeId, ChallengeProgress]:
        return await self._engine.read(partial(adding_up.progress_of, user_id=user_id))

    async def best_scores(self, challenge_id: ChallengeId | None) -> Sequence[BestScore]:
        return await self._engine.read(partial(adding_up.best_scores, challenge_id=challenge_id))

    async def judged_facts(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[JudgedFact]:
        return await self._engine.read(
            partial(adding_up.judged_facts, challenge_id=challenge_id, since=since, until=until)
        )

    async def test_failures(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        return await self._engine.read(
            partial(adding_up.test_failures, challenge_id=challenge_id, since=since, until=until)
        )

    async def check(self) -> None:
        await self._engine.read(lambda connection: connection.execute(_ANY_SUBMISSION).first())

    async def close(self) -> None:
        await self._engine.close()
