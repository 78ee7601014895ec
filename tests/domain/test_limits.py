import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.limits import MAX_TIME_MS, MIN_TIME_MS, Limits


@pytest.mark.parametrize(
    ("time_ms", "kill_time_ms", "wall_time_ms"),
    [
        (50, 55, 2_050),
        (51, 57, 2_051),
        (59, 65, 2_059),
        (1_000, 1_100, 3_000),
        (1_999, 2_199, 3_999),
        (2_000, 2_200, 4_000),
        (2_001, 2_202, 4_002),
        (60_000, 66_000, 120_000),
    ],
)
def test_a_program_is_killed_a_little_after_its_limit(
    time_ms: int, kill_time_ms: int, wall_time_ms: int
) -> None:
    limits = Limits(time_ms=time_ms)

    assert limits.kill_time_ms == kill_time_ms
    assert limits.wall_time_ms == wall_time_ms


@given(st.integers(MIN_TIME_MS, MAX_TIME_MS))
def test_what_waits_has_more_time_than_what_computes(time_ms: int) -> None:
    limits = Limits(time_ms=time_ms)

    assert time_ms < limits.kill_time_ms < limits.wall_time_ms
