"""Outcomes: the verdict, of one test, and of a whole submission."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from domain.limits import Limits
from domain.run import Means


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
