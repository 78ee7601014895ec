"""A worker's way from a claim to an outcome, and what happens when something fails on it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from adapters.memory.judge import PYTHON as OF_MEMORY
from adapters.memory.judge import MemoryJudge
from adapters.memory.telemetry import MemoryTelemetry
from application.holding import LEASE_TIME
from application.ports.judge import JobRefused, JudgeJob, JudgeUnavailable
from application.ports.submissions import Lease
from application.use_cases.judge_submission import MAX_FAILURES, MOST_ELSEWHERE
from domain.challenge import JudgingRules, Visibility
from domain.checker_program import CheckerProgram
from domain.checking import Checker, CheckerKind
from domain.ids import LanguageId
from domain.judgement import Verdict
from domain.language import Language
from domain.program import single_file
from domain.run import Compilation, Run
from domain.scoring import Scoring, ScoringKind
from domain.submission import SubmissionStatus, WorkClass
from tests.application.world import PYTHON, World, a_test

LONG_AFTER = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("echo", Verdict.ACCEPTED),
        ("print something else", Verdict.WRONG_ANSWER),
        ("exit 3", Verdict.RUNTIME_ERROR),
        ("signal 11", Verdict.RUNTIME_ERROR),
        ("spend 1000000", Verdict.TIME_LIMIT_EXCEEDED),
        ("eat 100000000", Verdict.MEMORY_LIMIT_EXCEEDED),
        ("flood", Verdict.OUTPUT_LIMIT_EXCEEDED),
        ("does not compile", Verdict.COMPILE_ERROR),
    ],
)
async def test_each_program_gets_the_verdict_that_it_deserves(
    world: World, source: str, verdict: Verdict
) -> None:
    challenge = await world.a_challenge(a_test("1"), a_test("2"))
    submission = await world.submitted(await world.a_candidate(), challenge, source)

    done = await world.judged(submission)

    assert (done.status, done.verdict) == (SubmissionStatus.DONE, verdict)
    assert done.judgement_number == 1
    assert done.score == (100 if verdict is Verdict.ACCEPTED else 0)
    assert done.judged_at == world.clock.now()


async def test_nothing_due_is_nothing_done(world: World) -> None:
    assert not await world.judge_submission()()


async def test_a_second_round_judges_nothing_again(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    first = await world.judged(submission)
    again = await world.judge_submission()()

    assert not again
    assert await world.current(submission.id) == first


async def test_many_workers_at_once_judge_each_submission_once(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    candidate = await world.a_candidate()
    sent = [await world.submitted(candidate, challenge, "echo") for _ in range(20)]

    workers = [world.judge_submission(f"worker-{n}")() for n in range(30)]
    results = await asyncio.gather(*workers)

    assert sum(map(bool, results)) == len(sent)
    outcomes = [await world.current(submission.id) for submission in sent]
    assert [(o.verdict, o.judgement_number, o.attempt) for o in outcomes] == [
        (Verdict.ACCEPTED, 1, 1)
    ] * len(sent)


async def test_all_or_nothing_stops_at_the_first_failure(world: World) -> None:
    challenge = await world.a_challenge(
        a_test("1"), a_test("2", given=b"a", expected=b"b"), a_test("3")
    )
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    done = await world.judged(submission)

    judgement = await world.submissions.judgement(done.id, 1)
    assert judgement is not None
    assert [test.verdict for test in judgement.tests] == [
        Verdict.ACCEPTED,
        Verdict.WRONG_ANSWER,
        Verdict.SKIPPED,
    ]


async def test_weighted_scoring_runs_everything_and_adds_up(world: World) -> None:
    rules = JudgingRules(scoring=Scoring(kind=ScoringKind.WEIGHTED))
    challenge = await world.a_challenge(
        a_test("1", weight=10),
        a_test("2", given=b"a", expected=b"b", weight=20),
        a_test("3", weight=30),
        rules=rules,
    )
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    done = await world.judged(submission)

    assert (done.verdict, done.score, done.max_score) == (
        Verdict.WRONG_ANSWER,
        Fraction(40),
        Fraction(60),
    )


async def test_a_submission_keeps_the_version_that_it_was_handed_in_for(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"))
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    await world.upload(challenge, a_test("2", given=b"a", expected=b"b"))

    done = await world.judged(submission)

    assert (done.verdict, done.challenge_version) == (Verdict.ACCEPTED, 2)


async def test_the_checker_of_the_challenge_decides(world: World) -> None:
    test = a_test("1", given=b"1.0000001\n", expected=b"1\n")
    lenient = JudgingRules(checker=Checker(kind=CheckerKind.FLOAT, absolute="1e-6"))
    strict = JudgingRules(checker=Checker(kind=CheckerKind.EXACT))
    candidate = await world.a_candidate()
    near = await world.submitted(
        candidate, await world.a_challenge(test, rules=lenient, slug="near"), "echo"
    )
    exact = await world.submitted(
        candidate, await world.a_challenge(test, rules=strict, slug="exact"), "echo"
    )

    verdicts = [(await world.judged(one)).verdict for one in (near, exact)]

    assert verdicts == [Verdict.ACCEPTED, Verdict.WRONG_ANSWER]


async def test_a_run_on_own_input_is_never_compared(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"))
    run = await world.run_code(
        await world.a_candidate(),
        challenge_id=challenge.id,
        language=PYTHON,
        program=single_file("echo"),
        stdin="mine",
    )

    done = await world.judged(run)

    judgement = await world.submissions.judgement(run.id, 1)
    assert judgement is not None
    assert done.verdict is Verdict.ACCEPTED
    assert [test.output for test in judgement.tests] == ["mine"]


async def test_a_run_without_input_runs_every_sample_and_no_hidden_test(world: World) -> None:
    challenge = await world.a_challenge(
        a_test("1", given=b"a", expected=b"b", visibility=Visibility.PUBLIC),
        a_test("2", given=b"c", visibility=Visibility.PUBLIC),
        a_test("3", given=b"secret"),
    )
    run = await world.run_code(
        await world.a_candidate(),
        challenge_id=challenge.id,
        language=PYTHON,
        program=single_file("echo"),
        stdin=None,
    )

    await world.judged(run)

    judgement = await world.submissions.judgement(run.id, 1)
    assert judgement is not None
    assert [(t.verdict, t.output) for t in judgement.tests] == [
        (Verdict.WRONG_ANSWER, "a"),
        (Verdict.ACCEPTED, "c"),
    ]


class BrokenJudge(MemoryJudge):
    """Breaks down in the middle of the job for the first `times` jobs."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        async for event in super().judge(job):
            yield event
            if self.left:
                self.left -= 1
                raise JudgeUnavailable("the box fell over")


@pytest.mark.parametrize("failures", [1, MAX_FAILURES - 1])
async def test_the_platforms_failures_are_tried_again_and_leave_no_trace(
    failures: int,
) -> None:
    world = World(judge=BrokenJudge(failures))
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    for _ in range(failures):
        waiting = await world.judged(submission)
        assert (waiting.status, waiting.verdict) == (SubmissionStatus.QUEUED, None)
        world.clock.advance(LONG_AFTER)
    done = await world.judged(submission)

    assert (done.verdict, done.attempt) == (Verdict.ACCEPTED, failures + 1)


async def test_a_failed_try_waits_before_the_next(world: World) -> None:
    world.judge = BrokenJudge(1)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    await world.judged(submission)

    assert not await world.judge_submission()()
    world.clock.advance(LONG_AFTER)
    assert await world.judge_submission()()


async def test_what_keeps_failing_ends_as_a_judge_error_with_the_reason_for_staff() -> None:
    world = World(judge=BrokenJudge(1_000))
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    for _ in range(MAX_FAILURES):
        await world.judged(submission)
        world.clock.advance(LONG_AFTER)

    done = await world.current(submission.id)
    judgement = await world.submissions.judgement(submission.id, 1)
    assert judgement is not None
    assert (done.verdict, done.score) == (Verdict.JUDGE_ERROR, Fraction(0))
    assert judgement.fault == "the box fell over (worker worker)"


async def test_a_submission_that_kills_its_workers_is_given_up(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    for attempt in range(MAX_FAILURES):
        claimed = await world.submissions.claim_next(
            [WorkClass.SUBMISSION], world.clock.now(), _lease(world, f"dead-{attempt}")
        )
        assert claimed is not None
        world.clock.advance(LONG_AFTER)

    done = await world.judged(submission)

    assert done.verdict is Verdict.JUDGE_ERROR


async def test_a_worker_that_died_is_followed_by_another_after_its_lease(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    await world.submissions.claim_next(
        [WorkClass.SUBMISSION], world.clock.now(), _lease(world, "dead")
    )

    assert not await world.judge_submission()()
    world.clock.advance(LEASE_TIME)
    done = await world.judged(submission)

    assert (done.verdict, done.attempt, done.judgement_number) == (Verdict.ACCEPTED, 2, 1)


PERL = replace(OF_MEMORY, id=LanguageId("perl"), name="Perl")


@pytest.mark.parametrize(
    "offered",
    [
        pytest.param((OF_MEMORY,), id="another language"),
        pytest.param((OF_MEMORY, replace(PERL, runs_checkers=False)), id="no checkers"),
    ],
)
async def test_work_whose_checker_cannot_be_run_here_is_left_to_others(
    offered: tuple[Language, ...],
) -> None:
    """However often such a worker comes first."""
    able, telemetry = MemoryJudge((OF_MEMORY, PERL)), MemoryTelemetry()
    world = World(judge=able, telemetry=telemetry)
    program = CheckerProgram(language=PERL.id, program=single_file("compare"))
    rules = JudgingRules(checker=Checker(kind=CheckerKind.CUSTOM, program=program))
    challenge = await world.a_challenge(a_test(), rules=rules)
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    world.judge = MemoryJudge(offered)
    for _ in range(MAX_FAILURES + 2):
        left = await world.judged(submission)
        assert (left.status, left.verdict) == (SubmissionStatus.QUEUED, None)
        assert not await world.judge_submission()()
        world.clock.advance(MOST_ELSEWHERE)
    world.judge = able
    done = await world.judged(submission)

    assert done.verdict is not Verdict.JUDGE_ERROR
    assert done.status is SubmissionStatus.DONE
    why = "handed back: a checker in perl cannot be run here; it waits for other workers"
    assert telemetry.told.count(why) == MAX_FAILURES + 2


class RefusingJudge(MemoryJudge):
    """Knows in the middle of the job that it can never do it."""

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        async for event in super().judge(job):
            yield event
            raise JobRefused("the time limit is over what I can do")


async def test_what_the_judge_can_never_do_is_a_judge_error_at_once() -> None:
    world = World(judge=RefusingJudge())
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    done = await world.judged(submission)

    assert (done.status, done.verdict) == (SubmissionStatus.DONE, Verdict.JUDGE_ERROR)
    judgement = await world.submissions.judgement(submission.id, 1)
    assert judgement is not None
    assert judgement.fault == "the time limit is over what I can do"


class BuggyJudge(MemoryJudge):
    """Has a bug that nobody foresaw."""

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        raise KeyError("nobody foresaw this")
        yield


async def test_a_bug_of_ours_is_seen_by_staff_and_ends_in_the_end() -> None:
    world = World(judge=BuggyJudge())
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    for _ in range(MAX_FAILURES):
        with pytest.raises(KeyError):
            await world.judge_submission()()
        world.clock.advance(LONG_AFTER)

    judgement = await world.submissions.judgement(submission.id, 1)
    assert judgement is not None
    assert judgement.verdict is Verdict.JUDGE_ERROR
    assert "nobody foresaw this" in (judgement.fault or "")


class SlowJudge(MemoryJudge):
    """Waits within the job until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        self.begun.set()
        await self.go_on.wait()
        async for event in super().judge(job):
            yield event


async def test_the_heartbeat_keeps_a_long_judgement_ours() -> None:
    judge = SlowJudge()
    world = World(judge=judge)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    work = asyncio.create_task(world.judge_submission()())
    await judge.begun.wait()

    for _ in range(10):
        world.clock.advance(LEASE_TIME / 3)
        await _turns()
        assert not await world.judge_submission("another")()
    judge.go_on.set()
    await work

    done = await world.current(submission.id)
    assert (done.verdict, done.attempt) == (Verdict.ACCEPTED, 1)


async def test_a_worker_that_is_told_to_stop_hands_its_work_back_at_once() -> None:
    judge = SlowJudge()
    world = World(judge=judge)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    work = asyncio.create_task(world.judge_submission("stopping")())
    await judge.begun.wait()

    work.cancel()
    await asyncio.wait({work})

    judge.go_on.set()
    done = await world.judged(submission)
    assert work.cancelled()
    assert done.verdict is Verdict.ACCEPTED


async def test_graceful_stops_do_not_count_however_many() -> None:
    judge = SlowJudge()
    world = World(judge=judge)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")

    for _ in range(2 * MAX_FAILURES):
        judge.begun.clear()
        work = asyncio.create_task(world.judge_submission("stopping")())
        await judge.begun.wait()
        work.cancel()
        await asyncio.wait({work})
    judge.go_on.set()

    assert (await world.judged(submission)).verdict is Verdict.ACCEPTED


async def test_a_worker_whose_claim_was_taken_over_writes_nothing() -> None:
    judge = SlowJudge()
    world = World(judge=judge)
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    sleeper = asyncio.create_task(world.judge_submission("sleeper")())
    await judge.begun.wait()
    later = world.clock.now() + LONG_AFTER
    taken = await world.submissions.claim_next(
        [WorkClass.SUBMISSION],
        later,
        Lease(token="new", worker="other", expires_at=later + LONG_AFTER),  # noqa: S106
    )

    judge.go_on.set()
    assert await sleeper

    current = await world.current(submission.id)
    assert taken is not None
    assert (current.status, current.verdict) == (SubmissionStatus.RUNNING, None)


async def test_a_rejudge_leaves_the_old_outcome_until_the_new_one_is_there(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"))
    submission = await world.submitted(await world.a_candidate(), challenge, "echo")
    await world.judged(submission)
    upload = await world.upload(challenge, a_test("2", given=b"a", expected=b"b"))
    number = await world.submissions.request_rejudge(submission.id, version=upload.version.number)
    pending = await world.current(submission.id)

    done = await world.judged(submission)

    old = await world.submissions.judgement(submission.id, 1)
    assert number == 2
    assert (pending.status, pending.verdict) == (SubmissionStatus.DONE, Verdict.ACCEPTED)
    assert (done.verdict, done.judgement_number) == (Verdict.WRONG_ANSWER, 2)
    assert old is not None
    assert (old.verdict, old.score) == (Verdict.ACCEPTED, Fraction(100))


async def _turns() -> None:
    """Let every task that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def _lease(world: World, worker: str) -> Lease:
    return Lease(token=world.ids.token(), worker=worker, expires_at=world.clock.now() + LEASE_TIME)
