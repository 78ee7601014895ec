"""Judgements beside the outcome that counts: every `SubmissionRepository` keeps this contract."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from application.ports.submissions import (
    Claim,
    LeaseLost,
    ShadowChoice,
    SubmissionFilter,
    SubmissionRepository,
)
from domain.errors import JudgementPending, StillQueued, SubmissionNotFound
from domain.ids import RejudgeSetId, SubmissionId
from domain.judgement import Verdict
from domain.judging import judge_error
from domain.submission import Submission, SubmissionStatus, WorkClass
from tests.contracts.adapters_of import SUBMISSIONS
from tests.contracts.values import (
    ALICE,
    NOW,
    SUM,
    handed_in,
    judged,
    judgement,
    lease,
    submission,
)

S1, S2 = SubmissionId("s1"), SubmissionId("s2")
SET, OTHER_SET = RejudgeSetId("set"), RejudgeSetId("Set")
ALL = tuple(WorkClass)
NEW = judgement(
    2, verdict=Verdict.WRONG_ANSWER, score=40, tests=(judged(1, Verdict.WRONG_ANSWER), judged(2))
)


@pytest.fixture(params=SUBMISSIONS)
async def submissions(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[SubmissionRepository]:
    async with SUBMISSIONS[request.param](tmp_path, clock) as submissions:
        yield submissions


async def test_a_shadow_is_stored_and_changes_nothing_else(
    submissions: SubmissionRepository,
) -> None:
    done = await _done(submissions)
    standing = await _standing(submissions)
    number = await submissions.request_rejudge(S1, version=2, shadow_of=SET)
    pending = await submissions.get(S1)
    assert pending == replace(done, pending_number=2, attempt=0, shadow_of=SET)

    claim = await _claim(submissions)
    assert (claim.number, claim.version, claim.submission.work_class) == (
        number,
        2,
        WorkClass.REJUDGE,
    )
    assert await submissions.record_outcome(claim, NEW) == done
    assert await submissions.get(S1) == done
    assert await submissions.judgement(S1, 2) == NEW
    assert await _standing(submissions) == standing
    assert await submissions.claim_next(ALL, NOW + timedelta(days=1), lease("later")) is None


async def test_asking_again_for_the_same_set_changes_nothing(
    submissions: SubmissionRepository,
) -> None:
    await _done(submissions)
    assert await submissions.request_rejudge(S1, version=1, shadow_of=SET) == 2
    claim = await _claim(submissions)
    assert await submissions.request_rejudge(S1, version=2, shadow_of=SET) == 2
    await submissions.record_outcome(claim, NEW)


async def test_a_shadow_waits_for_what_is_pending_already(
    submissions: SubmissionRepository,
) -> None:
    await _done(submissions)
    await submissions.request_rejudge(S1, version=1)
    with pytest.raises(JudgementPending):
        await submissions.request_rejudge(S1, version=1, shadow_of=SET)
    await submissions.record_outcome(await _claim(submissions), judgement(2))
    assert await submissions.request_rejudge(S1, version=1, shadow_of=SET) == 3
    with pytest.raises(JudgementPending):
        await submissions.request_rejudge(S1, version=1, shadow_of=OTHER_SET)


async def test_a_judgement_that_counts_takes_the_place_of_a_shadow(
    submissions: SubmissionRepository,
) -> None:
    await _done(submissions)
    await submissions.request_rejudge(S1, version=2, shadow_of=SET)
    shadow = await _claim(submissions)
    assert await submissions.request_rejudge(S1, version=1) == 3
    with pytest.raises(LeaseLost):
        await submissions.record_outcome(shadow, NEW)
    claim = await _claim(submissions, "t2")
    assert (claim.number, claim.version, claim.attempt) == (3, 1, 1)
    done = await submissions.record_outcome(claim, judgement(3, score=70))
    assert (done.judgement_number, done.score, done.shadow_of) == (3, Fraction(70), None)
    assert await submissions.judgement(S1, 2) is None


async def test_what_is_not_there_or_not_judged_yet_has_no_shadow(
    submissions: SubmissionRepository,
) -> None:
    with pytest.raises(SubmissionNotFound):
        await submissions.request_rejudge(S1, version=1, shadow_of=SET)
    await submissions.add(submission(S1), handed_in(), None)
    with pytest.raises(StillQueued):
        await submissions.request_rejudge(S1, version=1, shadow_of=SET)


async def test_a_shadow_that_is_withdrawn_is_no_work(submissions: SubmissionRepository) -> None:
    done = await _done(submissions)
    await submissions.request_rejudge(S1, version=1, shadow_of=SET)
    claim = await _claim(submissions)
    await submissions.withdraw_shadow(S1, 2, shadow_of=SET)
    await submissions.withdraw_shadow(S1, 2, shadow_of=SET)
    with pytest.raises(LeaseLost):
        await submissions.record_outcome(claim, NEW)
    assert await submissions.get(S1) == replace(done, attempt=1)
    assert await submissions.claim_next(ALL, NOW + timedelta(days=1), lease("later")) is None


@pytest.mark.parametrize(
    ("number", "of"), [(1, SET), (3, SET), (2, OTHER_SET), (2, RejudgeSetId(""))]
)
async def test_only_the_shadow_that_is_named_is_withdrawn(
    submissions: SubmissionRepository, number: int, of: RejudgeSetId
) -> None:
    await _done(submissions)
    await submissions.request_rejudge(S1, version=1, shadow_of=SET)
    await submissions.withdraw_shadow(S1, number, shadow_of=of)
    await submissions.withdraw_shadow(S2, number, shadow_of=SET)
    assert (await _claim(submissions)).number == 2


async def test_a_judgement_that_counts_is_not_withdrawn(submissions: SubmissionRepository) -> None:
    await _done(submissions)
    await submissions.request_rejudge(S1, version=1)
    await submissions.withdraw_shadow(S1, 2, shadow_of=SET)
    assert (await _claim(submissions)).number == 2


async def test_a_chosen_judgement_counts_as_if_it_had_been_applied_at_once(
    submissions: SubmissionRepository,
) -> None:
    await _with_shadow(submissions)
    await submissions.add(submission(S2), handed_in(), None)
    await submissions.record_outcome(await _claim(submissions), judgement())
    await submissions.request_rejudge(S2, version=1)
    plain = await submissions.record_outcome(await _claim(submissions), NEW)

    assert set(await submissions.apply_judgements([_choice()])) == {S1}
    applied = await submissions.get(S1)
    assert applied == replace(plain, id=S1)
    assert await submissions.judgement(S1, 1) == judgement()
    failures = await submissions.test_failures(SUM, since=None, until=None)
    assert [(one.ordinal, one.failures) for one in failures] == [(1, 2), (2, 0)]
    assert [one.score for one in await submissions.best_scores(SUM)] == [Fraction(40)]


async def test_applying_again_finds_it_applied(submissions: SubmissionRepository) -> None:
    await _with_shadow(submissions)
    await submissions.apply_judgements([_choice()])
    applied = await submissions.get(S1)
    assert set(await submissions.apply_judgements([_choice()])) == {S1}
    assert await submissions.get(S1) == applied


async def test_a_newer_judgement_is_not_replaced(submissions: SubmissionRepository) -> None:
    await _with_shadow(submissions)
    await submissions.request_rejudge(S1, version=1)
    newer = await submissions.record_outcome(await _claim(submissions), judgement(3, score=77))
    assert list(await submissions.apply_judgements([_choice()])) == []
    assert await submissions.get(S1) == newer


async def test_what_is_pending_stays_so_while_a_judgement_is_applied(
    submissions: SubmissionRepository,
) -> None:
    await _with_shadow(submissions)
    await submissions.request_rejudge(S1, version=1)
    claim = await _claim(submissions)
    await submissions.apply_judgements([_choice()])
    applied = await submissions.get(S1)
    assert applied is not None
    assert (applied.judgement_number, applied.pending_number) == (2, 3)
    failed = judge_error(number=3, challenge_version=1, fault="no sandbox", judged_at=NOW)
    await submissions.record_outcome(claim, failed)
    assert await submissions.get(S1) == replace(applied, pending_number=None, attempt=1)


@pytest.mark.parametrize(
    "choice",
    [
        ShadowChoice(submission_id=S1, base=1, number=3),
        ShadowChoice(submission_id=S1, base=3, number=2),
        ShadowChoice(submission_id=S2, base=1, number=2),
    ],
)
async def test_what_cannot_be_applied_changes_nothing(
    submissions: SubmissionRepository, choice: ShadowChoice
) -> None:
    done = await _with_shadow(submissions)
    assert list(await submissions.apply_judgements([choice])) == []
    assert await submissions.get(S1) == done


async def test_of_many_that_apply_at_once_all_find_it_applied(
    submissions: SubmissionRepository,
) -> None:
    await _with_shadow(submissions)
    answers = await asyncio.gather(*(submissions.apply_judgements([_choice()]) for _ in range(8)))
    assert [set(answer) for answer in answers] == [{S1}] * 8
    applied = await submissions.get(S1)
    assert applied is not None
    assert (applied.status, applied.verdict) == (SubmissionStatus.DONE, Verdict.WRONG_ANSWER)


async def test_a_listing_is_narrowed_by_when_it_was_handed_in(
    submissions: SubmissionRepository,
) -> None:
    for hours in range(4):
        at = NOW + timedelta(hours=hours)
        await submissions.add(replace(submission(f"s{hours}"), submitted_at=at), handed_in(), None)
    which = SubmissionFilter(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=3))
    found = await submissions.list(which, before=None, limit=10)
    assert [one.id for one in found] == ["s2", "s1"]


async def _done(submissions: SubmissionRepository) -> Submission:
    await submissions.add(submission(S1), handed_in(), None)
    return await submissions.record_outcome(await _claim(submissions), judgement())


async def _with_shadow(submissions: SubmissionRepository) -> Submission:
    """S1 with judgement 1, which counts, and 2 beside it."""
    await _done(submissions)
    await submissions.request_rejudge(S1, version=1, shadow_of=SET)
    return await submissions.record_outcome(await _claim(submissions), NEW)


def _choice(number: int = 2) -> ShadowChoice:
    return ShadowChoice(submission_id=S1, base=1, number=number)


async def _claim(submissions: SubmissionRepository, named: str = "t1") -> Claim:
    claim = await submissions.claim_next(ALL, NOW, lease(named))
    assert claim is not None
    return claim


async def _standing(submissions: SubmissionRepository) -> list[object]:
    return [
        await submissions.best_scores(SUM),
        await submissions.progress_of(ALICE),
        await submissions.test_failures(SUM, since=None, until=None),
    ]
