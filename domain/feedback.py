"""What a candidate may be told of a judgement (decision 18). Staff are told all of it."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from domain.challenge import Feedback
from domain.judgement import JudgedTest

HIDDEN_TIME_STEP_MS = 10
HIDDEN_MEMORY_STEP_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who reads a judgement: under which policy, and which of its tests are public to them."""

    feedback: Feedback
    public: Collection[int]
    """Ordinals; every other test is hidden."""


def shown_test(audience: Audience, test: JudgedTest) -> JudgedTest | None:
    """What a candidate may know of one test, or None where that is nothing.

    Of a hidden test that is its verdict and score, and figures so coarse that a program cannot
    tell its input by them; nothing that the program itself chose: output, exit code, signal; nor
    a checker's message to the team, as it may repeat the program's output.
    """
    public = test.ordinal in audience.public
    match audience.feedback:
        case Feedback.FULL:
            return _without_notes(test) if public else _hidden(test)
        case Feedback.SUMMARY:
            return _without_notes(test) if public else None
        case Feedback.VERDICT:
            return None


def shown_tests(audience: Audience, tests: tuple[JudgedTest, ...]) -> tuple[JudgedTest, ...]:
    """What a candidate may know of all of them, in their order."""
    shown = (shown_test(audience, test) for test in tests)
    return tuple(test for test in shown if test is not None)


def coarse_time_ms(value: int | None) -> int | None:
    """A time that hidden tests had a part in, rounded up to 10 ms."""
    return None if value is None else _rounded_up(value, HIDDEN_TIME_STEP_MS)


def coarse_memory_kib(value: int | None) -> int | None:
    """A peak that hidden tests had a part in, rounded up to 1 MiB."""
    return None if value is None else _rounded_up(value, HIDDEN_MEMORY_STEP_KIB)


def shown_time_ms(feedback: Feedback, value: int | None) -> int | None:
    """The time of all tests together: only where each hidden one's is told as well.

    The slowest test is a hidden one as soon as a program wants it to be: it would be a way out.
    """
    return coarse_time_ms(value) if feedback is Feedback.FULL else None


def shown_memory_kib(feedback: Feedback, value: int | None) -> int | None:
    """The peak of all tests together, in the same way."""
    return coarse_memory_kib(value) if feedback is Feedback.FULL else None


def _without_notes(test: JudgedTest) -> JudgedTest:
    return replace(test, fault=None, note=None)


def _hidden(test: JudgedTest) -> JudgedTest:
    return JudgedTest(
        ordinal=test.ordinal,
        verdict=test.verdict,
        cpu_ms=coarse_time_ms(test.cpu_ms),
        memory_kib=coarse_memory_kib(test.memory_kib),
        score=test.score,
        max_score=test.max_score,
    )


def _rounded_up(value: int, step: int) -> int:
    return -(-value // step) * step
