"""A worker judges the next submission: claim, run, compare, write the outcome."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from application.comparing import Comparing
from application.holding import LEASE_TIME, while_held
from application.planning import NotJudgeable, Plan, Planner
from application.ports.blob_store import BlobCorrupt, BlobNotFound, BlobStore
from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.judge import JobRefused, JudgePort, JudgeUnavailable
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
from application.ports.telemetry import SILENT, Judging, Telemetry
from application.ports.totals import TotalsRepository
from application.recent_turns import RecentTurns
from domain.errors import LanguageNotOffered
from domain.ids import LanguageId
from domain.judgement import JudgedTest, Judgement, Verdict
from domain.judging import is_decided, judge_error, judgement_of
from domain.language import Language
from domain.run import Compilation, Run
from domain.stored_output import within_budget
from domain.submission import SubmissionStatus, WorkClass

MAX_FAILURES = 4
"""Tries at one judgement that the platform failed, those that died with their worker included."""
BACK_OFF = timedelta(seconds=2)
"""Before the second try; doubled for each one after."""
ELSEWHERE = timedelta(seconds=2)
"""For how long work whose checker cannot be run here is left to others; doubled with each claim."""
MOST_ELSEWHERE = timedelta(seconds=32)
OUTAGE_PAUSE_S = 1.0
"""Between looks at a store that is away."""
MAX_STUMBLES = 4
"""Failures to read one thing, with growing pauses, from stores that answer: half a minute."""
TESTS_BETWEEN_CUTS = 64
SETTLED_AT_ONCE = 50
"""Outcomes added to standings with one's own: those of others that end at the same time."""


class Turn(Enum):
    """What came of looking for work; false where there was none."""

    NOTHING_DUE = "nothing due"
    JUDGED = "judged"
    FAILED = "failed"
    """The platform failed, not the program: this worker may be the reason."""

    def __bool__(self) -> bool:
        return self is not Turn.NOTHING_DUE


class _CannotBeRead(Exception):
    """What judging needs is stored, and cannot be read although its store answers."""


class _NotHere(Exception):
    """This worker's judge does not run the challenge's checker; another's may."""

    def __init__(self, language: LanguageId) -> None:
        super().__init__(f"a checker in {language} cannot be run here; it waits for other workers")


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """What has come out so far of one try at one judgement, and how many events were told."""

    claim: Claim
    judging: Judging
    compilation: Compilation | None = None
    tests: list[JudgedTest] = field(default_factory=list)
    failed: bool = False
    checker_failed: bool = False
    told: int = 0

    def add(self, test: JudgedTest) -> None:
        """Keep the test; of 10,000 with 64 KiB of output each only what will be stored."""
        self.failed = self.failed or test.verdict is not Verdict.ACCEPTED
        self.tests.append(test)
        if len(self.tests) % TESTS_BETWEEN_CUTS == 0:
            self.tests = list(within_budget(self.tests))

    def begin_anew(self) -> None:
        """Forget what came out; events are counted on, as their ids have to grow."""
        self.compilation = None
        self.tests = []
        self.failed = False
        self.checker_failed = False


def _nobody_hears() -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSubmission:
    storage: Storage
    submissions: SubmissionRepository
    totals: TotalsRepository
    blobs: BlobStore
    judge: JudgePort
    progress: ProgressStream
    clock: Clock
    ids: Ids
    worker: str
    telemetry: Telemetry = SILENT
    comparing: Comparing = field(default_factory=Comparing)
    recent: RecentTurns = field(default_factory=RecentTurns)

    async def __call__(
        self,
        classes: Sequence[WorkClass] = tuple(WorkClass),
        *,
        claimed: Callable[[], None] = _nobody_hears,
    ) -> Turn:
        """Judge the next submission of these classes, if there is one; `claimed` hears of it.

        Safe to repeat at any moment and from anywhere: the claim is atomic, the outcome is
        fenced. A claim that another worker took over meanwhile is dropped without a trace. What
        fails through no fault of the program is handed back with a back-off, and ends as a
        `judge_error` after MAX_FAILURES, or at once where the challenge's checker failed: it would
        again. A store that is away is waited for, a graceful stop hands back, and so does a
        worker whose judge does not run the challenge's checker: nothing of that counts.

        Raises:
            StoreUnavailable: the store of submissions does not answer; a claim whose answer was
                lost runs out.
            Exception: whatever nobody foresaw, after the work was handed back.
        """
        offered = [language.id for language in await self.judge.languages()]
        now = self.clock.now()
        lease = Lease(token=self.ids.token(), worker=self.worker, expires_at=now + LEASE_TIME)
        claim = await self.submissions.claim_next(
            classes, now, lease, languages=offered, served=self.recent.counts()
        )
        if claim is None:
            return Turn.NOTHING_DUE
        self.recent.note(claim)
        claimed()
        turn = await while_held(
            claim, self._watched(claim), submissions=self.submissions, clock=self.clock
        )
        return turn or Turn.JUDGED  # of a claim that was lost nothing is told

    async def _watched(self, claim: Claim) -> Turn:
        with self.telemetry.judging(claim) as judging:
            attempt = _Attempt(claim=claim, judging=judging)
            if claim.failures < MAX_FAILURES:
                try:
                    return await self._attempt(attempt)
                except _NotHere as elsewhere:
                    await self._leave_to_others(attempt, str(elsewhere))
                    return Turn.JUDGED
            reason = f"given up: {MAX_FAILURES} tries ended with the death of their worker"
            await self._finish(attempt, self._judge_error(claim, reason))
            return Turn.JUDGED

    async def _attempt(self, attempt: _Attempt) -> Turn:
        claim = attempt.claim
        try:
            judgement = await self._judgement_despite_outages(attempt)
        except (NotJudgeable, JobRefused) as error:
            await self._finish(attempt, self._judge_error(claim, str(error)))
        except (_CannotBeRead, LanguageNotOffered, BlobNotFound, BlobCorrupt) as error:
            await self._fail(attempt, self._judge_error(claim, str(error)))
        except JudgeUnavailable as error:
            reason = f"{error} (worker {self.worker})"
            await self._fail(attempt, self._judge_error(claim, reason))
            return Turn.FAILED
        except (LeaseLost, _NotHere):
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error} (worker {self.worker})"
            await self._fail(attempt, self._judge_error(claim, reason))
            raise  # nobody foresaw it: whoever runs the worker has to see it
        else:
            if judgement.verdict is Verdict.JUDGE_ERROR and not attempt.checker_failed:
                await self._fail(attempt, judgement)
                return Turn.FAILED
            await self._finish(attempt, judgement)
        return Turn.JUDGED

    async def _judgement_despite_outages(self, attempt: _Attempt) -> Judgement:
        """Begin anew, still under the same claim, after a store was away.

        Raises:
            _CannotBeRead: one thing cannot be read again and again, though its store answers.
        """
        stumbles = 0
        while True:
            await self._tell(attempt, StatusChanged(status=SubmissionStatus.QUEUED))
            await self._tell(attempt, StatusChanged(status=SubmissionStatus.RUNNING))
            try:
                return await self._judgement(attempt)
            except StoreUnavailable as away:
                attempt.begin_anew()
                stumbles = 0 if await self._outage_waited_out() else stumbles + 1
                if stumbles > MAX_STUMBLES:
                    raise _CannotBeRead(f"{away}, but answers otherwise") from away
                await self.clock.sleep(OUTAGE_PAUSE_S * (1 << stumbles))

    async def _outage_waited_out(self) -> bool:
        """Return when the stores that tests are read from answer; whether one did not."""
        was_away = False
        while True:
            try:
                await self.storage.check()
                await self.blobs.check()
            except Exception:  # noqa: BLE001 - whatever is wrong with it, it does not answer
                was_away = True
                await self.clock.sleep(OUTAGE_PAUSE_S)
            else:
                return was_away

    async def _judgement(self, attempt: _Attempt) -> Judgement:
        claim = attempt.claim
        planner = Planner(storage=self.storage, blobs=self.blobs, comparing=self.comparing)
        plan = await planner.plan(claim, await self._language(claim))
        await self._check_checker(plan)
        attempt.judging.prepared()
        async with aclosing(self.judge.judge(plan.job)) as events:
            await self._follow(planner, plan, attempt, events)
        if attempt.compilation is None:
            raise JudgeUnavailable("the judge ended without a word")
        return await asyncio.to_thread(  # of 10,000 tests it takes a while
            judgement_of,
            number=claim.number,
            challenge_version=claim.version,
            limits=plan.job.limits,
            scoring=plan.scoring,
            scorings=plan.scorings,
            compilation=attempt.compilation,
            tests=attempt.tests,
            judged_at=self.clock.now(),
        )

    async def _follow(
        self,
        planner: Planner,
        plan: Plan,
        attempt: _Attempt,
        events: AsyncGenerator[Compilation | Run],
    ) -> None:
        async for event in events:
            if isinstance(event, Compilation):
                attempt.compilation = event
                attempt.judging.compiled()
                await self._tell(attempt, Compiled(compilation=event))
                continue
            test = await planner.judged(plan, event)
            attempt.add(test)
            of_checker = test.verdict is Verdict.JUDGE_ERROR and event.fault is None
            attempt.checker_failed = attempt.checker_failed or of_checker
            attempt.judging.tested(test)
            await self._tell(attempt, TestFinished(test=test))
            stops_early = attempt.failed and not plan.all_tests
            if stops_early and is_decided(plan.scoring, attempt.tests):
                return

    async def _language(self, claim: Claim) -> Language:
        wanted = claim.submission.language
        offered = {language.id: language for language in await self.judge.languages()}
        if wanted not in offered:
            raise LanguageNotOffered(wanted)
        return offered[wanted]

    async def _check_checker(self, plan: Plan) -> None:
        """Raises _NotHere: the checker's language is not offered, or its judge runs no checkers."""
        checker = plan.job.checker
        if checker is None:
            return
        offered = {language.id: language for language in await self.judge.languages()}
        if checker.language not in offered or not offered[checker.language].runs_checkers:
            raise _NotHere(checker.language)

    async def _leave_to_others(self, attempt: _Attempt, reason: str) -> None:
        claim = attempt.claim
        wait = min(ELSEWHERE * (1 << min(claim.attempt - 1, 8)), MOST_ELSEWHERE)
        not_before = self.clock.now() + wait
        await self._until_answered(
            lambda: self.submissions.hand_back(claim, not_before=not_before, failed=False)
        )
        attempt.judging.handed_back(reason)
        await self._tell(attempt, StatusChanged(status=SubmissionStatus.QUEUED))

    async def _fail(self, attempt: _Attempt, judgement: Judgement) -> None:
        """The platform's fault: another try later, or, after the last one, a judge error."""
        claim = attempt.claim
        if claim.failures + 1 >= MAX_FAILURES:
            await self._finish(attempt, judgement)
            return
        wait = BACK_OFF * (1 << claim.failures)
        not_before = self.clock.now() + wait
        await self._until_answered(
            lambda: self.submissions.hand_back(claim, not_before=not_before, failed=True)
        )
        attempt.judging.handed_back(judgement.fault or "a test could not be run")
        await self._tell(attempt, StatusChanged(status=SubmissionStatus.QUEUED))

    async def _finish(self, attempt: _Attempt, judgement: Judgement) -> None:
        claim = attempt.claim
        with attempt.judging.settling(judgement):
            await self._until_answered(lambda: self.submissions.record_outcome(claim, judgement))
        try:
            with contextlib.suppress(StoreUnavailable):  # it is stored: the timer settles it
                await self.totals.settle(SETTLED_AT_ONCE)
        finally:  # whatever becomes of standings, the candidate hears of the outcome
            await self._tell(attempt, StatusChanged(status=SubmissionStatus.DONE))
            await self._tell(attempt, Done())

    async def _until_answered(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write what was worked for as soon as the store is back; the fence makes repeats safe."""
        while True:
            try:
                await write()
            except StoreUnavailable:
                await self.clock.sleep(OUTAGE_PAUSE_S)
            else:
                return

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
