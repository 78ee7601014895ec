"""Judges of one machine keep out of each other's slots, whichever homes they have."""

import subprocess
import sys
import uuid

import pytest

from adapters.sandbox.slots import MOST, NoSlotLeft, SlotNumbers

_FAMILY = f"assay-test-{uuid.uuid4().hex}"
_HOLD = (
    f"import sys; from adapters.sandbox.slots import SlotNumbers as S; numbers = S('{_FAMILY}')\n"
    "print(*numbers.claim(3), flush=True); sys.stdin.read()"
)


def test_no_number_is_given_twice() -> None:
    first, second = SlotNumbers(_FAMILY), SlotNumbers(_FAMILY)
    one, other = first.claim(3), second.claim(3)
    assert len({*one, *other}) == 6
    first.free()
    second.free()


def test_a_number_that_was_freed_is_given_again() -> None:
    first, second = SlotNumbers(_FAMILY), SlotNumbers(_FAMILY)
    numbers = first.claim(3)
    first.free()
    assert second.claim(3) == numbers
    second.free()


def test_a_dead_process_holds_none() -> None:
    holder = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        held = {int(number) for number in holder.stdout.readline().split()}
        while_alive = SlotNumbers(_FAMILY)
        assert held.isdisjoint(while_alive.claim(3))
        while_alive.free()
        holder.kill()
    after = SlotNumbers(_FAMILY)
    assert held == set(after.claim(3))
    after.free()


def test_too_many_are_refused_and_none_is_held() -> None:
    numbers = SlotNumbers(_FAMILY)
    with pytest.raises(NoSlotLeft):
        numbers.claim(MOST + 1)
    assert len(numbers.claim(3)) == 3
    numbers.free()
