"""How long this process stood still, or was too busy to look after what it judges."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TICK_S = 0.025
_JITTER_NS = 10_000_000
"""Less than that is how timers are."""


class Lateness:
    """A clock that ticks while anybody measures; each tick that comes late is time that was lost.

    Both when a tick was due and when it came are read from the monotonic clock, by which programs'
    wall time is measured too. A stopped process, a paused machine and an interpreter that others
    hold all look the same: nobody read the pipes meanwhile.
    """

    def __init__(self) -> None:
        self._lost_ns = 0
        self._due_ns = 0
        self._measuring = 0
        self._tick: asyncio.TimerHandle | None = None

    @contextmanager
    def measured(self) -> Iterator[Callable[[], int]]:
        """What says how many nanoseconds were lost since it was handed out."""
        if not self._measuring:
            self._await_tick()
        self._measuring += 1
        before_ns = self._so_far()
        try:
            yield lambda: self._so_far() - before_ns
        finally:
            self._measuring -= 1
            if not self._measuring and self._tick:
                self._tick.cancel()

    def _await_tick(self) -> None:
        self._due_ns = time.monotonic_ns() + int(_TICK_S * 1e9)
        self._tick = asyncio.get_running_loop().call_later(_TICK_S, self._on_tick)

    def _on_tick(self) -> None:
        self._lost_ns = self._so_far()
        self._await_tick()

    def _so_far(self) -> int:
        """With what the tick that is due now is late already."""
        late_ns = time.monotonic_ns() - self._due_ns
        return self._lost_ns + (late_ns if late_ns >= _JITTER_NS else 0)
