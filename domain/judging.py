"""From what the sandbox saw (runs) to a verdict for each test and a judgement of the whole.

Inside one test the first of these that is the case decides (decision 6): a fault of the platform
(`judge_error`), time, memory, output, runtime error, then what the checker says. Of a submission:
`compile_error` before all; any `judge_error` makes the whole a `judge_error`; else the verdict of
the first test, by ordinal, that was not accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from domain.checking import Comparison
from domain.scoring import ScoredTest, Scoring, ScoringKind, max_score, score, test_scores

MAX_STORED_OUTPUT_BYTES = 64 * 1024
"""Of one test, and of the compiler (decision 8)."""
MAX_JUDGEMENT_BYTES = 4 * 1024 * 1024
_BYTES_BESIDE_OUTPUT = 256
"""What one test takes in a stored judgement beside its output, generously."""


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    WRONG_ANSWER = "wrong_answer"
    TIME_LIMIT_EXCEEDED = "time_limit_exceeded"
    MEMORY_LIMIT_EXCEEDED = "memory_limit_exceeded"
    OUTPUT_LIMIT_EXCEEDED = "output_limit_exceeded"
    RUNTIME_ERROR = "runtime_error"
    COMPILE_ERROR = "compile_error"
    JUDGE_ERROR = "judge_error"
    SKIPPED = "skipped"
    """Of a test only: it was not run, as an earlier one had decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What the compile step said; `output` is at most 64 KiB of text, compiler's own words.

    `fault` is set when the step failed through no fault of the program (then `ok` is False).
    """

    ok: bool
    output: str = ""
    fault: str | None = None


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

    @property
    def ended_well(self) -> bool:
        """Whether the checker is what decides: no fault, no limit passed, exit code 0."""
        return self.fault is None and not self.excess and self.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTest:
    """The outcome of one test. `message` is safe to show where the test's data may be shown.

    `output` is the stored part of standard output as text. `fault` is for staff only.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The outcome of a whole submission (or of a practice run, which has no score).

    `cpu_ms` is of the slowest test, `memory_kib` the largest peak; None where nothing ran.
    `fault` says for staff why the verdict is `judge_error`.
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


def verdict_of(run: Run, comparison: Comparison | None) -> Verdict:
    """The verdict of one test; `comparison` is None where the run did not end well."""
    by_excess = (
        (Excess.CPU_TIME, Verdict.TIME_LIMIT_EXCEEDED),
        (Excess.WALL_TIME, Verdict.TIME_LIMIT_EXCEEDED),
        (Excess.MEMORY, Verdict.MEMORY_LIMIT_EXCEEDED),
        (Excess.OUTPUT, Verdict.OUTPUT_LIMIT_EXCEEDED),
    )
    if run.fault is not None:
        return Verdict.JUDGE_ERROR
    for excess, verdict in by_excess:
        if excess in run.excess:
            return verdict
    if not run.ended_well:
        return Verdict.RUNTIME_ERROR
    if comparison is None or comparison.accepted:
        return Verdict.ACCEPTED
    return Verdict.WRONG_ANSWER


def judged_test(run: Run, comparison: Comparison | None) -> JudgedTest:
    """The outcome of one run, its output cut to what is stored."""
    verdict = verdict_of(run, comparison)
    output = stored_text(run.stdout)
    return JudgedTest(
        ordinal=run.ordinal,
        verdict=verdict,
        cpu_ms=run.cpu_ms,
        wall_ms=run.wall_ms,
        memory_kib=run.memory_kib,
        exit_code=run.exit_code,
        signal=run.signal,
        output=output,
        output_truncated=len(run.stdout) > MAX_STORED_OUTPUT_BYTES,
        stderr=stored_text(run.stderr),
        message=_message(run, comparison),
        fault=run.fault,
    )


def skipped_test(ordinal: int) -> JudgedTest:
    return JudgedTest(ordinal=ordinal, verdict=Verdict.SKIPPED)


def is_decided(scoring: Scoring, judged: Sequence[JudgedTest]) -> bool:
    """Whether no later test can change the verdict or the score.

    Tests arrive in order, so with `all_or_nothing` the first that fails decides. A judge error
    decides everywhere, as the whole is to be judged again.
    """
    if any(test.verdict is Verdict.JUDGE_ERROR for test in judged):
        return True
    failed = any(test.verdict is not Verdict.ACCEPTED for test in judged)
    return failed and scoring.kind is ScoringKind.ALL_OR_NOTHING


def verdict_of_all(tests: Sequence[JudgedTest]) -> Verdict:
    """The verdict of a submission that compiled, in whatever order its tests finished."""
    if any(test.verdict is Verdict.JUDGE_ERROR for test in tests):
        return Verdict.JUDGE_ERROR
    in_order = sorted(tests, key=lambda test: test.ordinal)
    refused = (Verdict.ACCEPTED, Verdict.SKIPPED)
    return next((t.verdict for t in in_order if t.verdict not in refused), Verdict.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestScoring:
    """What scoring knows of one test before it is run."""

    weight: int = 0
    group: str | None = None


def judgement_of(
    *,
    number: int,
    challenge_version: int | None,
    scoring: Scoring,
    scorings: Sequence[TestScoring],
    compilation: Compilation,
    tests: Sequence[JudgedTest],
    judged_at: datetime,
) -> Judgement:
    """The judgement of a program. `scorings` has one entry a test; tests not run are skipped."""
    verdict = _verdict(compilation, tests)
    by_ordinal = {test.ordinal: test for test in tests}
    whole = [by_ordinal.get(n, skipped_test(n)) for n in range(1, len(scorings) + 1)]
    scored = [
        ScoredTest(
            weight=known.weight, group=known.group, accepted=test.verdict is Verdict.ACCEPTED
        )
        for known, test in zip(scorings, whole, strict=True)
    ]
    earned = Fraction(0) if verdict is Verdict.JUDGE_ERROR else score(scoring, scored)
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
        fault=compilation.fault or next((t.fault for t in tests if t.fault is not None), None),
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

    Earlier tests keep theirs; what does not fit any more is cut and marked as truncated.
    """
    left = MAX_JUDGEMENT_BYTES - MAX_STORED_OUTPUT_BYTES - _BYTES_BESIDE_OUTPUT * len(tests)
    kept: list[JudgedTest] = []
    for test in tests:
        size = sum(_stored_size(text) for text in (test.output, test.stderr, test.message))
        if size <= left:
            left -= size
            kept.append(test)
        else:
            kept.append(replace(test, output=None, stderr=None, message=None, output_truncated=True))
    return tuple(kept)


def stored_text(data: bytes) -> str:
    """The first 64 KiB as text; what is not UTF-8 is replaced, and so is NUL."""
    text = data[:MAX_STORED_OUTPUT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    while len(text.encode()) > MAX_STORED_OUTPUT_BYTES:  # a replaced byte becomes three
        text = text[: len(text) * MAX_STORED_OUTPUT_BYTES // len(text.encode())]
    return text


def _verdict(compilation: Compilation, tests: Sequence[JudgedTest]) -> Verdict:
    if compilation.fault is not None:
        return Verdict.JUDGE_ERROR
    return verdict_of_all(tests) if compilation.ok else Verdict.COMPILE_ERROR


def _stored_size(text: str | None) -> int:
    """Bytes of the text as a JSON string, where a control character takes six."""
    if text is None:
        return 0
    controls = sum(1 for character in text if character < " " or character in '"\\')
    return len(text.encode()) + 5 * controls


def _message(run: Run, comparison: Comparison | None) -> str | None:
    if comparison is not None and comparison.message:
        return comparison.message
    if run.signal is not None and not run.excess:
        return f"ended by signal {run.signal}"
    if run.exit_code and not run.excess:
        return f"ended with exit code {run.exit_code}"
    return None
