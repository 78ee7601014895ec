"""From what the sandbox saw (runs) to a verdict for each test and a judgement of the whole.

Inside one test the first of these that is the case decides (decision 6): a fault of the platform
or of the checker (`judge_error`), an interactor that ended first and rejects, time, memory, output,
runtime error, then what the checker says. Of a submission:
`compile_error` before all; any `judge_error` makes the whole a `judge_error`; else the verdict of
the first test, by ordinal, that was not accepted.
"""

from codecs import getincrementaldecoder
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from domain.checker_report import CheckerReport
from domain.checking import Comparison
from domain.limits import Limits
from domain.scoring import ScoredTest, Scoring, ScoringKind, max_score, score, test_scores
from domain.signals import signal_name

MAX_STORED_OUTPUT_BYTES = 64 * 1024
"""Of one test, and of the compiler (decision 8)."""
MAX_JUDGEMENT_BYTES = 4 * 1024 * 1024
_BYTES_BESIDE_OUTPUT = 288
"""What one test takes in a stored judgement beside its texts, generously."""
_BYTES_OF_A_NOTE = 64
"""What a checker's note takes beside its text."""
_ESCAPED = bytes(range(0x20)) + b'"\\'
"""What JSON escapes, with up to six bytes for one."""
_MAX_ESCAPE = 6
_BYTES_BESIDE_TESTS = (_MAX_ESCAPE + 1) * MAX_STORED_OUTPUT_BYTES
"""The compiler's output at its worst, and all that is stored once."""
_Decoder = getincrementaldecoder("utf-8")


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    PARTIALLY_ACCEPTED = "partially_accepted"
    """Accepted by a checker of the author's, which gave a part of the marks only."""
    WRONG_ANSWER = "wrong_answer"
    TIME_LIMIT_EXCEEDED = "time_limit_exceeded"
    MEMORY_LIMIT_EXCEEDED = "memory_limit_exceeded"
    OUTPUT_LIMIT_EXCEEDED = "output_limit_exceeded"
    RUNTIME_ERROR = "runtime_error"
    COMPILE_ERROR = "compile_error"
    JUDGE_ERROR = "judge_error"
    SKIPPED = "skipped"
    """Of a test only: it was not run, as an earlier one had decided."""


_HARMLESS = frozenset({Verdict.ACCEPTED, Verdict.SKIPPED})
"""Verdicts of a test that leave the whole as the others make it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """By what a program is judged: its toolchain and the judge, each with its version.

    `wall_time_ms` is the wall time at which this judge kills.
    """

    toolchain: str
    judge: str
    wall_time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What the compile step said; `output` is at most 64 KiB of text, compiler's own words.

    `fault` is set when the step failed through no fault of the program (then `ok` is False).
    `means` hold for the runs that follow, too.
    """

    ok: bool
    output: str = ""
    fault: str | None = None
    means: Means | None = None


class Excess(StrEnum):
    """A limit that a program went over."""

    CPU_TIME = "cpu_time"
    WALL_TIME = "wall_time"
    MEMORY = "memory"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the sandbox saw of one program on one input: facts, never a verdict.

    Exactly one of `exit_code` and `signal` (a number) is set, unless `fault` says why the platform
    could not run it. `stdout` is whole up to the output limit; `stderr` is its first part.
    `memory_kib` is the peak of the whole process tree. `excess` holds every limit that was passed.
    `report` is what the job's checker said, if there is one and the run ended well or was watched
    by an interactor; such a run has no `stdout`. Of several passes the figures are the largest.
    """

    ordinal: int
    exit_code: int | None = None
    signal: int | None = None
    cpu_ms: int = 0
    wall_ms: int = 0
    memory_kib: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    excess: frozenset[Excess] = frozenset()
    fault: str | None = None
    report: CheckerReport | None = None

    @property
    def ended_well(self) -> bool:
        """Whether the checker is what decides: no fault, no limit passed, exit code 0."""
        return self.fault is None and not self.excess and self.exit_code == 0

    @property
    def checker_failed(self) -> bool:
        """Whether the checker is to blame: not if it only stumbled over a program that had failed.

        An interactor often does, once nobody is there any more to talk with.
        """
        report = self.report
        if report is None or report.fault is None:
            return False
        return self.ended_well or report.ended_first or report.overran


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a checker of the author's left of one test, for staff only.

    `share` is the part of its marks that it gave to a test that is only partially accepted.
    """

    share: Fraction = Fraction(0)
    judge_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTest:
    """The outcome of one test. `message` is safe to show where the test's data may be shown.

    `output` is the stored part of standard output as text. `fault` and `note` are for staff only.
    """

    ordinal: int
    verdict: Verdict
    cpu_ms: int | None = None
    wall_ms: int | None = None
    memory_kib: int | None = None
    exit_code: int | None = None
    signal: int | None = None
    score: Fraction = Fraction(0)
    max_score: Fraction = Fraction(0)
    output: str | None = None
    output_truncated: bool = False
    stderr: str | None = None
    message: str | None = None
    fault: str | None = None
    note: Note | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The outcome of a whole submission (or of a practice run, which has no score).

    `cpu_ms` is of the slowest test, `memory_kib` the largest peak; None where nothing ran.
    `fault` says for staff why the verdict is `judge_error`. `limits` and `means` are what it was
    judged under; None where nothing ran, and in judgements from before they were recorded.
    """

    number: int
    challenge_version: int | None
    verdict: Verdict
    score: Fraction
    max_score: Fraction
    cpu_ms: int | None
    memory_kib: int | None
    compile_output: str | None
    tests: tuple[JudgedTest, ...]
    judged_at: datetime
    fault: str | None = None
    limits: Limits | None = None
    means: Means | None = None


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
    output, truncated = _stored(run.stdout)
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


def within_budget(tests: Sequence[JudgedTest]) -> tuple[JudgedTest, ...]:
    """The tests with so much output that a judgement stays under MAX_JUDGEMENT_BYTES.

    Earlier tests keep theirs; what does not fit any more is left out and marked as truncated.
    """
    left = MAX_JUDGEMENT_BYTES - _BYTES_BESIDE_TESTS - _BYTES_BESIDE_OUTPUT * len(tests)
    left -= _BYTES_OF_A_NOTE * sum(test.note is not None for test in tests)
    kept: list[JudgedTest] = []
    for test in tests:
        size = _stored_size(test, most=left)
        fits = size <= left
        left -= size if fits else 0
        kept.append(test if fits else _without_texts(test))
    return tuple(kept)


def stored_text(data: bytes) -> str:
    """The first 64 KiB as text; what is not UTF-8 is replaced, and so is NUL."""
    return _stored(data)[0]


def _stored(data: bytes) -> tuple[str, bool]:
    """The text of the first 64 KiB, cut between two characters, and whether anything was cut."""
    whole = len(data) <= MAX_STORED_OUTPUT_BYTES
    text = _Decoder("replace").decode(data[:MAX_STORED_OUTPUT_BYTES], final=whole)
    encoded = text.replace("\0", "\ufffd").encode()  # a replaced byte becomes three
    kept = encoded[:MAX_STORED_OUTPUT_BYTES].decode("utf-8", "ignore")
    return kept, not whole or len(encoded) > MAX_STORED_OUTPUT_BYTES


def _verdict(compilation: Compilation, tests: Sequence[JudgedTest]) -> Verdict:
    if compilation.fault is not None:
        return Verdict.JUDGE_ERROR
    return verdict_of_all(tests) if compilation.ok else Verdict.COMPILE_ERROR


def _stored_size(test: JudgedTest, *, most: int) -> int:
    """Bytes that the texts of a test take as JSON strings; counted no further once over `most`."""
    noted = test.note.judge_message if test.note else ""
    texts = (test.output, test.stderr, test.message, test.fault, noted)
    written = b"".join((text or "").encode() for text in texts)
    if len(written) > most:
        return len(written)
    escaped = len(written) - len(written.translate(None, _ESCAPED))
    return len(written) + (_MAX_ESCAPE - 1) * escaped


def _without_texts(test: JudgedTest) -> JudgedTest:
    return replace(
        test,
        output=None,
        stderr=None,
        message=None,
        fault=None,
        note=replace(test.note, judge_message="") if test.note else None,
        output_truncated=True,
    )


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
