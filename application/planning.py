"""What a claimed submission comes to: the job for the judge, and how its runs are judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from application import reading
from application.comparing import Comparing
from application.ports.blob_store import BlobStore
from application.ports.judge import JudgeInput, JudgeJob
from application.ports.storage import Storage
from application.ports.submissions import Claim
from domain.challenge import TestCase, TestData
from domain.checking import Checker, Comparison
from domain.judgement import JudgedTest, Verdict
from domain.judging import TestScoring, judged_test
from domain.language import Language, resolve_limits
from domain.limits import Limits
from domain.run import Run
from domain.scoring import ScoredTest, Scoring, marks, test_scores
from domain.submission import SubmissionKind
from domain.trial import tests_of_run
from domain.versioning import limits_for


class NotJudgeable(Exception):
    """What is needed to judge is not there; another try cannot help before staff do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One job, and for each of its tests (by ordinal - 1) what to make of its run.

    `expected` is None where nothing is compared: a run on own input. `marks` is what each is worth
    to the job's checker, if there is one. With `all_tests` no failure ends it early.
    """

    job: JudgeJob
    checker: Checker
    scoring: Scoring
    scorings: Sequence[TestScoring]
    expected: Sequence[TestData | None]
    marks: Sequence[Fraction] = ()
    all_tests: bool

    def scored(self, test: JudgedTest) -> ScoredTest:
        """A test as scoring sees it, by itself."""
        return replace(
            _scored(self.scorings[test.ordinal - 1]),
            accepted=test.verdict is Verdict.ACCEPTED,
            share=test.note.share if test.note else Fraction(0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Makes plans, and judges single runs by them; reads tests, and writes nothing."""

    storage: Storage
    blobs: BlobStore
    comparing: Comparing

    async def plan(self, claim: Claim, language: Language) -> Plan:
        """The plan of a claim.

        Raises:
            NotJudgeable: the challenge version that it is to be judged on is gone.
        """
        if claim.submission.challenge_id is None or claim.version is None:
            return _on_own_input(claim, resolve_limits(Limits(), language, None))
        async with self.storage.read() as unit:
            version = await unit.challenges.version(claim.submission.challenge_id, claim.version)
            if version is None:
                raise NotJudgeable("its challenge version is gone")
            tests = await unit.test_cases.of_version(version)
        limits = limits_for(version, language)
        if claim.handed_in.stdin is not None:
            return _on_own_input(claim, limits)
        is_run = claim.submission.kind is SubmissionKind.RUN
        chosen = tests_of_run(None, tests) if is_run else tests
        scorings = [TestScoring(weight=t.weight, group=t.group) for t in chosen]
        return Plan(
            job=JudgeJob(
                language=language.id,
                program=claim.handed_in.program,
                limits=limits,
                inputs=tuple(self._input(n, test) for n, test in enumerate(chosen, 1)),
                checker=version.rules.checker.program,
            ),
            checker=version.rules.checker,
            scoring=version.rules.scoring,
            scorings=scorings,
            expected=[test.expected_output for test in chosen],
            marks=marks(version.rules.scoring, [_scored(known) for known in scorings]),
            all_tests=is_run,
        )

    async def judged(self, plan: Plan, run: Run) -> JudgedTest:
        """The outcome of one run: compared where it ended well, with what it scores by itself.

        Raises:
            BlobNotFound, BlobCorrupt: the expected output is lost.
        """
        if plan.job.checker is None:
            test = judged_test(run, await self._comparison(plan, run))
        else:
            test = judged_test(_with_report(run), None, plan.marks[run.ordinal - 1])
        ((score, most),) = test_scores(plan.scoring, [plan.scored(test)])
        return replace(test, score=score, max_score=most)

    async def _comparison(self, plan: Plan, run: Run) -> Comparison | None:
        expected = plan.expected[run.ordinal - 1]
        if not run.ended_well or expected is None:
            return None
        wanted = await reading.whole(self.blobs, expected)
        return await self.comparing(plan.checker, wanted, run.stdout)

    def _input(self, ordinal: int, test: TestCase) -> JudgeInput:
        return JudgeInput(
            ordinal=ordinal,
            load=partial(reading.whole, self.blobs, test.input),
            answer=partial(reading.whole, self.blobs, test.expected_output),
        )


def _with_report(run: Run) -> Run:
    """Without the checker's word nothing is known of a run that ended well."""
    if run.report is None and run.ended_well:
        return replace(run, fault="the judge did not run the checker")
    return run


def _scored(known: TestScoring) -> ScoredTest:
    return ScoredTest(weight=known.weight, group=known.group, accepted=False)


def _on_own_input(claim: Claim, limits: Limits) -> Plan:
    async def load() -> bytes:
        return (claim.handed_in.stdin or "").encode()

    return Plan(
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
