"""What a candidate may be told of a judgement."""

from dataclasses import fields
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.challenge import Feedback
from domain.feedback import (
    Audience,
    coarse_memory_kib,
    coarse_time_ms,
    shown_memory_kib,
    shown_test,
    shown_tests,
    shown_time_ms,
)
from domain.judgement import JudgedTest, Verdict

TEST = JudgedTest(
    ordinal=2,
    verdict=Verdict.RUNTIME_ERROR,
    cpu_ms=1_231,
    wall_ms=1_500,
    memory_kib=70_001,
    exit_code=3,
    signal=None,
    score=Fraction(1, 3),
    max_score=Fraction(2),
    output="the input",
    output_truncated=True,
    stderr="the input",
    message="ended with exit code 3",
    fault="host 10.0.0.5 is out of memory",
)
KNOWN_OF_HIDDEN = {"ordinal", "verdict", "cpu_ms", "memory_kib", "score", "max_score"}


def test_a_public_test_is_told_but_for_the_platforms_fault() -> None:
    shown = shown_test(Audience(feedback=Feedback.FULL, public=[2]), TEST)

    assert shown is not None
    assert (shown.output, shown.cpu_ms, shown.fault) == ("the input", 1_231, None)


def test_of_a_hidden_test_only_verdict_score_and_coarse_figures_are_told() -> None:
    shown = shown_test(Audience(feedback=Feedback.FULL, public=[1]), TEST)

    assert shown is not None
    told = {f.name for f in fields(shown) if getattr(shown, f.name) not in {None, False}}
    assert told == KNOWN_OF_HIDDEN
    assert (shown.cpu_ms, shown.memory_kib) == (1_240, 70_656)


@pytest.mark.parametrize(
    ("feedback", "shown"), [(Feedback.FULL, 2), (Feedback.SUMMARY, 1), (Feedback.VERDICT, 0)]
)
def test_the_policy_says_which_tests_are_told(feedback: Feedback, shown: int) -> None:
    public = JudgedTest(ordinal=1, verdict=Verdict.ACCEPTED)

    assert len(shown_tests(Audience(feedback=feedback, public={1}), (public, TEST))) == shown


@given(st.integers(0, 10**9))
def test_coarse_figures_are_never_too_low_and_hardly_too_high(value: int) -> None:
    time_ms, memory_kib = coarse_time_ms(value), coarse_memory_kib(value)

    assert time_ms is not None
    assert memory_kib is not None
    assert value <= time_ms < value + 10
    assert value <= memory_kib < value + 1024
    assert (time_ms % 10, memory_kib % 1024) == (0, 0)


def test_where_nothing_ran_there_is_nothing_to_round() -> None:
    assert coarse_time_ms(None) is None
    assert coarse_memory_kib(None) is None


@pytest.mark.parametrize(
    ("feedback", "told"),
    [
        (Feedback.FULL, (1_240, 70_656)),
        (Feedback.SUMMARY, (None, None)),
        (Feedback.VERDICT, (None, None)),
    ],
)
def test_figures_of_all_tests_together_are_told_only_where_each_is(
    feedback: Feedback, told: tuple[int | None, int | None]
) -> None:
    assert (shown_time_ms(feedback, 1_231), shown_memory_kib(feedback, 70_001)) == told
