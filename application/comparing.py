"""Compares outputs beside the event loop, without keeping it from what it looks after."""

import asyncio
from collections.abc import Callable

from domain.checking import Checker, Comparison, compare

LARGE_BYTES = 256 * 1024
"""Both sides together; what is less is compared in some milliseconds."""


class Comparing:
    """Large outputs are compared one after the other.

    Threads share one interpreter, so together they would not be done sooner; and each that is
    at it delays whoever reads what the programs that are judged meanwhile write.
    """

    def __init__(self, compared: Callable[[Checker, bytes, bytes], Comparison] = compare) -> None:
        self._compared = compared
        self._turn = asyncio.Lock()

    async def __call__(self, checker: Checker, expected: bytes, actual: bytes) -> Comparison:
        if len(expected) + len(actual) <= LARGE_BYTES:
            return await asyncio.to_thread(self._compared, checker, expected, actual)
        async with self._turn:
            return await asyncio.to_thread(self._compared, checker, expected, actual)
