import signal

import pytest

from domain.signals import signal_name


@pytest.mark.parametrize("number", range(1, 32))
def test_a_signal_has_the_name_that_this_system_gives_it(number: int) -> None:
    assert signal_name(number) == signal.Signals(number).name


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (33, "unknown"),
        (34, "SIGRTMIN"),
        (35, "SIGRTMIN+1"),
        (64, "SIGRTMIN+30"),
        (65, "unknown"),
        (0, "unknown"),
        (-11, "unknown"),
    ],
)
def test_every_other_number_is_told_from_those(number: int, name: str) -> None:
    assert signal_name(number) == name
