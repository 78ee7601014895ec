"""A worker judges the next submission: claim, run, compare, write the outcome."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from application import reading
from application.ports.blob_store import BlobCorrupt, BlobNotFound, BlobStore
from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.judge import JudgeInput, JudgeJob, JudgePort, JudgeUnavailable
from application.ports.progress import (
    Compiled,
    Done,
    EventId,
    Happening,
    ProgressEvent,
    ProgressStream,
    StatusChanged,
    TestFinished,
)
from application.ports.storage import Storage, StoreUnavailable
from application.ports.submissions import Claim, Lease, LeaseLost, SubmissionRepository
from domain.challenge import TestCase, TestData
from domain.checking import Checker, Comparison, compare
from domain.errors import LanguageNotOffered
from domain.judging import (
    Compilation,
    JudgedTest,
    Judgement,
    Run,
    TestScoring,
    Verdict,
    is_decided,
    judge_error,
    judged_test,
    judgement_of,
    within_budget,
)
from domain.language import Language, resolve_limits
from domain.limits import Limits
from domain.scoring import ScoredTest, Scoring, test_scores
from domain.submission import SubmissionKind, SubmissionStatus, WorkClass
from domain.trial import tests_of_run
from domain.versioning import limits_for

LEASE_TIME = timedelta(seconds=30)
HEARTBEAT_S = 8.0
MAX_ATTEMPTS = 4
"""Tries at one judgement, those that died with their worker included."""
BACK_OFF = timedelta(seconds=2)
"""Before the second try; doubled for each one after."""
TESTS_BETWEEN_CUTS = 64


class NotJudgeable(Exception):
    """What is needed to judge is not there; another try cannot help before staff do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What one claim comes to: the job for the judge, and what to make of its runs.

    `expected` has one entry a test; None where nothing is compared (a run on own input).
    """

    job: JudgeJob
    checker: Checker
    scoring: Scoring
    scorings: Sequence[TestScoring]
    expected: Sequence[TestData | None]
    all_tests: bool


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """What has come out so far of one try at one judgement, and how many events were told."""

    claim: Claim
    compilation: Compilation | None = None
    tests: list[JudgedTest] = field(default_factory=list)
    failed: bool = False
    told: int = 0

    def add(self, test: JudgedTest) -> None:
        """Keep the test; of 10,000 with 64 KiB of output each only what will be stored."""
        self.failed = self.failed or test.verdict is not Verdict.ACCEPTED
        self.tests.append(test)
        if len(self.tests) % TESTS_BETWEEN_CUTS == 0:
            self.tests = list(within_budget(self.tests))


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSubmission:
    storage: Storage
    submissions: SubmissionRepository
    blobs: BlobStore
    judge: JudgePort
    progress: ProgressStream
    clock: Clock
    ids: Ids
    worker: str

    async def __call__(self, classes: Sequence[WorkClass] = tuple(WorkClass)) -> bool:
        """Judge the next submission of these classes; False where nothing was due.

        Safe to repeat at any moment and from anywhere: the claim is atomic, the outcome is
        fenced. A claim that another worker took over meanwhile is dropped without a trace. What
        fails through no fault of the program is handed back with a back-off, and ends as a
        `judge_error` after MAX_ATTEMPTS.

        Raises:
            StoreUnavailable: a store does not answer now; the claim runs out by itself.
            Exception: whatever nobody foresaw, after the work was handed back.
        """
        now = self.clock.now()
        lease = Lease(token=self.ids.token(), worker=self.worker, expires_at=now + LEASE_TIME)
        claim = await self.submissions.claim_next(classes, now, lease)
        if claim is None:
            return False
        work = asyncio.create_task(self._attempt(_Attempt(claim=claim)))
        heartbeat = asyncio.create_task(self._keep_alive(claim))
        try:
            await asyncio.wait({work, heartbeat}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await _ended(work)
            await self._let_go(claim)
            raise
        finally:
            await _ended(heartbeat)
            await _ended(work)
        _raise_unless_lost(work)
        _raise_unless_lost(heartbeat)
        return True

    async def _let_go(self, claim: Claim) -> None:
        """This worker was told to stop: another may begin anew at once, not after the lease."""
        with contextlib.suppress(LeaseLost, StoreUnavailable):
            await self.submissions.hand_back(claim, not_before=self.clock.now())

    async def _keep_alive(self, claim: Claim) -> None:
        """Extend the lease until it is lost; a store that is away for a moment is tried again."""
        while True:
            await self.clock.sleep(HEARTBEAT_S)
            try:
                await self.submissions.extend(claim, self.clock.now() + LEASE_TIME)
            except LeaseLost:
                return
            except StoreUnavailable:
                continue

    async def _attempt(self, attempt: _Attempt) -> None:
        claim = attempt.claim
        await self._tell(attempt, StatusChanged(status=SubmissionStatus.QUEUED))
        await self._tell(attempt, StatusChanged(status=SubmissionStatus.RUNNING))
        if claim.attempt > MAX_ATTEMPTS:
            reason = f"given up: {MAX_ATTEMPTS} tries ended with the death of their worker"
            await self._finish(attempt, self._judge_error(claim, reason))
            return
        try:
            judgement = await self._judgement(attempt)
        except NotJudgeable as error:
            await self._finish(attempt, self._judge_error(claim, str(error)))
        except (JudgeUnavailable, LanguageNotOffered, BlobNotFound, BlobCorrupt) as error:
            await self._fail(attempt, self._judge_error(claim, str(error)))
        except (LeaseLost, StoreUnavailable):
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            await self._fail(attempt, self._judge_error(claim, reason))
            raise  # nobody foresaw it: whoever runs the worker has to see it
        else:
            if judgement.verdict is Verdict.JUDGE_ERROR:
                await self._fail(attempt, judgement)
            else:
                await self._finish(attempt, judgement)

    async def _judgement(self, attempt: _Attempt) -> Judgement:
        claim = attempt.claim
        plan = await self._plan(claim)
        async with aclosing(self.judge.judge(plan.job)) as events:
            await self._follow(plan, attempt, events)
        if attempt.compilation is None:
            raise JudgeUnavailable("the judge ended without a word")
        return await asyncio.to_thread(  # of 10,000 tests it takes a while
            judgement_of,
            number=claim.number,
            challenge_version=claim.version,
            scoring=plan.scoring,
            scorings=plan.scorings,
            compilation=attempt.compilation,
            tests=attempt.tests,
            judged_at=self.clock.now(),
        )

    async def _follow(
        self, plan: _Plan, attempt: _Attempt, events: AsyncGenerator[Compilation | Run]
    ) -> None:
        async for event in events:
            if isinstance(event, Compilation):
                attempt.compilation = event
                await self._tell(attempt, Compiled(compilation=event))
                continue
            test = await self._judged(plan, event)
            attempt.add(test)
            await self._tell(attempt, TestFinished(test=test))
            stops_early = attempt.failed and not plan.all_tests
            if stops_early and is_decided(plan.scoring, attempt.tests):
                return

    async def _judged(self, plan: _Plan, run: Run) -> JudgedTest:
        expected = plan.expected[run.ordinal - 1]
        comparison: Comparison | None = None
        if run.ended_well and expected is not None:
            wanted = await reading.whole(self.blobs, expected)
            comparison = await asyncio.to_thread(compare, plan.checker, wanted, run.stdout)
        test = judged_test(run, comparison)
        known = plan.scorings[run.ordinal - 1]
        accepted = test.verdict is Verdict.ACCEPTED
        alone = ScoredTest(weight=known.weight, group=known.group, accepted=accepted)
        ((score, most),) = test_scores(plan.scoring, [alone])
        return replace(test, score=score, max_score=most)

    async def _plan(self, claim: Claim) -> _Plan:
        language = await self._language(claim)
        if claim.submission.challenge_id is None or claim.version is None:
            own = (claim.handed_in.stdin or "").encode()
            limits = resolve_limits(Limits(), language, None)
            return _plan_of_own_input(claim, own, limits)
        async with self.storage.read() as unit:
            version = await unit.challenges.version(claim.submission.challenge_id, claim.version)
            if version is None:
                raise NotJudgeable("its challenge version is gone")
            tests = await unit.test_cases.of_version(version)
        limits = limits_for(version, language)
        if claim.handed_in.stdin is not None:
            return _plan_of_own_input(claim, claim.handed_in.stdin.encode(), limits)
        is_run = claim.submission.kind is SubmissionKind.RUN
        chosen = tests_of_run(None, tests) if is_run else tests
        return _Plan(
            job=JudgeJob(
                language=language.id,
                program=claim.handed_in.program,
                limits=limits,
                inputs=tuple(self._input(n, test) for n, test in enumerate(chosen, 1)),
            ),
            checker=version.rules.checker,
            scoring=version.rules.scoring,
            scorings=[TestScoring(weight=t.weight, group=t.group) for t in chosen],
            expected=[test.expected_output for test in chosen],
            all_tests=is_run,
        )

    async def _language(self, claim: Claim) -> Language:
        wanted = claim.submission.language
        offered = {language.id: language for language in await self.judge.languages()}
        if wanted not in offered:
            raise LanguageNotOffered(wanted)
        return offered[wanted]

    def _input(self, ordinal: int, test: TestCase) -> JudgeInput:
        return JudgeInput(ordinal=ordinal, load=partial(reading.whole, self.blobs, test.input))

    async def _fail(self, attempt: _Attempt, judgement: Judgement) -> None:
        """The platform's fault: another try later, or, after the last one, a judge error."""
        claim = attempt.claim
        if claim.attempt >= MAX_ATTEMPTS:
            await self._finish(attempt, judgement)
            return
        wait = BACK_OFF * (1 << (claim.attempt - 1))
        await self.submissions.hand_back(claim, not_before=self.clock.now() + wait)
        await self._tell(attempt, StatusChanged(status=SubmissionStatus.QUEUED))

    async def _finish(self, attempt: _Attempt, judgement: Judgement) -> None:
        await self.submissions.record_outcome(attempt.claim, judgement)
        await self._tell(attempt, StatusChanged(status=SubmissionStatus.DONE))
        await self._tell(attempt, Done())

    def _judge_error(self, claim: Claim, reason: str) -> Judgement:
        return judge_error(
            number=claim.number,
            challenge_version=claim.version,
            fault=reason,
            judged_at=self.clock.now(),
        )

    async def _tell(self, attempt: _Attempt, what: Happening) -> None:
        claim = attempt.claim
        attempt.told += 1
        event_id = EventId(judgement=claim.number, attempt=claim.attempt, sequence=attempt.told)
        await self.progress.publish(claim.submission.id, ProgressEvent(id=event_id, what=what))


def _plan_of_own_input(claim: Claim, stdin: bytes, limits: Limits) -> _Plan:
    async def load() -> bytes:
        return stdin

    return _Plan(
        job=JudgeJob(
            language=claim.submission.language,
            program=claim.handed_in.program,
            limits=limits,
            inputs=(JudgeInput(ordinal=1, load=load),),
        ),
        checker=Checker(),
        scoring=Scoring(),
        scorings=[TestScoring()],
        expected=[None],
        all_tests=True,
    )


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel the task and wait for its end, whatever that is."""
    task.cancel()
    await asyncio.wait({task})


def _raise_unless_lost(work: asyncio.Task[None]) -> None:
    """Pass on what went wrong, but a lost claim (also one that the heartbeat found lost)."""
    if work.cancelled():
        return
    error = work.exception()
    if error is not None and not isinstance(error, LeaseLost):
        raise error
