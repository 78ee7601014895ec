"""From what the sandbox saw (runs) to a verdict for each test and a judgement of the whole.

Inside one test the first of these that is the case decides (decision 6): a fault of the platform
or of the checker (`judge_error`), an interactor that ended first and rejects, time, memory, output,
runtime error, then what the checker says. Of a submission:
`compile_error` before all; any `judge_error` makes the whole a `judge_error`; else the verdict of
the first test, by ordinal, that was not accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from domain.checking import Comparison
from domain.judgement import JudgedTest, Judgement, Note, Verdict
from domain.limits import Limits
from domain.run import Compilation, Excess, Run
from domain.scoring import ScoredTest, Scoring, ScoringKind, max_score, score, test_scores
from domain.signals import signal_name
from domain.stored_output import stored_part, stored_text, within_budget

_HARMLESS = frozenset({Verdict.ACCEPTED, Verdict.SKIPPED})
"""Verdicts of a test that leave the whole as the others make it."""


def verdict_of(run: Run, comparison: Comparison | None) -> Verdict:
    """The verdict of one test.

    `comparison` is None where the run did not end well, or where there is nothing to compare with
    (a practice run on own input): then ending well is enough.
    """
    by_excess = (
        (Excess.CPU_TIME, Verdict.TIME_LIMIT_EXCEEDED),
        (Excess.WALL_TIME, Verdict.TIME_LIMIT_EXCEEDED),
        (Excess.MEMORY, Verdict.MEMORY_LIMIT_EXCEEDED),
        (Excess.OUTPUT, Verdict.OUTPUT_LIMIT_EXCEEDED),
    )
    report = run.report
    if run.fault is not None or run.checker_failed:
        return Verdict.JUDGE_ERROR
    if report is not None and report.ended_first and not report.accepted:
        return Verdict.WRONG_ANSWER
    for excess, verdict in by_excess:
        if excess in run.excess:
            return verdict
    if not run.ended_well:
        return Verdict.RUNTIME_ERROR
    accepted = comparison is None or comparison.accepted
    if report is not None:
        accepted = report.accepted
    return Verdict.ACCEPTED if accepted else Verdict.WRONG_ANSWER


def judged_test(
    run: Run, comparison: Comparison | None, marks: Fraction = Fraction(0)
) -> JudgedTest:
    """The outcome of one run, its output cut to what is stored.

    `marks` is what the test is worth, where a checker of the author's gives parts of it.
    """
    verdict, share, fault = _with_share(run, verdict_of(run, comparison), marks)
    output, truncated = stored_part(run.stdout)
    return JudgedTest(
        ordinal=run.ordinal,
        verdict=verdict,
        cpu_ms=run.cpu_ms,
        wall_ms=run.wall_ms,
        memory_kib=run.memory_kib,
        exit_code=run.exit_code,
        signal=run.signal,
        output=output,
        output_truncated=truncated,
        stderr=stored_text(run.stderr),
        message=_message(run, comparison),
        fault=fault,
        note=_note(run, share),
    )


def _with_share(
    run: Run, verdict: Verdict, marks: Fraction
) -> tuple[Verdict, Fraction, str | None]:
    """The verdict once it is known how much the checker gave, that part, and what went wrong."""
    report, nothing = run.report, Fraction(0)
    if report is None or verdict is not Verdict.ACCEPTED:
        fault = report.fault if report is not None and run.checker_failed else None
        return verdict, nothing, run.fault or fault
    share = report.share_of(marks)
    if share > 1:
        fault = f"the checker gave {float(report.score or 0):g} points of {float(marks):g}"
        return Verdict.JUDGE_ERROR, nothing, fault
    return (verdict, nothing, None) if share == 1 else (Verdict.PARTIALLY_ACCEPTED, share, None)


def skipped_test(ordinal: int) -> JudgedTest:
    return JudgedTest(ordinal=ordinal, verdict=Verdict.SKIPPED)


def is_decided(scoring: Scoring, judged: Sequence[JudgedTest]) -> bool:
    """Whether no later test can change the verdict or the score, unless the platform fails in it.

    With `all_or_nothing` the first test that fails decides, once all before it are there: tests
    may finish in any order. A judge error decides everywhere, as the whole is to be judged again.
    """
    if any(test.verdict is Verdict.JUDGE_ERROR for test in judged):
        return True
    if scoring.kind is not ScoringKind.ALL_OR_NOTHING:
        return False
    first = min((t.ordinal for t in judged if t.verdict not in _HARMLESS), default=None)
    return first is not None and sum(t.ordinal < first for t in judged) == first - 1


def verdict_of_all(tests: Sequence[JudgedTest]) -> Verdict:
    """The verdict of a submission that compiled, in whatever order its tests finished."""
    if any(test.verdict is Verdict.JUDGE_ERROR for test in tests):
        return Verdict.JUDGE_ERROR
    refused = {test.ordinal: test.verdict for test in tests if test.verdict not in _HARMLESS}
    return refused[min(refused)] if refused else Verdict.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class TestScoring:
    """What scoring knows of one test before it is run."""

    weight: int = 0
    group: str | None = None


def judgement_of(  # noqa: PLR0913 (what a judgement is made of, all of it named by the caller)
    *,
    number: int,
    challenge_version: int | None,
    limits: Limits,
    scoring: Scoring,
    scorings: Sequence[TestScoring],
    compilation: Compilation,
    tests: Sequence[JudgedTest],
    judged_at: datetime,
) -> Judgement:
    """The judgement of a program. `scorings` has one entry a test; tests not run are skipped.

    Tests may be left out only where others decided: an accepted program was run on every one, so
    it is a judge error where the judge ended early without a reason.
    """
    fault = compilation.fault or next((t.fault for t in tests if t.fault is not None), None)
    verdict = _verdict(compilation, tests)
    if verdict is Verdict.ACCEPTED and len(tests) < len(scorings):
        verdict, fault = Verdict.JUDGE_ERROR, "the judge ended before every test was run"
    by_ordinal = {test.ordinal: test for test in tests}
    whole = [by_ordinal.get(n, skipped_test(n)) for n in range(1, len(scorings) + 1)]
    scored = [
        ScoredTest(
            weight=known.weight,
            group=known.group,
            accepted=test.verdict is Verdict.ACCEPTED,
            share=test.note.share if test.note else Fraction(0),
        )
        for known, test in zip(scorings, whole, strict=True)
    ]
    nothing = verdict in {Verdict.JUDGE_ERROR, Verdict.COMPILE_ERROR}
    earned = Fraction(0) if nothing else score(scoring, scored)
    with_scores = [
        replace(test, score=got, max_score=most)
        for test, (got, most) in zip(whole, test_scores(scoring, scored), strict=True)
    ]
    return Judgement(
        number=number,
        challenge_version=challenge_version,
        verdict=verdict,
        score=earned,
        max_score=Fraction(max_score(scoring, scored)),
        cpu_ms=max((t.cpu_ms for t in tests if t.cpu_ms is not None), default=None),
        memory_kib=max((t.memory_kib for t in tests if t.memory_kib is not None), default=None),
        compile_output=stored_text(compilation.output.encode("utf-8", "replace")) or None,
        tests=within_budget(with_scores),
        judged_at=judged_at,
        fault=fault,
        limits=limits,
        means=compilation.means,
    )


def judge_error(
    *, number: int, challenge_version: int | None, fault: str, judged_at: datetime
) -> Judgement:
    """The judgement of what the platform could not judge; it never counts against anyone."""
    return Judgement(
        number=number,
        challenge_version=challenge_version,
        verdict=Verdict.JUDGE_ERROR,
        score=Fraction(0),
        max_score=Fraction(0),
        cpu_ms=None,
        memory_kib=None,
        compile_output=None,
        tests=(),
        judged_at=judged_at,
        fault=fault,
    )


def _verdict(compilation: Compilation, tests: Sequence[JudgedTest]) -> Verdict:
    if compilation.fault is not None:
        return Verdict.JUDGE_ERROR
    return verdict_of_all(tests) if compilation.ok else Verdict.COMPILE_ERROR


def _note(run: Run, share: Fraction) -> Note | None:
    """With what the checker failed in, too, where the verdict does not tell."""
    if run.report is None:
        return None
    excused = None if run.checker_failed else run.report.fault
    words = "\n".join(filter(None, (run.report.judge_message, excused)))
    return Note(share=share, judge_message=words) if words or share else None


def _message(run: Run, comparison: Comparison | None) -> str | None:
    if run.report is not None and run.report.team_message:
        return run.report.team_message
    if comparison is not None and comparison.message:
        return comparison.message
    if run.excess == {Excess.WALL_TIME}:
        return "did not end in time, though it used less CPU time than it may"
    if run.signal is not None and not run.excess:
        return f"ended by signal {run.signal} ({signal_name(run.signal)})"
    if run.exit_code and not run.excess:
        return f"ended with exit code {run.exit_code}"
    return None
