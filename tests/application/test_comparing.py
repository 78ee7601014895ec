"""Outputs are compared beside the event loop; large ones take turns."""

import asyncio
import threading

import pytest

from application.comparing import LARGE_BYTES, Comparing
from domain.checking import Checker, Comparison, compare

LARGE = b"1 " * LARGE_BYTES
MANY = 7


class _Counting:
    """Compares, and knows how many did at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __call__(self, checker: Checker, expected: bytes, actual: bytes) -> Comparison:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            return compare(checker, expected, actual)
        finally:
            with self._lock:
                self._now -= 1


async def test_large_outputs_are_compared_one_after_the_other() -> None:
    counting = _Counting()
    comparing = Comparing(counting)

    said = await asyncio.gather(*(comparing(Checker(), LARGE, LARGE + b" ") for _ in range(MANY)))

    assert all(one.accepted for one in said)
    assert counting.most == 1


async def test_a_small_one_does_not_wait_for_large_ones() -> None:
    is_small_over = threading.Event()

    def slowly(checker: Checker, expected: bytes, actual: bytes) -> Comparison:
        if len(actual) > LARGE_BYTES:
            assert is_small_over.wait(10)
        return compare(checker, expected, actual)

    comparing = Comparing(slowly)
    large = asyncio.create_task(comparing(Checker(), LARGE, LARGE))

    small = await comparing(Checker(), b"1", b"2")
    is_small_over.set()

    assert (small.accepted, (await large).accepted) == (False, True)


async def test_one_that_fails_leaves_the_turn_to_the_next() -> None:
    def failing(checker: Checker, expected: bytes, actual: bytes) -> Comparison:
        if actual == LARGE:
            raise MemoryError
        return compare(checker, expected, actual)

    comparing = Comparing(failing)

    with pytest.raises(MemoryError):
        await comparing(Checker(), LARGE, LARGE)
    assert (await comparing(Checker(), LARGE, LARGE + b" ")).accepted
