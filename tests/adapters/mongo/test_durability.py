"""A server that is killed at any moment has what it acknowledged, and each outcome once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from pymongo import MongoClient

from adapters.mongo.submissions import MongoSubmissionRepository
from application.ports.storage import StoreUnavailable
from application.ports.submissions import Claim, LeaseLost, SubmissionFilter, SubmissionRepository
from domain.ids import SubmissionId
from domain.submission import Submission, SubmissionStatus, WorkClass
from tests.contracts.values import (
    NOW,
    handed_in,
    idempotency_key,
    judged,
    judgement,
    lease,
    submission,
)
from tests.services.process import PrivateServer

ALL = tuple(WorkClass)
KILLS = 3
MANY = 48
T = TypeVar("T")


@dataclass
class Crowd:
    """Candidates and workers who ask again until they have an answer; the clock is an hour a try.

    So each lease has run out when the next claim is made, as if the workers died, too.
    """

    repository: SubmissionRepository
    acknowledged: list[SubmissionId] = field(default_factory=list)
    outcomes: dict[SubmissionId, Submission] = field(default_factory=dict)
    tries: int = 0

    async def hand_in(self, who: int, count: int) -> None:
        for number in range(count):
            given = submission(f"s{who}-{number:03}")
            key = idempotency_key(key=given.id)
            stored = await _asked(lambda: self.repository.add(given, handed_in(given.id), key))  # noqa: B023
            self.acknowledged.append(stored.id)

    async def judge(self, worker: str) -> None:
        while len(self.outcomes) < MANY:
            claim = await _asked(lambda: self._claim(worker))
            if claim is None:
                await asyncio.sleep(0.05)
                continue
            outcome = judgement(score=self.tries, tests=(judged(output=claim.lease.token),))
            try:
                done = await _asked(lambda: self.repository.record_outcome(claim, outcome))  # noqa: B023
            except LeaseLost:
                continue
            assert self.outcomes.setdefault(done.id, done) == done

    async def _claim(self, worker: str) -> Claim | None:
        self.tries += 1
        now = NOW + timedelta(hours=self.tries)
        own = lease(f"t{self.tries}", worker=worker, expires_at=now + timedelta(hours=20))
        return await self.repository.claim_next(ALL, now, own)


async def test_nothing_acknowledged_is_lost_and_each_outcome_is_there_once(
    server: tuple[PrivateServer, str],
) -> None:
    repository = MongoSubmissionRepository(f"{server[1]}durable")
    crowd = Crowd(repository)
    work = asyncio.gather(
        *(crowd.hand_in(who, MANY // 3) for who in range(3)),
        *(crowd.judge(f"w{n}") for n in range(3)),
    )
    for kill in range(1, KILLS + 1):
        while len(crowd.outcomes) < kill * MANY // (KILLS + 1):  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0.005)
        await asyncio.to_thread(server[0].kill)
        server[0].start()
    await work

    stored = await repository.list(SubmissionFilter(), before=None, limit=2 * MANY)
    assert sorted(one.id for one in stored) == sorted(crowd.acknowledged)
    assert {one.id: one for one in stored} == crowd.outcomes
    assert {one.status for one in stored} == {SubmissionStatus.DONE}
    assert {one.judgement_number for one in stored} == {1}
    for one in stored:
        read = await repository.judgement(one.id, 1)
        assert read is not None
        assert read.score == one.score
    await repository.close()
    assert _judgements(server[1]) == MANY


def _judgements(uri: str) -> int:
    client: MongoClient[dict[str, Any]] = MongoClient(uri)
    with client:
        return client["durable"]["judgements"].count_documents({})


async def _asked(question: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await question()
        except StoreUnavailable:
            await asyncio.sleep(0.05)
