from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.challenge import JudgingRules, check_rules
from domain.ids import LanguageId
from domain.language import Language, resolve_limits
from domain.limits import (
    MAX_MEMORY_KIB,
    MAX_TIME_MS,
    MIN_MEMORY_KIB,
    MIN_TIME_MS,
    LanguageLimits,
    Limits,
)


def language(factor: Fraction = Fraction(1), extra_memory_kib: int = 0) -> Language:
    return Language(
        id=LanguageId("python3"),
        name="Python",
        version="3.11",
        file_name="main.py",
        compile_command=None,
        run_command="python3 main.py",
        time_factor=factor,
        extra_memory_kib=extra_memory_kib,
    )


PYTHON = language(Fraction(5, 2), 65_536)
LIMITS = Limits(time_ms=1_001, memory_kib=100_000, output_kib=77)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param(None, (2_502, 165_536), id="none"),
        pytest.param(LanguageLimits(), (2_502, 165_536), id="empty"),
        pytest.param(LanguageLimits(time_ms=900), (900, 165_536), id="time, as it stands"),
        pytest.param(LanguageLimits(memory_kib=90_000), (2_502, 90_000), id="memory"),
        pytest.param(LanguageLimits(time_ms=50, memory_kib=20_000), (50, 20_000), id="both"),
    ],
)
def test_limits_stated_for_a_language_come_before_its_factors(
    own: LanguageLimits | None, expected: tuple[int, int]
) -> None:
    resolved = resolve_limits(LIMITS, PYTHON, own)

    assert (resolved.time_ms, resolved.memory_kib) == expected
    assert resolved.output_kib == 77


def test_a_language_without_factors_has_the_limits_of_the_challenge() -> None:
    assert resolve_limits(LIMITS, language(), None) == LIMITS


@given(
    st.integers(MIN_TIME_MS, MAX_TIME_MS),
    st.integers(MIN_MEMORY_KIB, MAX_MEMORY_KIB),
    st.fractions(Fraction(1, 1000), 100),
    st.integers(0, MAX_MEMORY_KIB),
)
def test_resolved_limits_are_limits_that_a_challenge_may_state(
    time_ms: int, memory_kib: int, factor: Fraction, extra: int
) -> None:
    limits = Limits(time_ms=time_ms, memory_kib=memory_kib)

    resolved = resolve_limits(limits, language(factor, extra), None)

    assert check_rules(JudgingRules(limits=resolved)).limits == resolved


REACH = Limits(time_ms=2_000, memory_kib=150_000, output_kib=64)


def test_the_factors_go_no_further_than_the_judge() -> None:
    resolved = resolve_limits(LIMITS, replace(PYTHON, most=REACH), None)
    assert (resolved.time_ms, resolved.memory_kib, resolved.output_kib) == (2_000, 150_000, 77)


def test_what_is_stated_is_never_made_less() -> None:
    stated = Limits(time_ms=3_000, memory_kib=160_000)
    resolved = resolve_limits(stated, replace(PYTHON, most=REACH), None)
    assert (resolved.time_ms, resolved.memory_kib) == (3_000, 160_000)
