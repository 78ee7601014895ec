"""Handing in, trying out, looking, rejudging: who may, and what it leaves behind."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.judge import PYTHON as PYTHON_LANGUAGE
from adapters.memory.judge import MemoryJudge
from application.ports.challenges import ChallengeFilter
from application.ports.idempotency import IdempotencyKey
from application.ports.submissions import Lease
from application.ports.task_queue import QueueUnavailable
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.get_analytics import GetAnalytics
from application.use_cases.get_leaderboard import GetLeaderboard
from application.use_cases.get_submission import GetSubmission
from application.use_cases.list_open_challenges import ListOpenChallenges, ProgressFilter
from application.use_cases.recover_work import RecoverWork
from application.use_cases.rejudge_submission import RejudgeSubmission
from application.use_cases.run_code import KEPT_FOR
from application.use_cases.wake_workers import WakeWorkers
from domain.challenge import ChallengeStatus, JudgingRules, Visibility
from domain.errors import (
    ChallengeNotFound,
    IdempotencyKeyReused,
    InvalidProgram,
    LanguageNotOffered,
    NoSamples,
    NoTests,
    StillQueued,
    SubmissionNotFound,
    TooLarge,
)
from domain.ids import ChallengeId, LanguageId
from domain.judgement import Verdict
from domain.leaderboard import RuleSet
from domain.program import single_file
from domain.rejudging import RejudgeOn
from domain.submission import Submission, SubmissionKind, SubmissionStatus, WorkClass
from domain.user import User
from tests.application.world import PYTHON, World, a_test


async def test_a_submission_is_stored_before_the_queue_is_woken(world: World) -> None:
    challenge = await world.a_challenge(a_test())

    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    assert await world.current(submission.id) == submission
    assert submission.status is SubmissionStatus.QUEUED
    assert await world.queue.next() is WorkClass.SUBMISSION


class DeadQueue(InProcessTaskQueue):
    async def judge_submission(self, work_class: WorkClass) -> None:
        raise QueueUnavailable


async def test_a_challenge_may_be_named_by_its_slug(world: World) -> None:
    challenge = await world.a_challenge(a_test(), slug="by-name")

    submission = await world.submit_code(
        await world.a_candidate(),
        challenge_id=ChallengeId("by-name"),
        language=PYTHON,
        program=single_file("echo"),
    )

    assert submission.challenge_id == challenge.id


async def test_a_dead_queue_loses_nothing() -> None:
    world = World(queue=DeadQueue(slots=1))
    challenge = await world.a_challenge(a_test())

    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    world.queue = InProcessTaskQueue(slots=1)
    await WakeWorkers(submissions=world.submissions, queue=world.queue, clock=world.clock)()
    assert await world.queue.next() is WorkClass.SUBMISSION
    assert (await world.judged(submission)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("status", [ChallengeStatus.DRAFT, ChallengeStatus.ARCHIVED])
async def test_what_is_not_published_takes_no_submissions(
    world: World, status: ChallengeStatus
) -> None:
    challenge = await world.a_challenge(a_test(), status=status)

    with pytest.raises(ChallengeNotFound):
        await world.submitted(await world.a_candidate(), challenge, "echo")


async def test_a_challenge_without_tests_takes_none(world: World) -> None:
    challenge = await world.a_challenge()

    with pytest.raises(NoTests):
        await world.submitted(await world.a_candidate(), challenge, "echo")


async def test_a_language_that_is_not_offered_is_refused(world: World) -> None:
    challenge = await world.a_challenge(a_test())

    with pytest.raises(LanguageNotOffered):
        await world.submit_code(
            await world.a_candidate(),
            challenge_id=challenge.id,
            language=LanguageId("brainfuck"),
            program=single_file("+"),
        )


async def test_a_language_that_the_challenge_does_not_take_is_refused(world: World) -> None:
    rules = JudgingRules(languages=(LanguageId("cpp"),))
    challenge = await world.a_challenge(a_test(), rules=rules)

    with pytest.raises(LanguageNotOffered):
        await world.submitted(await world.a_candidate(), challenge, "echo")


async def test_a_repeat_with_the_same_key_is_the_same_submission(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    candidate = await world.a_candidate()
    key = IdempotencyKey(user_id=candidate.id, route="submit", key="k", body_hash="b")

    first = await _with_key(world, candidate, challenge.id, key)
    again = await _with_key(world, candidate, challenge.id, key)

    assert again.id == first.id
    other = IdempotencyKey(user_id=candidate.id, route="submit", key="k", body_hash="c")
    with pytest.raises(IdempotencyKeyReused):
        await _with_key(world, candidate, challenge.id, other)


async def test_a_repeat_has_the_first_answer_also_after_the_challenge_was_closed(
    world: World,
) -> None:
    challenge = await world.a_challenge(a_test())
    candidate = await world.a_candidate()
    key = IdempotencyKey(user_id=candidate.id, route="submit", key="k", body_hash="b")
    first = await _with_key(world, candidate, challenge.id, key)
    await world.replace_challenge(
        challenge.id,
        expected_revision=challenge.revision,
        slug=None,
        presentation=challenge.presentation,
        rules=JudgingRules(),
        status=ChallengeStatus.ARCHIVED,
    )

    again = await _with_key(world, candidate, challenge.id, key)

    assert again.id == first.id


async def _with_key(
    world: World, user: User, challenge_id: ChallengeId, key: IdempotencyKey
) -> Submission:
    return await world.submit_code(
        user, challenge_id=challenge_id, language=PYTHON, program=single_file("echo"), key=key
    )


async def _run(
    world: World, user: User, challenge_id: ChallengeId | None, stdin: str | None
) -> Submission:
    return await world.run_code(
        user,
        challenge_id=challenge_id,
        language=PYTHON,
        program=single_file("echo"),
        stdin=stdin,
    )


async def test_a_run_needs_no_challenge(world: World) -> None:
    run = await _run(world, await world.a_candidate(), None, None)

    assert (await world.judged(run)).verdict is Verdict.ACCEPTED


async def test_a_run_on_samples_needs_samples(world: World) -> None:
    challenge = await world.a_challenge(a_test())

    with pytest.raises(NoSamples):
        await _run(world, await world.a_candidate(), challenge.id, None)


@pytest.mark.parametrize(
    ("stdin", "error"), [("\ud800", InvalidProgram), ("x" * (1024 * 1024 + 1), TooLarge)]
)
async def test_input_that_cannot_be_given_is_refused(
    world: World, stdin: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await _run(world, await world.a_candidate(), None, stdin)


async def test_a_run_is_kept_for_an_hour(world: World) -> None:
    run = await _run(world, await world.a_candidate(), None, "x")
    await world.judged(run)
    forget = ForgetExpired(storage=world.storage, submissions=world.submissions, clock=world.clock)

    world.clock.advance(KEPT_FOR - timedelta(seconds=1))
    await forget()
    assert await world.submissions.get(run.id) is not None
    world.clock.advance(timedelta(seconds=1))
    await forget()
    assert await world.submissions.get(run.id) is None


async def test_anothers_submission_is_not_there(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    look = GetSubmission(storage=world.storage, submissions=world.submissions)

    with pytest.raises(SubmissionNotFound):
        await look(submission.id, owner=await world.a_candidate("other@example.org"))
    assert (await look(submission.id, owner=None)).submission == submission


async def test_a_run_is_not_a_submission(world: World) -> None:
    candidate = await world.a_candidate()
    run = await _run(world, candidate, None, "x")
    look = GetSubmission(storage=world.storage, submissions=world.submissions)

    with pytest.raises(SubmissionNotFound):
        await look(run.id, owner=candidate)
    assert (await look(run.id, owner=candidate, kind=SubmissionKind.RUN)).submission == run


def _rejudge(world: World) -> RejudgeSubmission:
    return RejudgeSubmission(
        storage=world.storage, submissions=world.submissions, queue=world.queue
    )


@pytest.mark.parametrize(
    ("on", "verdict"),
    [(RejudgeOn.SAME, Verdict.ACCEPTED), (RejudgeOn.CURRENT, Verdict.WRONG_ANSWER)],
)
async def test_a_rejudge_is_on_the_version_asked_for(
    world: World, on: RejudgeOn, verdict: Verdict
) -> None:
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    await world.judged(submission)
    await world.upload(challenge, a_test("2", given=b"a", expected=b"b"))

    await _rejudge(world)(submission.id, version=on)
    again = await _rejudge(world)(submission.id, version=on)
    done = await world.judged(submission)

    assert again.pending_number == 2
    assert (done.verdict, done.judgement_number, done.pending_number) == (verdict, 2, None)


async def test_work_waits_for_a_worker_that_has_its_language(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"))
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    able = world.judge

    world.judge = MemoryJudge((replace(PYTHON_LANGUAGE, id=LanguageId("rust")),))
    await world.judge_submission("other")()
    world.judge = MemoryJudge(())
    await world.judge_submission("none")()
    waiting = await world.current(submission.id)

    world.judge = able
    done = await world.judged(submission)

    assert (waiting.status, waiting.attempt) == (SubmissionStatus.QUEUED, 0)
    assert (done.verdict, done.attempt) == (Verdict.ACCEPTED, 1)


async def test_what_is_still_queued_cannot_be_rejudged(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    with pytest.raises(StillQueued):
        await _rejudge(world)(submission.id, version=RejudgeOn.SAME)


async def test_a_restarted_worker_takes_its_own_work_up_at_once(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    await world.queue.next()
    abandoned = world.judge_submission("me")
    claim = await world.submissions.claim_next(
        list(WorkClass), world.clock.now(), _lease_of(world, "me")
    )
    assert claim is not None
    recover = RecoverWork(
        submissions=world.submissions, queue=world.queue, clock=world.clock, worker="me"
    )

    released = await recover()

    assert released == 1
    assert await world.queue.next() is WorkClass.SUBMISSION
    assert await abandoned()
    assert (await world.current(submission.id)).verdict is Verdict.ACCEPTED


def _lease_of(world: World, worker: str) -> Lease:
    expires_at = world.clock.now() + timedelta(hours=1)
    return Lease(token="t", worker=worker, expires_at=expires_at)  # noqa: S106


async def test_challenges_are_found_by_what_one_did_on_them(world: World) -> None:
    candidate = await world.a_candidate()
    sample = a_test(visibility=Visibility.PUBLIC)
    solved = await world.a_challenge(sample, slug="solved")
    tried = await world.a_challenge(sample, slug="tried")
    await world.a_challenge(sample, slug="new")
    await world.judged(await world.submitted(candidate, solved, "echo"))
    await world.judged(await world.submitted(candidate, tried, "exit 1"))
    listed = ListOpenChallenges(storage=world.storage, submissions=world.submissions)

    async def slugs(progress: ProgressFilter | None) -> list[str]:
        found = await listed(
            candidate.id, ChallengeFilter(), progress=progress, after=None, limit=20
        )
        return [item.challenge.slug for item in found]

    assert await slugs(None) == ["solved", "tried", "new"]
    assert await slugs(ProgressFilter.SOLVED) == ["solved"]
    assert await slugs(ProgressFilter.ATTEMPTED) == ["tried"]
    assert await slugs(ProgressFilter.TODO) == ["new"]


async def test_the_board_ranks_candidates_and_leaves_staff_out(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    slow, quick = await world.a_candidate("slow@x.org"), await world.a_candidate("quick@x.org")
    admin = await world.an_admin()
    for user, source in ((quick, "echo"), (slow, "exit 1"), (slow, "echo"), (admin, "echo")):
        await world.judged(await world.submitted(user, challenge, source))
        world.clock.advance(timedelta(minutes=1))

    await world.totals.settle(10)
    board = GetLeaderboard(storage=world.storage, totals=world.totals)
    found = await board(
        slow, rules=RuleSet.BEST_SCORE, challenge_id=challenge.id, after=0, limit=10
    )

    assert [(line.rank, line.user_id) for line in found.standings] == [(1, quick.id), (2, slow.id)]
    assert found.own is not None
    assert (found.own.rank, found.total) == (2, 2)


async def test_analytics_counts_candidates_attempts_and_failures(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"), a_test("2"))
    one, two = await world.a_candidate("1@x.org"), await world.a_candidate("2@x.org")
    for user, source in ((one, "exit 1"), (one, "echo"), (two, "exit 1")):
        await world.judged(await world.submitted(user, challenge, source))
    report_on = GetAnalytics(storage=world.storage, totals=world.totals, clock=world.clock)

    report = await report_on(challenge_id=challenge.id, since=None, until=None)

    figures = report.items[0].figures
    assert (figures.submissions, figures.candidates, figures.accepted) == (3, 2, 1)
    assert (figures.solved_by, figures.attempts_to_solve.median) == (1, Fraction(2))
    assert figures.verdicts == {Verdict.RUNTIME_ERROR: 2, Verdict.ACCEPTED: 1}
    alone = report.items[0].alone
    assert alone is not None
    assert [(t.ordinal, t.runs, t.failures) for t in alone.tests] == [(1, 3, 2), (2, 1, 0)]
