"""Many at once, on a real server: nothing is had twice, nothing is missed, nothing is left over."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.mongo.submissions import MongoSubmissionRepository
from application.ports.submissions import Claim, LeaseLost, SubmissionRepository
from domain.ids import UserId
from domain.judgement import Judgement
from domain.submission import WorkClass
from tests.adapters.mongo.house import House
from tests.contracts.values import NOW, handed_in, judgement, lease, run, submission

pytestmark = pytest.mark.usefixtures("patience")

ALL = tuple(WorkClass)
S1 = submission().id
LEASE_END = lease().expires_at


async def test_fifty_who_claim_until_nothing_is_left_claim_each_piece_once(
    uri: str, submissions: MongoSubmissionRepository
) -> None:
    """From two processes' connections, work of several users and classes."""
    other = MongoSubmissionRepository(uri)
    names = [f"s{n:03}" for n in range(60)]
    for n, name in enumerate(names):
        given = run(name) if n % 3 == 0 else submission(name)
        user = UserId(f"u{n % 7}")
        await submissions.add(replace(given, user_id=user), handed_in(), None)

    async def claim_all(who: int) -> list[str]:
        repository = submissions if who % 2 else other
        claimed: list[str] = []
        while True:
            token = f"{who}.{len(claimed)}"
            claim = await repository.claim_next(ALL, NOW, lease(token))
            if claim is None:
                return claimed
            claimed.append(claim.submission.id)

    claimed = await asyncio.gather(*(claim_all(who) for who in range(50)))
    await other.close()
    assert sorted(name for names in claimed for name in names) == names


async def test_a_judgement_that_lost_its_race_leaves_nothing(
    submissions: MongoSubmissionRepository, house: House
) -> None:
    old, new = await _two_claims(submissions)
    with pytest.raises(LeaseLost):
        await submissions.record_outcome(old, judgement(score=1))
    assert house.count_judgements() == 0
    await submissions.record_outcome(new, judgement(score=2))
    with pytest.raises(LeaseLost):
        await submissions.record_outcome(old, judgement(score=1))
    assert house.count_judgements() == 1


async def test_what_a_dead_worker_had_written_is_never_seen_and_goes_with_the_next_try(
    submissions: MongoSubmissionRepository, house: House
) -> None:
    _, new = await _two_claims(submissions)
    orphan = {"_id": "o", "schema": 1, "submission_id": S1, "number": 1, "payload": b"torn"}
    house.database["judgements"].insert_one(orphan)
    assert await submissions.judgement(S1, 1) is None
    await submissions.record_outcome(new, judgement())
    assert await submissions.judgement(S1, 1) == judgement()
    assert house.count_judgements() == 1


async def test_of_different_outcomes_of_one_claim_the_applied_one_is_read(
    submissions: MongoSubmissionRepository, house: House
) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await submissions.claim_next(ALL, NOW, lease())
    assert claim is not None
    given = [judgement(score=n) for n in range(8)]
    await asyncio.gather(
        *(submissions.record_outcome(claim, one) for one in given), return_exceptions=True
    )
    stored = await submissions.get(S1)
    read = await submissions.judgement(S1, 1)
    assert stored is not None
    assert read is not None
    assert read.score == stored.score
    assert house.count_judgements() == 1


async def test_judgements_of_forgotten_runs_are_forgotten(
    submissions: MongoSubmissionRepository, house: House
) -> None:
    await submissions.add(submission("kept"), handed_in(), None)
    await submissions.add(run("gone", expires_at=NOW), handed_in(), None)
    for token in ("t1", "t2"):
        claim = await submissions.claim_next(ALL, NOW, lease(token))
        assert claim is not None
        await submissions.record_outcome(claim, judgement())
    assert await submissions.remove_expired_runs(NOW) == 1
    assert house.count_judgements() == 1
    assert await submissions.judgement(submission("kept").id, 1) == judgement()


async def test_readers_see_an_outcome_whole_or_not_at_all(
    submissions: MongoSubmissionRepository,
) -> None:
    """With a judgement that takes a while to write."""
    await submissions.add(submission(), handed_in(), None)
    claim = await submissions.claim_next(ALL, NOW, lease())
    assert claim is not None
    writing = asyncio.create_task(submissions.record_outcome(claim, judgement(score=5)))
    seen: list[tuple[int, Judgement | None]] = []
    while not writing.done():
        stored = await submissions.get(S1)
        assert stored is not None
        seen.append((stored.judgement_number, await submissions.judgement(S1, 1)))
    await writing
    seen.append((1, await submissions.judgement(S1, 1)))
    assert all(read is not None for number, read in seen if number)


async def _two_claims(submissions: SubmissionRepository) -> tuple[Claim, Claim]:
    """One whose lease ran out, and the one that took the work over."""
    await submissions.add(submission(), handed_in(), None)
    old = await submissions.claim_next(ALL, NOW, lease("old"))
    later = LEASE_END + timedelta(hours=1)
    new = await submissions.claim_next(ALL, LEASE_END, lease("new", expires_at=later))
    assert old is not None
    assert new is not None
    return old, new
