"""A clock that stands still until someone moves it."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

from application.ports.clock import Clock

_START = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


class ManualClock(Clock):
    """Time passes only by `advance`, which wakes whoever has slept long enough."""

    def __init__(self, now: datetime = _START) -> None:
        self._now = now
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        wake_at = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (wake_at, next(self._order), woken))
        await woken

    def advance(self, by: timedelta) -> None:
        """Let time pass at once; sleepers go on, in the order of their waking, when awaited."""
        self._now += by
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():  # cancelled while asleep
                woken.set_result(None)
