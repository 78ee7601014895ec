"""Submissions, claims, judgements: every adapter of `SubmissionRepository` keeps this contract."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from application.ports.idempotency import IDEMPOTENCY_LIFETIME, IdempotencyKey
from application.ports.submissions import (
    ChallengeProgress,
    Claim,
    Lease,
    LeaseLost,
    SubmissionFilter,
    SubmissionRepository,
)
from application.ports.totals import TestFailures
from domain.errors import IdempotencyKeyReused, StillQueued, SubmissionNotFound
from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.judgement import JudgedTest, Judgement, Verdict
from domain.judging import TestScoring, judge_error, judged_test, judgement_of
from domain.leaderboard import BestScore
from domain.limits import Limits
from domain.program import Program, SourceFile
from domain.run import Compilation, Means, Run
from domain.scoring import Scoring, ScoringKind
from domain.stored_output import MAX_STORED_OUTPUT_BYTES
from domain.submission import Submission, SubmissionKind, SubmissionStatus, WorkClass
from tests.contracts.adapters_of import SUBMISSIONS
from tests.contracts.values import (
    ALICE,
    AWKWARD_TEXTS,
    BOB,
    CAROL,
    CPP,
    MAX,
    MICROSECOND,
    NOW,
    PYTHON,
    SECOND,
    SUM,
    handed_in,
    idempotency_key,
    judged,
    judgement,
    lease,
    run,
    submission,
)

S1, S2, S3 = SubmissionId("s1"), SubmissionId("s2"), SubmissionId("s3")
ALL = tuple(WorkClass)
LEASE_END = NOW + timedelta(seconds=30)
FAILED_REJUDGE = judge_error(number=2, challenge_version=2, fault="no sandbox", judged_at=NOW)


@pytest.fixture(params=SUBMISSIONS)
async def submissions(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[SubmissionRepository]:
    async with SUBMISSIONS[request.param](tmp_path, clock) as submissions:
        yield submissions


# --- what is handed in -------------------------------------------------------------------------


async def test_a_submission_comes_back_whole(submissions: SubmissionRepository) -> None:
    given = submission()
    assert await submissions.add(given, handed_in(), None) == given
    assert await submissions.get(S1) == given
    assert await submissions.handed_in(S1) == handed_in()


async def test_a_run_without_a_challenge_comes_back_whole(
    submissions: SubmissionRepository,
) -> None:
    given = replace(run(), challenge_id=None, challenge_version=None)
    await submissions.add(given, handed_in(stdin=""), None)
    assert await submissions.get(given.id) == given
    assert await submissions.handed_in(given.id) == handed_in(stdin="")


async def test_what_is_not_there_is_none(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    assert await submissions.get(S2) is None
    assert await submissions.handed_in(S2) is None
    assert await submissions.judgement(S2, 1) is None
    assert await submissions.judgement(S1, 1) is None


@pytest.mark.parametrize("text", [*AWKWARD_TEXTS, "x" * 65_536, "\U0001f680" * 16_384])
async def test_a_program_and_its_input_come_back_to_the_letter(
    submissions: SubmissionRepository, text: str
) -> None:
    files = (SourceFile(name="b.py", content=text), SourceFile(name="A.py", content=""))
    given = replace(handed_in(stdin=text), program=Program(files=files, entry_point="A.py"))
    await submissions.add(submission(), given, None)
    assert await submissions.handed_in(S1) == given


async def test_a_hundred_files_keep_their_order(submissions: SubmissionRepository) -> None:
    files = tuple(SourceFile(name=f"f{99 - n}", content=f"{n}") for n in range(100))
    given = replace(handed_in(), program=Program(files=files))
    await submissions.add(submission(), given, None)
    assert await submissions.handed_in(S1) == given


async def test_ids_that_differ_in_case_or_by_a_blank_are_different(
    submissions: SubmissionRepository,
) -> None:
    given = [submission(name) for name in ("s", "S", "s ", "\u00df")]
    for one in given:
        await submissions.add(one, handed_in(one.id), None)
    assert [await submissions.get(one.id) for one in given] == given
    assert await submissions.handed_in(SubmissionId("s ")) == handed_in("s ")


async def test_microseconds_and_time_zone_come_back(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(at=NOW.replace(microsecond=1)), handed_in(), None)
    stored = await submissions.get(S1)
    assert stored is not None
    assert stored.submitted_at == NOW.replace(microsecond=1)
    assert stored.submitted_at.utcoffset() == timedelta(0)


# --- idempotency keys --------------------------------------------------------------------------


async def test_the_same_key_and_body_answer_the_first_submission(
    submissions: SubmissionRepository,
) -> None:
    key = idempotency_key()
    await submissions.add(submission(), handed_in("first"), key)
    again = submission("s2", at=NOW + SECOND)
    assert await submissions.add(again, handed_in("first"), key) == submission()
    assert await submissions.get(S2) is None
    assert await submissions.handed_in(S2) is None


async def test_a_repeat_answers_the_submission_as_it_stands(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), idempotency_key())
    done = await _judge(submissions, judgement())
    again = await submissions.add(submission("s2"), handed_in(), idempotency_key())
    assert again == done


async def test_what_a_key_created_is_found_as_long_as_the_key_lives(
    submissions: SubmissionRepository,
) -> None:
    last = NOW + IDEMPOTENCY_LIFETIME
    await submissions.add(submission(), handed_in(), idempotency_key())
    assert await submissions.created_by(idempotency_key(), last) == submission()
    assert await submissions.created_by(idempotency_key(), last + MICROSECOND) is None
    assert await submissions.created_by(idempotency_key(key="other"), NOW) is None
    with pytest.raises(IdempotencyKeyReused):
        await submissions.created_by(idempotency_key(body_hash="H"), NOW)


async def test_the_same_key_with_another_body_is_refused(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), idempotency_key())
    with pytest.raises(IdempotencyKeyReused):
        await submissions.add(submission("s2"), handed_in(), idempotency_key(body_hash="H"))
    assert await submissions.get(S2) is None


@pytest.mark.parametrize(
    "other",
    [
        None,
        idempotency_key(user_id=BOB),
        idempotency_key(user_id=UserId("Alice")),
        idempotency_key(route="POST /X"),
        idempotency_key(key="K"),
        idempotency_key(key="k "),
        idempotency_key(key=""),
    ],
)
async def test_a_key_counts_for_its_user_and_route_alone(
    submissions: SubmissionRepository, other: IdempotencyKey | None
) -> None:
    await submissions.add(submission(), handed_in(), idempotency_key())
    given = submission("s2")
    assert await submissions.add(given, handed_in(), other) == given
    assert await submissions.get(S2) == given


async def test_submissions_without_a_key_do_not_clash(submissions: SubmissionRepository) -> None:
    await submissions.add(submission("s1"), handed_in(), None)
    await submissions.add(submission("s2"), handed_in(), None)
    assert await submissions.get(S2) == submission("s2")


async def test_a_key_lasts_for_its_lifetime_and_is_free_again_then(
    submissions: SubmissionRepository,
) -> None:
    last = NOW + IDEMPOTENCY_LIFETIME
    other_body = idempotency_key(body_hash="other")
    await submissions.add(submission(), handed_in(), idempotency_key())
    second = await submissions.add(submission("s2", at=last), handed_in(), idempotency_key())
    late = submission("s3", at=last + MICROSECOND)
    third = await submissions.add(late, handed_in(), other_body)
    fourth = await submissions.add(submission("s4", at=late.submitted_at), handed_in(), other_body)
    assert [second.id, third.id, fourth.id] == ["s1", "s3", "s3"]


async def test_of_many_uses_of_a_key_at_once_one_creates(
    submissions: SubmissionRepository,
) -> None:
    given = [submission(f"s{n}") for n in range(20)]
    answers = await asyncio.gather(
        *(submissions.add(one, handed_in(), idempotency_key()) for one in given)
    )
    stored = await submissions.list(SubmissionFilter(), before=None, limit=100)
    assert len({answer.id for answer in answers}) == 1
    assert [one.id for one in stored] == [answers[0].id]


# --- listing -----------------------------------------------------------------------------------


async def test_submissions_are_listed_newest_first_in_pages(
    submissions: SubmissionRepository,
) -> None:
    for name in ("b", "A", "c", "a"):
        await submissions.add(submission(name), handed_in(), None)
    first = await submissions.list(SubmissionFilter(), before=None, limit=2)
    rest = await submissions.list(SubmissionFilter(), before=first[-1].id, limit=2)
    none = await submissions.list(SubmissionFilter(), before=rest[-1].id, limit=2)
    assert [one.id for one in (*first, *rest)] == ["c", "b", "a", "A"]
    assert none == []


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (SubmissionFilter(), ["d", "c", "b", "a"]),
        (SubmissionFilter(kind=SubmissionKind.RUN), ["e"]),
        (SubmissionFilter(user_id=BOB), ["c"]),
        (SubmissionFilter(user_id=UserId("ALICE")), []),
        (SubmissionFilter(user_id=BOB, kind=SubmissionKind.RUN), []),
        (SubmissionFilter(challenge_id=MAX), ["b"]),
        (SubmissionFilter(language=CPP), ["d"]),
        (SubmissionFilter(status=SubmissionStatus.QUEUED), ["d", "c"]),
        (SubmissionFilter(status=SubmissionStatus.RUNNING), ["b"]),
        (SubmissionFilter(status=SubmissionStatus.DONE), ["a"]),
        (SubmissionFilter(verdict=Verdict.ACCEPTED), ["a"]),
        (SubmissionFilter(verdict=Verdict.WRONG_ANSWER), []),
        (SubmissionFilter(user_id=ALICE, challenge_id=SUM, language=PYTHON), ["a"]),
    ],
)
async def test_a_filter_narrows_a_listing(
    submissions: SubmissionRepository, which: SubmissionFilter, expected: list[str]
) -> None:
    await submissions.add(submission("a"), handed_in(), None)
    await _judge(submissions, judgement())
    await submissions.add(submission("b", to=MAX), handed_in(), None)
    await _claim(submissions)
    await submissions.add(submission("c", of=BOB), handed_in(), None)
    await submissions.add(submission("d", language=CPP), handed_in(), None)
    await submissions.add(run("e"), handed_in(), None)
    found = await submissions.list(which, before=None, limit=10)
    assert [one.id for one in found] == expected


# --- claiming ----------------------------------------------------------------------------------


async def test_a_claim_holds_all_that_judging_needs(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in("x", stdin=" "), None)
    claim = await submissions.claim_next(ALL, NOW, lease())
    running = replace(submission(), status=SubmissionStatus.RUNNING, attempt=1)
    assert claim == Claim(
        submission=running,
        handed_in=handed_in("x", stdin=" "),
        number=1,
        attempt=1,
        failures=0,
        version=1,
        lease=lease(),
    )
    assert await submissions.get(S1) == running


async def test_where_nothing_is_due_nothing_is_claimed(submissions: SubmissionRepository) -> None:
    assert await submissions.claim_next(ALL, NOW, lease()) is None
    await submissions.add(submission(), handed_in(), None)
    assert await submissions.claim_next((), NOW, lease()) is None
    assert await submissions.claim_next((WorkClass.RUN, WorkClass.REJUDGE), NOW, lease()) is None
    assert await submissions.get(S1) == submission()


async def test_what_is_claimed_is_not_claimed_again(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _claim(submissions)
    assert await submissions.claim_next(ALL, LEASE_END - MICROSECOND, lease("t2")) is None


async def test_what_is_done_is_not_claimed_again(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, judgement())
    assert await submissions.claim_next(ALL, NOW + timedelta(days=1), lease("t2")) is None


async def test_the_oldest_by_id_is_claimed_first(submissions: SubmissionRepository) -> None:
    for name in ("b", "a", "C"):
        await submissions.add(submission(name), handed_in(), None)
    assert await _claimed_ids(submissions, 4) == ["C", "a", "b", None]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (ALL, ["c", "b", "a", None]),
        ((WorkClass.REJUDGE, WorkClass.RUN), ["a", "b", None, None]),
        ((WorkClass.RUN,), ["b", None, None, None]),
        ((WorkClass.REJUDGE, WorkClass.SUBMISSION, WorkClass.RUN), ["a", "c", "b", None]),
    ],
)
async def test_classes_go_in_the_order_asked_for(
    submissions: SubmissionRepository, classes: tuple[WorkClass, ...], expected: list[str | None]
) -> None:
    await submissions.add(submission("a"), handed_in(), None)
    await _judge(submissions, judgement())
    await submissions.request_rejudge(SubmissionId("a"), version=1)
    await submissions.add(run("b"), handed_in(), None)
    await submissions.add(submission("c"), handed_in(), None)
    assert await _claimed_ids(submissions, 4, classes) == expected


async def test_users_take_turns(submissions: SubmissionRepository) -> None:
    for name in ("a1", "a2", "a3", "a4"):
        await submissions.add(submission(name, of=ALICE), handed_in(), None)
    for name in ("b1", "b2"):
        await submissions.add(submission(name, of=BOB), handed_in(), None)
    await submissions.add(submission("c1", of=CAROL), handed_in(), None)
    ids = await _claimed_ids(submissions, 7)
    assert ids == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]


async def test_leases_of_every_class_count_in_taking_turns(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(run("r1", of=ALICE), handed_in(), None)
    await _claim(submissions)
    await submissions.add(submission("s1", of=ALICE), handed_in(), None)
    await submissions.add(submission("s2", of=BOB), handed_in(), None)
    assert await _claimed_ids(submissions, 2) == ["s2", "s1"]


async def test_a_rejudge_takes_no_turn_of_its_user(submissions: SubmissionRepository) -> None:
    await _hand_in(submissions, submission("a", of=ALICE), judgement())
    await submissions.request_rejudge(SubmissionId("a"), version=1)
    await _claim(submissions)
    await submissions.add(submission("s1", of=ALICE), handed_in(), None)
    await submissions.add(submission("s2", of=BOB), handed_in(), None)
    assert await _claimed_ids(submissions, 2) == ["s1", "s2"]


async def test_rejudges_take_turns_among_themselves(submissions: SubmissionRepository) -> None:
    for name, user in (("a1", ALICE), ("a2", ALICE), ("b1", BOB)):
        await _hand_in(submissions, submission(name, of=user), judgement())
    for name in ("a1", "a2", "b1"):
        await submissions.request_rejudge(SubmissionId(name), version=1)
    await submissions.add(submission("c", of=BOB), handed_in(), None)
    assert await _claimed_ids(submissions, 4) == ["c", "a1", "b1", "a2"]


async def test_who_was_served_of_late_comes_after_who_was_not(
    submissions: SubmissionRepository,
) -> None:
    for name, user in (("a", ALICE), ("b", BOB), ("c", CAROL)):
        await submissions.add(submission(name, of=user), handed_in(), None)
    served = {ALICE: 2, BOB: 1}
    claims = [
        await submissions.claim_next(ALL, NOW, lease(f"n{n}"), served=served) for n in range(3)
    ]
    assert [claim.submission.id for claim in claims if claim] == ["c", "b", "a"]


async def test_only_leases_that_live_count_in_taking_turns(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission("s1", of=ALICE), handed_in(), None)
    await submissions.add(submission("s2", of=BOB), handed_in(), None)
    await _claim(submissions, "dead")
    later = await submissions.claim_next(ALL, LEASE_END, lease("t", expires_at=LEASE_END + SECOND))
    assert later is not None
    assert later.submission.id == S1


async def test_finished_work_no_longer_counts_in_taking_turns(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission("s1", of=ALICE), handed_in(), None)
    await _judge(submissions, judgement())
    await submissions.add(submission("s2", of=ALICE), handed_in(), None)
    await submissions.add(submission("s3", of=BOB), handed_in(), None)
    assert await _claimed_ids(submissions, 1) == ["s2"]


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (None, ["a", "b", "c", None]),
        ((PYTHON, CPP), ["a", "b", "c", None]),
        ((CPP,), ["b", None, None, None]),
        ((LanguageId("CPP"), LanguageId("cpp ")), [None, None, None, None]),
        ((), [None, None, None, None]),
    ],
)
async def test_only_work_in_a_language_that_is_offered_is_claimed(
    submissions: SubmissionRepository,
    languages: tuple[LanguageId, ...] | None,
    expected: list[str | None],
) -> None:
    for name, language in (("a", PYTHON), ("b", CPP), ("c", PYTHON)):
        await submissions.add(submission(name, language=language), handed_in(), None)
    assert await _claimed_ids(submissions, 4, languages=languages) == expected


async def test_what_is_next_is_asked_among_what_fits(submissions: SubmissionRepository) -> None:
    await submissions.add(submission("a", of=ALICE, language=PYTHON), handed_in(), None)
    await _claim(submissions)
    for name, user_id, language in (("b", BOB, PYTHON), ("c", ALICE, CPP), ("d", CAROL, CPP)):
        await submissions.add(submission(name, of=user_id, language=language), handed_in(), None)
    await submissions.add(run("e", of=BOB), handed_in(), None)
    assert await _claimed_ids(submissions, 3, languages=(CPP,)) == ["d", "c", None]
    assert await _claimed_ids(submissions, 3, languages=(PYTHON,)) == ["b", "e", None]


async def test_work_in_a_language_that_nobody_offers_is_not_in_the_way(
    submissions: SubmissionRepository,
) -> None:
    for number in range(70):
        await submissions.add(submission(f"a{number:02}", language=CPP), handed_in(), None)
    await submissions.add(submission("b"), handed_in(), None)
    assert await _claimed_ids(submissions, 2, languages=(PYTHON,)) == ["b", None]
    assert (await submissions.queue_state(NOW)).due[WorkClass.SUBMISSION] == 70


async def test_fifty_claims_at_once_are_fifty_different_ones(
    submissions: SubmissionRepository,
) -> None:
    for number in range(40):
        await submissions.add(submission(f"s{number:02}"), handed_in(), None)
    claims = await asyncio.gather(
        *(submissions.claim_next(ALL, NOW, lease(f"t{number}")) for number in range(50))
    )
    ids = [claim.submission.id for claim in claims if claim is not None]
    assert sorted(ids) == [f"s{number:02}" for number in range(40)]


# --- leases ------------------------------------------------------------------------------------


async def test_an_expired_lease_is_claimed_anew_as_the_next_attempt(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _claim(submissions)
    again = await submissions.claim_next(ALL, LEASE_END, lease("t2", worker="w2"))
    assert again is not None
    assert (again.submission.id, again.attempt, again.number) == (S1, 2, 1)
    assert again.submission.status is SubmissionStatus.RUNNING


async def test_a_heartbeat_moves_the_end_of_a_lease(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    await submissions.extend(claim, LEASE_END + SECOND)
    assert await submissions.claim_next(ALL, LEASE_END, lease("t2")) is None
    assert await submissions.claim_next(ALL, LEASE_END + SECOND, lease("t2")) is not None


async def test_a_late_heartbeat_revives_a_lease_that_nobody_took(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    await submissions.extend(claim, LEASE_END + timedelta(hours=2))
    assert await submissions.claim_next(ALL, LEASE_END + timedelta(hours=1), lease("t2")) is None
    assert (await submissions.record_outcome(claim, judgement())).verdict is Verdict.ACCEPTED


async def test_a_lease_that_was_taken_over_is_lost(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    old = await _claim(submissions)
    new = await submissions.claim_next(ALL, LEASE_END, lease("t2"))
    assert new is not None
    await _assert_lost(submissions, old)
    assert await submissions.get(S1) == new.submission
    assert await submissions.judgement(S1, 1) is None
    await submissions.record_outcome(new, judgement())


async def test_a_token_counts_to_the_letter(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions, "Token")
    for token in ("token", "Token ", ""):
        await _assert_lost(submissions, replace(claim, lease=replace(claim.lease, token=token)))


async def test_a_lease_ends_with_the_outcome(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    done = await submissions.record_outcome(claim, judgement())
    await _assert_lost(submissions, claim)
    assert await submissions.get(S1) == done


async def test_an_expired_lease_that_nobody_took_may_still_write_its_outcome(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions, expires_at=NOW - timedelta(hours=1))
    assert (await submissions.record_outcome(claim, judgement())).judgement_number == 1


async def test_of_many_outcomes_at_once_one_is_written(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    results = await asyncio.gather(
        *(submissions.record_outcome(claim, judgement(score=n)) for n in range(10)),
        return_exceptions=True,
    )
    kinds = Counter(type(result).__name__ for result in results)
    stored = await submissions.get(S1)
    assert kinds == {"LeaseLost": 9, "Submission": 1}
    assert stored in results


async def test_work_handed_back_waits_until_it_may_be_claimed_again(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    await submissions.hand_back(claim, not_before=NOW + SECOND, failed=True)
    stored = await submissions.get(S1)
    assert stored == replace(submission(), status=SubmissionStatus.QUEUED, attempt=1)
    assert await submissions.claim_next(ALL, NOW + SECOND - MICROSECOND, lease("t2")) is None
    again = await submissions.claim_next(ALL, NOW + SECOND, lease("t2"))
    assert again is not None
    assert (again.attempt, again.number) == (2, 1)


async def test_a_lease_ends_when_work_is_handed_back(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    await submissions.hand_back(claim, not_before=NOW, failed=True)
    await _assert_lost(submissions, claim)


async def test_a_back_off_ends_with_the_next_claim(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    await submissions.hand_back(await _claim(submissions), not_before=LEASE_END, failed=True)
    await submissions.claim_next(ALL, LEASE_END, lease("t2", expires_at=LEASE_END + SECOND))
    state = await submissions.queue_state(LEASE_END)
    assert state.next_due_at == LEASE_END + SECOND
    assert await submissions.claim_next(ALL, LEASE_END + SECOND, lease("t3")) is not None


async def test_a_worker_that_starts_anew_gives_up_its_leases_alone(
    submissions: SubmissionRepository,
) -> None:
    for name in ("s1", "s2", "s3"):
        await submissions.add(submission(name), handed_in(), None)
    first = await _claim(submissions, "t1", worker="w")
    await _claim(submissions, "t2", worker="W")
    await _claim(submissions, "t3", worker="w")
    assert await submissions.release_worker("w") == 2
    assert await submissions.release_worker("w") == 0
    assert await submissions.release_worker("unknown") == 0
    await _assert_lost(submissions, first)
    stored = await submissions.get(S1)
    assert stored == replace(submission(), status=SubmissionStatus.QUEUED, attempt=1)
    assert await _claimed_ids(submissions, 3) == ["s1", "s3", None]


async def test_a_lease_that_ran_out_counts_as_a_failure(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    first = await _claim(submissions)
    again = await submissions.claim_next(ALL, LEASE_END, lease("t2", expires_at=LEASE_END + SECOND))
    later = await submissions.claim_next(ALL, LEASE_END + SECOND, lease("t3"))
    assert _counts(first, again, later) == [(1, 0), (2, 1), (3, 2)]


@pytest.mark.parametrize(("failed", "failures"), [(True, 1), (False, 0)])
async def test_a_try_that_the_platform_failed_counts_and_one_that_was_ended_does_not(
    submissions: SubmissionRepository, failures: int, *, failed: bool
) -> None:
    await submissions.add(submission(), handed_in(), None)
    await submissions.hand_back(await _claim(submissions), not_before=NOW, failed=failed)
    again = await _claim(submissions)
    await submissions.hand_back(again, not_before=NOW, failed=failed)
    assert _counts(again, await _claim(submissions)) == [(2, failures), (3, 2 * failures)]


async def test_a_worker_that_starts_anew_failed_what_it_held(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _claim(submissions)
    await submissions.release_worker("w1")
    await submissions.release_worker("w1")
    assert _counts(await _claim(submissions)) == [(2, 1)]


async def test_a_heartbeat_and_a_lease_revived_are_no_failures(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    await submissions.extend(claim, LEASE_END + SECOND)
    await submissions.hand_back(claim, not_before=NOW, failed=False)
    assert _counts(await _claim(submissions)) == [(2, 0)]


async def test_a_rejudge_counts_its_tries_and_failures_from_0(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    await submissions.hand_back(await _claim(submissions), not_before=NOW, failed=True)
    await _judge(submissions, judgement())
    await submissions.request_rejudge(S1, version=1)
    first = await _claim(submissions)
    await submissions.hand_back(first, not_before=NOW, failed=True)
    assert _counts(first, await _claim(submissions)) == [(1, 0), (2, 1)]


# --- outcomes ----------------------------------------------------------------------------------


async def test_an_outcome_is_applied_to_the_submission(submissions: SubmissionRepository) -> None:
    outcome = replace(
        judgement(verdict=Verdict.WRONG_ANSWER, score=40, challenge_version=1),
        cpu_ms=12,
        memory_kib=3_456,
    )
    await submissions.add(submission(), handed_in(), None)
    done = await _judge(submissions, outcome)
    assert done == replace(
        submission(),
        status=SubmissionStatus.DONE,
        judgement_number=1,
        pending_number=None,
        attempt=1,
        verdict=Verdict.WRONG_ANSWER,
        score=Fraction(40),
        max_score=Fraction(100),
        cpu_ms=12,
        memory_kib=3_456,
        judged_at=outcome.judged_at,
    )
    assert await submissions.get(S1) == done
    assert await submissions.judgement(S1, 1) == outcome


async def test_an_outcome_may_be_recorded_again_by_who_had_no_answer(
    submissions: SubmissionRepository,
) -> None:
    exact = judgement(score=Fraction(100, 3), tests=(judged(output="x" * 1_000),))
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    done = await submissions.record_outcome(claim, exact)
    assert await submissions.record_outcome(claim, exact) == done
    assert await submissions.get(S1) == done
    assert (await submissions.queue_state(LEASE_END)).waiting == 0
    assert await submissions.claim_next(ALL, LEASE_END, lease("t2")) is None


async def test_of_many_repeats_of_an_outcome_at_once_all_have_the_same_answer(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    answers = await asyncio.gather(
        *(submissions.record_outcome(claim, judgement()) for _ in range(10))
    )
    assert answers == [await submissions.get(S1)] * 10
    assert await submissions.judgement(S1, 1) == judgement()


async def test_an_outcome_recorded_again_leaves_what_came_after_it(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await _claim(submissions)
    await submissions.record_outcome(claim, judgement())
    await submissions.request_rejudge(S1, version=2)
    pending = await submissions.record_outcome(claim, judgement())
    assert (pending.judgement_number, pending.pending_number) == (1, 2)
    again = await _judge(submissions, judgement(2, score=7, challenge_version=2))
    assert await submissions.record_outcome(claim, judgement()) == again
    assert await submissions.get(S1) == again
    assert await submissions.judgement(S1, 1) == judgement()


async def test_an_outcome_that_was_not_applied_is_lost_with_its_claim(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    old = await _claim(submissions)
    new = await submissions.claim_next(ALL, LEASE_END, lease("t2"))
    assert new is not None
    done = await submissions.record_outcome(new, judgement(score=50))
    with pytest.raises(LeaseLost):
        await submissions.record_outcome(old, judgement(score=60))
    assert await submissions.get(S1) == done
    assert await submissions.judgement(S1, 1) == judgement(score=50)


async def test_a_rejudge_that_the_platform_failed_replaces_nothing(
    submissions: SubmissionRepository,
) -> None:
    good = judgement(score=70, tests=(judged(1, Verdict.WRONG_ANSWER), judged(2)))
    await submissions.add(submission(), handed_in(), None)
    done = await _judge(submissions, good)
    kept = await _standing(submissions)
    await submissions.request_rejudge(S1, version=2)

    assert await _judge(submissions, FAILED_REJUDGE) == done
    assert await submissions.get(S1) == done
    assert await _standing(submissions) == kept
    assert await submissions.judgement(S1, 1) == good
    assert await submissions.judgement(S1, 2) == FAILED_REJUDGE
    assert await submissions.claim_next(ALL, LEASE_END, lease("t2")) is None
    state = await submissions.queue_state(LEASE_END)
    assert (sum(state.due.values()), state.waiting) == (0, 0)


async def test_the_rejudge_after_a_failed_one_has_a_number_of_its_own(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, judgement(score=70))
    await submissions.request_rejudge(S1, version=2)
    await _judge(submissions, FAILED_REJUDGE)
    assert await submissions.request_rejudge(S1, version=2) == 3
    assert await submissions.request_rejudge(S1, version=2) == 3
    claim = await _claim(submissions)
    assert (claim.number, claim.attempt, claim.failures) == (3, 1, 0)
    done = await submissions.record_outcome(claim, judgement(3, score=80, challenge_version=2))
    assert (done.judgement_number, done.score) == (3, Fraction(80))
    assert await submissions.judgement(S1, 2) == FAILED_REJUDGE


async def test_a_failed_rejudge_may_be_recorded_again_by_who_had_no_answer(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    done = await _judge(submissions, judgement(score=70))
    await submissions.request_rejudge(S1, version=2)
    claim = await _claim(submissions)
    answers = await asyncio.gather(
        *(submissions.record_outcome(claim, FAILED_REJUDGE) for _ in range(5))
    )
    assert answers == [done] * 5
    with pytest.raises(LeaseLost):
        await submissions.record_outcome(claim, judgement(2))
    await submissions.request_rejudge(S1, version=2)
    pending = await submissions.record_outcome(claim, FAILED_REJUDGE)
    assert (pending.judgement_number, pending.pending_number) == (1, 3)


async def test_a_rejudge_of_a_judge_error_may_end_it_or_leave_it(
    submissions: SubmissionRepository,
) -> None:
    first = replace(FAILED_REJUDGE, number=1)
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, first)
    await submissions.request_rejudge(S1, version=2)
    assert (await _judge(submissions, FAILED_REJUDGE)).judgement_number == 1
    await submissions.request_rejudge(S1, version=2)
    ended = await _judge(submissions, judgement(3, challenge_version=2))
    assert (ended.judgement_number, ended.verdict) == (3, Verdict.ACCEPTED)


async def test_score_0_is_not_no_score(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    assert (await submissions.get(S1)) == submission()
    done = await _judge(submissions, judgement(verdict=Verdict.WRONG_ANSWER, score=0))
    stored = await submissions.get(S1)
    assert (submission().score, done.score) == (None, Fraction(0))
    assert stored == done
    assert (done.cpu_ms, done.memory_kib) == (0, None)


@pytest.mark.parametrize(
    ("exact", "stored"),
    [
        (Fraction(100, 3), Fraction(33_333_333, 10**6)),
        (Fraction(200, 3), Fraction(66_666_667, 10**6)),
        (Fraction(1, 2_000_000), Fraction(0)),
        (Fraction(3, 2_000_000), Fraction(2, 10**6)),
        (Fraction(5, 2_000_000), Fraction(2, 10**6)),
        (Fraction(1, 10), Fraction(1, 10)),
        (Fraction(10_000_000_000), Fraction(10_000_000_000)),
        (Fraction(99_999_999_999_999_999, 10_000_000), Fraction(10_000_000_000)),
        (Fraction(9_999_999_999_999_999, 10**6), Fraction(9_999_999_999_999_999, 10**6)),
    ],
)
async def test_scores_come_back_rounded_half_even_to_six_places(
    submissions: SubmissionRepository, exact: Fraction, stored: Fraction
) -> None:
    test = replace(judged(), score=exact, max_score=exact)
    await submissions.add(submission(), handed_in(), None)
    given = replace(judgement(score=exact, tests=(test,)), max_score=exact)
    done = await _judge(submissions, given)
    read = await submissions.judgement(S1, 1)
    assert read is not None
    assert (done.score, done.max_score) == (stored, stored)
    assert (read.score, read.max_score) == (stored, stored)
    assert (read.tests[0].score, read.tests[0].max_score) == (stored, stored)
    assert await submissions.get(S1) == done


@pytest.mark.parametrize("text", [*AWKWARD_TEXTS, None])
async def test_texts_of_a_judgement_come_back_to_the_letter(
    submissions: SubmissionRepository, text: str | None
) -> None:
    test = replace(judged(output=text), stderr=text, message=text, fault=text)
    given = replace(judgement(tests=(test,)), compile_output=text, fault=text)
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, given)
    assert await submissions.judgement(S1, 1) == given


@pytest.mark.parametrize("verdict", Verdict)
async def test_every_verdict_of_a_test_comes_back_with_its_figures(
    submissions: SubmissionRepository, verdict: Verdict
) -> None:
    test = JudgedTest(
        ordinal=1,
        verdict=verdict,
        cpu_ms=60_000,
        wall_ms=2**31,
        memory_kib=4_194_304,
        exit_code=-1,
        signal=0,
        output_truncated=True,
    )
    given = judgement(verdict=verdict, tests=(test, replace(test, ordinal=2, exit_code=None)))
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, given)
    assert await submissions.judgement(S1, 1) == given


async def test_a_judge_error_comes_back_whole(submissions: SubmissionRepository) -> None:
    given = judge_error(number=1, challenge_version=1, fault="no sandbox \U0001f4a5", judged_at=NOW)
    await submissions.add(submission(), handed_in(), None)
    done = await _judge(submissions, given)
    assert (done.status, done.verdict) == (SubmissionStatus.DONE, Verdict.JUDGE_ERROR)
    assert await submissions.judgement(S1, 1) == given


@pytest.mark.parametrize("character", ["x", "\x01", "\U0001f680", "\u00e9"])
async def test_ten_thousand_tests_with_the_largest_outputs_come_back(
    submissions: SubmissionRepository, character: str
) -> None:
    given = _largest_judgement(character)
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, given)
    assert await submissions.judgement(S1, 1) == given


def _largest_judgement(character: str) -> Judgement:
    output = character.encode() * MAX_STORED_OUTPUT_BYTES
    tests = [
        judged_test(Run(ordinal=n, exit_code=0, stdout=output, stderr=output), None)
        for n in range(1, 41)
    ]
    later = [replace(tests[0], ordinal=n) for n in range(41, 10_001)]
    return judgement_of(
        number=1,
        challenge_version=1,
        limits=Limits(),
        scoring=Scoring(kind=ScoringKind.WEIGHTED),
        scorings=[TestScoring(weight=1_000_000)] * 10_000,
        compilation=Compilation(
            ok=True,
            output=character * MAX_STORED_OUTPUT_BYTES,
            means=Means(toolchain=character * 400, judge=character * 400, wall_time_ms=10**6),
        ),
        tests=[*tests, *later],
        judged_at=NOW,
    )


# --- rejudging ---------------------------------------------------------------------------------


async def test_a_rejudge_keeps_the_verdict_until_its_outcome_is_applied(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    first = await _judge(submissions, judgement(score=100))

    assert await submissions.request_rejudge(S1, version=7) == 2
    assert await submissions.get(S1) == replace(first, pending_number=2, attempt=0)

    claim = await _claim(submissions)
    assert (claim.number, claim.attempt, claim.version) == (2, 1, 7)
    assert await submissions.get(S1) == replace(first, pending_number=2, attempt=1)

    second = await submissions.record_outcome(
        claim, judgement(2, verdict=Verdict.WRONG_ANSWER, score=0, challenge_version=7)
    )
    assert second == replace(
        first,
        judgement_number=2,
        challenge_version=7,
        verdict=Verdict.WRONG_ANSWER,
        score=Fraction(0),
    )
    assert await submissions.get(S1) == second


async def test_an_old_judgement_stays_readable(submissions: SubmissionRepository) -> None:
    old = judgement(1, tests=(judged(1, output="old"),))
    new = judgement(2, tests=(judged(1, output="new"), judged(2)), challenge_version=2)
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, old)
    await submissions.request_rejudge(S1, version=2)
    await _judge(submissions, new)
    assert await submissions.judgement(S1, 1) == old
    assert await submissions.judgement(S1, 2) == new


async def test_asking_again_for_a_pending_rejudge_changes_nothing(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, judgement())
    await submissions.request_rejudge(S1, version=2)
    claim = await _claim(submissions)
    assert await submissions.request_rejudge(S1, version=3) == 2
    assert await submissions.get(S1) == claim.submission
    await submissions.record_outcome(claim, judgement(2, challenge_version=2))


async def test_a_rejudge_that_is_handed_back_keeps_its_status(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, judgement())
    await submissions.request_rejudge(S1, version=2)
    claim = await _claim(submissions)
    await submissions.hand_back(claim, not_before=NOW, failed=True)
    assert await submissions.get(S1) == claim.submission
    await _claim(submissions, worker="w")
    await submissions.release_worker("w")
    assert await submissions.get(S1) == replace(claim.submission, attempt=2)


async def test_a_submission_may_be_rejudged_again_and_again(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, judgement())
    for number in range(2, 6):
        assert await submissions.request_rejudge(S1, version=1) == number
        await _judge(submissions, judgement(number, score=number))
    stored = await submissions.get(S1)
    assert stored is not None
    assert (stored.judgement_number, stored.score) == (5, Fraction(5))


async def test_what_is_not_there_cannot_be_rejudged(submissions: SubmissionRepository) -> None:
    with pytest.raises(SubmissionNotFound) as refusal:
        await submissions.request_rejudge(S1, version=1)
    assert refusal.value.submission_id == S1


async def test_what_is_not_judged_yet_cannot_be_rejudged(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    with pytest.raises(StillQueued):
        await submissions.request_rejudge(S1, version=1)
    await _claim(submissions)
    with pytest.raises(StillQueued):
        await submissions.request_rejudge(S1, version=1)


async def test_of_many_rejudges_at_once_one_is_made(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    await _judge(submissions, judgement())
    numbers = await asyncio.gather(*(submissions.request_rejudge(S1, version=1) for _ in range(10)))
    assert numbers == [2] * 10
    assert await _claimed_ids(submissions, 2) == ["s1", None]


# --- the state of the queue --------------------------------------------------------------------


async def test_an_empty_queue_has_nothing_due(submissions: SubmissionRepository) -> None:
    state = await submissions.queue_state(NOW)
    assert (Counter(state.due), state.waiting, state.next_due_at) == (Counter(), 0, None)
    assert state.oldest == {}


async def test_the_queue_counts_what_is_due_and_what_waits(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission("a"), handed_in(), None)
    await _judge(submissions, judgement())
    await submissions.request_rejudge(SubmissionId("a"), version=1)
    for name in ("b", "c", "d", "e"):
        await submissions.add(submission(name), handed_in(), None)
    await submissions.add(run("f"), handed_in(), None)
    await _claim(submissions)
    await submissions.hand_back(await _claim(submissions), not_before=NOW + SECOND, failed=True)

    now = await submissions.queue_state(NOW)
    later = await submissions.queue_state(NOW + SECOND)
    last = await submissions.queue_state(LEASE_END)

    assert Counter(now.due) == {
        WorkClass.SUBMISSION: 2, WorkClass.RUN: 1, WorkClass.REJUDGE: 1
    }  # fmt: skip
    assert now.oldest == {
        WorkClass.SUBMISSION: "d", WorkClass.RUN: "f", WorkClass.REJUDGE: "a"
    }  # fmt: skip
    assert (later.oldest[WorkClass.SUBMISSION], last.oldest[WorkClass.SUBMISSION]) == ("c", "b")
    assert (now.waiting, now.next_due_at) == (2, NOW + SECOND)
    assert Counter(later.due)[WorkClass.SUBMISSION] == 3
    assert (later.waiting, later.next_due_at) == (1, LEASE_END)
    assert Counter(last.due)[WorkClass.SUBMISSION] == 4
    assert (last.waiting, last.next_due_at) == (0, None)


# --- practice runs -----------------------------------------------------------------------------


async def test_everybodys_first_comes_before_anybodys_second(
    submissions: SubmissionRepository,
) -> None:
    for name, user in (("a1", ALICE), ("a2", ALICE), ("a3", ALICE), ("b1", BOB), ("c1", CAROL)):
        await submissions.add(submission(name, of=user), handed_in(), None)
    await submissions.add(submission("b2", of=BOB), handed_in(), None)
    await submissions.add(run("0", of=CAROL), handed_in(), None)
    names = ("a1", "b1", "c1", "a2", "b2", "a3", "0")
    places = [await submissions.position_of(SubmissionId(name), NOW) for name in names]
    assert places == [1, 2, 3, 4, 5, 6, 7]


async def test_what_does_not_wait_has_no_place_in_the_line(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(submission("s1"), handed_in(), None)
    await submissions.add(submission("s2"), handed_in(), None)
    claim = await _claim(submissions)
    assert await submissions.position_of(S1, NOW) is None
    assert await submissions.position_of(S2, NOW) == 1
    assert await submissions.position_of(S3, NOW) is None
    assert await submissions.position_of(S1, LEASE_END) == 1
    await submissions.record_outcome(claim, judgement())
    assert await submissions.position_of(S1, LEASE_END) is None


async def test_what_is_held_back_is_in_nobodys_way(submissions: SubmissionRepository) -> None:
    await submissions.add(submission("s1"), handed_in(), None)
    later = NOW + SECOND
    await submissions.hand_back(await _claim(submissions), not_before=later, failed=True)
    await submissions.add(submission("s2"), handed_in(), None)
    assert await submissions.position_of(S2, NOW) == 1
    assert await submissions.position_of(S1, NOW) == 1
    assert await submissions.position_of(S2, later) == 2


async def test_expired_runs_are_forgotten_with_all_that_hangs_on_them(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(run(expires_at=NOW + SECOND), handed_in(), idempotency_key())
    await _judge(submissions, judgement())
    assert await submissions.remove_expired_runs(NOW) == 0
    assert await submissions.remove_expired_runs(NOW + SECOND + MICROSECOND) == 1
    assert await submissions.remove_expired_runs(NOW + SECOND + MICROSECOND) == 0
    assert await submissions.get(SubmissionId("r1")) is None
    assert await submissions.handed_in(SubmissionId("r1")) is None
    assert await submissions.judgement(SubmissionId("r1"), 1) is None
    again = run("r2")
    assert await submissions.add(again, handed_in(), idempotency_key()) == again


async def test_submissions_are_never_forgotten(submissions: SubmissionRepository) -> None:
    await submissions.add(submission(expires_at=NOW), handed_in(), None)
    await submissions.add(submission("s2"), handed_in(), None)
    assert await submissions.remove_expired_runs(NOW + timedelta(days=10_000)) == 0


async def test_a_run_that_is_being_judged_is_not_forgotten(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(run(expires_at=NOW), handed_in(), None)
    claim = await _claim(submissions)
    assert await submissions.remove_expired_runs(LEASE_END - MICROSECOND) == 0
    assert await submissions.remove_expired_runs(LEASE_END + MICROSECOND) == 1
    await _assert_lost(submissions, claim)
    assert await submissions.claim_next(ALL, LEASE_END + SECOND, lease("t2")) is None


async def test_a_run_that_nobody_judged_in_time_is_forgotten(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(run(expires_at=NOW), handed_in(), None)
    assert await submissions.remove_expired_runs(NOW + MICROSECOND) == 1
    assert await submissions.claim_next(ALL, NOW + SECOND, lease()) is None


# --- what they add up to -----------------------------------------------------------------------

RIGHT = judgement()
WRONG = judgement(verdict=Verdict.WRONG_ANSWER, score=0)
FAULT = judge_error(number=1, challenge_version=1, fault="x", judged_at=NOW)


async def test_progress_is_the_best_of_done_submissions(submissions: SubmissionRepository) -> None:
    part = judgement(verdict=Verdict.WRONG_ANSWER, score=Fraction(100, 3))
    await _hand_in(submissions, submission("a"), WRONG)
    await _hand_in(submissions, submission("b"), part)
    await _hand_in(submissions, submission("c", ranked=False, to=MAX), RIGHT)
    await _hand_in(submissions, submission("d", of=BOB), RIGHT)
    await _hand_in(submissions, run("e"), RIGHT)
    await _hand_in(submissions, submission("f", to=ChallengeId("SUM")), FAULT)
    await submissions.add(submission("g", to=ChallengeId("new")), handed_in(), None)
    assert await submissions.progress_of(ALICE) == {
        SUM: ChallengeProgress(best_score=Fraction(33_333_333, 10**6), solved=False),
        MAX: ChallengeProgress(best_score=Fraction(100), solved=True),
        ChallengeId("SUM"): ChallengeProgress(best_score=Fraction(0), solved=False),
        ChallengeId("new"): ChallengeProgress(best_score=Fraction(0), solved=False),
    }


async def test_a_user_without_submissions_has_no_progress(
    submissions: SubmissionRepository,
) -> None:
    await submissions.add(run(), handed_in(), None)
    assert await submissions.progress_of(ALICE) == {}
    assert await submissions.progress_of(BOB) == {}


async def test_progress_during_a_rejudge_is_that_of_the_judgement_that_counts(
    submissions: SubmissionRepository,
) -> None:
    await _hand_in(submissions, submission(), RIGHT)
    await submissions.request_rejudge(S1, version=2)
    await _claim(submissions)
    assert (await submissions.progress_of(ALICE))[SUM].solved


async def test_best_scores_are_of_ranked_done_judged_submissions(
    submissions: SubmissionRepository,
) -> None:
    await _hand_in(submissions, submission("a"), judgement(score=40))
    await _hand_in(submissions, submission("b", at=NOW + SECOND), judgement(score=60))
    await _hand_in(submissions, submission("c", ranked=False), RIGHT)
    await _hand_in(submissions, submission("d", of=BOB), FAULT)
    await _hand_in(submissions, submission("e", of=CAROL), WRONG)
    await _hand_in(submissions, submission("f", of=BOB, to=MAX), RIGHT)
    await _hand_in(submissions, run("g", of=BOB), RIGHT)
    await submissions.add(submission("h", of=BOB), handed_in(), None)
    alice = _best(ALICE, SUM, 60, at=NOW + SECOND)
    carol = _best(CAROL, SUM, 0, solved=False)
    bob = _best(BOB, MAX, 100)
    assert _by_user(await submissions.best_scores(None)) == {
        (ALICE, SUM): alice, (CAROL, SUM): carol, (BOB, MAX): bob
    }  # fmt: skip
    assert _by_user(await submissions.best_scores(MAX)) == {(BOB, MAX): bob}
    assert await submissions.best_scores(ChallengeId("Sum")) == []


async def test_of_equal_scores_the_earliest_counts_whatever_its_id(
    submissions: SubmissionRepository,
) -> None:
    await _hand_in(submissions, submission("a", at=NOW + MICROSECOND), RIGHT)
    await _hand_in(submissions, submission("b", at=NOW), RIGHT)
    await _hand_in(submissions, submission("c", at=NOW - SECOND), judgement(score=99))
    assert list(await submissions.best_scores(SUM)) == [_best(ALICE, SUM, 100)]


async def test_a_challenge_is_solved_by_any_accepted_submission(
    submissions: SubmissionRepository,
) -> None:
    lucky = judgement(verdict=Verdict.WRONG_ANSWER, score=100)
    await _hand_in(submissions, submission("a", at=NOW), lucky)
    await _hand_in(submissions, submission("b", at=NOW + SECOND), RIGHT)
    assert list(await submissions.best_scores(SUM)) == [_best(ALICE, SUM, 100)]


async def test_a_rejudge_replaces_what_counted_once_it_is_applied(
    submissions: SubmissionRepository,
) -> None:
    await _hand_in(submissions, submission(), RIGHT)
    await submissions.request_rejudge(S1, version=2)
    claim = await _claim(submissions)
    assert list(await submissions.best_scores(SUM)) == [_best(ALICE, SUM, 100)]
    await submissions.record_outcome(claim, replace(WRONG, number=2, challenge_version=2))
    assert list(await submissions.best_scores(SUM)) == [_best(ALICE, SUM, 0, solved=False)]


async def test_judged_facts_are_those_of_ranked_done_submissions_by_id(
    submissions: SubmissionRepository,
) -> None:
    exact = replace(judgement(score=Fraction(100, 3)), cpu_ms=7)
    await _hand_in(submissions, submission("b", of=BOB, language=CPP), exact)
    await _hand_in(submissions, submission("a"), FAULT)
    await _hand_in(submissions, submission("c", ranked=False), RIGHT)
    await _hand_in(submissions, submission("d", to=MAX), WRONG)
    await _hand_in(submissions, run("e"), RIGHT)
    await submissions.add(submission("f"), handed_in(), None)

    facts = await submissions.judged_facts(SUM, since=None, until=None)
    everywhere = await submissions.judged_facts(None, since=None, until=None)

    assert [(f.submission_id, f.user_id, f.verdict) for f in facts] == [
        ("a", ALICE, Verdict.JUDGE_ERROR),
        ("b", BOB, Verdict.ACCEPTED),
    ]
    assert (facts[1].score, facts[1].max_score) == (Fraction(33_333_333, 10**6), Fraction(100))
    assert (facts[1].cpu_ms, facts[0].cpu_ms) == (7, None)
    assert (facts[1].language, facts[1].challenge_id, facts[1].submitted_at) == (CPP, SUM, NOW)
    assert [fact.submission_id for fact in everywhere] == ["a", "b", "d"]


DAY = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
NEXT_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, ["a", "b", "c", "d"]),
        (DAY, None, ["b", "c", "d"]),
        (None, DAY, ["a", "b", "c"]),
        (DAY, DAY, ["b", "c"]),
        (DAY + NEXT_DAY, DAY, []),
    ],
)
async def test_days_are_those_of_utc_both_included(
    submissions: SubmissionRepository, since: date | None, until: date | None, expected: list[str]
) -> None:
    tokyo = timezone(timedelta(hours=9))
    tests = (judged(1),)
    moments = {
        "a": (MIDNIGHT - MICROSECOND).astimezone(tokyo),
        "b": MIDNIGHT.astimezone(tokyo),
        "c": MIDNIGHT + NEXT_DAY - MICROSECOND,
        "d": MIDNIGHT + NEXT_DAY,
    }
    for name, at in moments.items():
        await _hand_in(submissions, submission(name, at=at), replace(RIGHT, tests=tests))
    facts = await submissions.judged_facts(SUM, since=since, until=until)
    failures = await submissions.test_failures(SUM, since=since, until=until)
    assert [fact.submission_id for fact in facts] == expected
    assert sum(test.runs for test in failures) == len(expected)


async def test_failures_are_counted_by_version_and_test(submissions: SubmissionRepository) -> None:
    right, wrong, slow = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.TIME_LIMIT_EXCEEDED
    skipped, fault = Verdict.SKIPPED, Verdict.JUDGE_ERROR
    for name, verdicts in {
        "a": (right, wrong, skipped),
        "b": (slow, right, skipped),
        "c": (right, fault, skipped),
    }.items():
        await _hand_in(submissions, submission(name), _verdicts(*verdicts))
    await _hand_in(submissions, submission("d"), replace(_verdicts(wrong), challenge_version=2))
    await _hand_in(submissions, submission("e", ranked=False), _verdicts(wrong))
    await _hand_in(submissions, submission("f", to=MAX), _verdicts(wrong))
    assert list(await submissions.test_failures(SUM, since=None, until=None)) == [
        TestFailures(version=1, ordinal=1, runs=3, failures=1),
        TestFailures(version=1, ordinal=2, runs=2, failures=1),
        TestFailures(version=2, ordinal=1, runs=1, failures=1),
    ]


async def test_failures_are_those_of_the_judgement_that_counts(
    submissions: SubmissionRepository,
) -> None:
    await _hand_in(submissions, submission(), _verdicts(Verdict.WRONG_ANSWER))
    await submissions.request_rejudge(S1, version=2)
    again = replace(_verdicts(Verdict.ACCEPTED), number=2, challenge_version=2)
    await _judge(submissions, again)
    assert list(await submissions.test_failures(SUM, since=None, until=None)) == [
        TestFailures(version=2, ordinal=1, runs=1, failures=0)
    ]


async def test_closing_twice_is_harmless(submissions: SubmissionRepository) -> None:
    await submissions.check()
    await submissions.close()
    await submissions.close()


# --- what tests begin with ---------------------------------------------------------------------


async def _claim(
    submissions: SubmissionRepository,
    named: str = "token-1",
    *,
    worker: str = "w1",
    expires_at: datetime = LEASE_END,
) -> Claim:
    own = Lease(token=named, worker=worker, expires_at=expires_at)
    claim = await submissions.claim_next(ALL, NOW, own)
    assert claim is not None
    return claim


async def _judge(submissions: SubmissionRepository, outcome: Judgement) -> Submission:
    return await submissions.record_outcome(await _claim(submissions), outcome)


async def _hand_in(
    submissions: SubmissionRepository, given: Submission, outcome: Judgement
) -> None:
    await submissions.add(given, handed_in(), None)
    await _judge(submissions, outcome)


async def _claimed_ids(
    submissions: SubmissionRepository,
    times: int,
    classes: tuple[WorkClass, ...] = ALL,
    languages: tuple[LanguageId, ...] | None = None,
) -> list[SubmissionId | None]:
    claims = [
        await submissions.claim_next(classes, NOW, lease(f"n{n}"), languages) for n in range(times)
    ]
    return [None if claim is None else claim.submission.id for claim in claims]


def _counts(*claims: Claim | None) -> list[tuple[int, int]]:
    """The tries and the failures of each."""
    return [(claim.attempt, claim.failures) for claim in claims if claim is not None]


async def _assert_lost(submissions: SubmissionRepository, claim: Claim) -> None:
    with pytest.raises(LeaseLost):
        await submissions.extend(claim, LEASE_END + timedelta(days=1))
    with pytest.raises(LeaseLost):
        await submissions.hand_back(claim, not_before=NOW, failed=True)
    with pytest.raises(LeaseLost):
        await submissions.record_outcome(claim, judgement(claim.number, score=99))


async def _standing(submissions: SubmissionRepository) -> list[object]:
    """What submissions to one challenge add up to."""
    return [
        await submissions.best_scores(SUM),
        await submissions.progress_of(ALICE),
        await submissions.judged_facts(SUM, since=None, until=None),
        await submissions.test_failures(SUM, since=None, until=None),
    ]


def _verdicts(*verdicts: Verdict) -> Judgement:
    tests = tuple(judged(ordinal, verdict) for ordinal, verdict in enumerate(verdicts, 1))
    return judgement(verdict=Verdict.WRONG_ANSWER, score=0, tests=tests)


def _best(
    user_id: UserId,
    challenge_id: ChallengeId,
    score: int,
    *,
    at: datetime = NOW,
    solved: bool = True,
) -> BestScore:
    return BestScore(
        user_id=user_id,
        challenge_id=challenge_id,
        score=Fraction(score),
        solved=solved,
        reached_at=at,
    )


def _by_user(scores: Sequence[BestScore]) -> Mapping[tuple[UserId, ChallengeId], BestScore]:
    return {(score.user_id, score.challenge_id): score for score in scores}
