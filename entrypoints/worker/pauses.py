"""When a worker takes nothing: it has failed by itself, or a store has just come back."""

import asyncio
from datetime import datetime, timedelta

from application.ports.clock import Clock

LONGEST = timedelta(seconds=15)
"""After how long at most a worker that keeps failing tries once more."""
HOLDERS_FIRST = timedelta(seconds=3)
"""After an outage, whoever holds work renews its claim or writes its outcome: it looks each second
or two, while what it holds may look abandoned."""


class Pauses:
    """One for all slots of a worker: who fails fast would be free for everything there is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._until: datetime | None = None
        self._ended = asyncio.Event()

    def after_failure(self) -> None:
        """The platform failed here: pause, twice as long as after the failure before."""
        self._pause(min(timedelta(seconds=1 << min(self._failures, 10)), LONGEST))
        self._failures += 1

    def after_success(self) -> None:
        """Something was judged here: all is well."""
        self._failures = 0

    def after_outage(self) -> None:
        """The store of submissions does not answer."""
        self._pause(HOLDERS_FIRST)

    def end(self) -> None:
        """Nobody is to wait any more: the worker stops."""
        self._ended.set()

    async def over(self) -> None:
        """Return when work may be taken again, or the worker stops."""
        while not self._ended.is_set() and (left_s := self._left_s()) > 0:
            waits = {
                asyncio.ensure_future(self._clock.sleep(left_s)),
                asyncio.ensure_future(self._ended.wait()),
            }
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    def _pause(self, how_long: timedelta) -> None:
        until = self._clock.now() + how_long
        self._until = until if self._until is None else max(self._until, until)

    def _left_s(self) -> float:
        if self._until is None:
            return 0
        return (self._until - self._clock.now()).total_seconds()
