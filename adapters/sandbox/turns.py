"""Turns at what is done beside judging: so many at once, and whoever is waited for goes first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """At most `count` at once, in the order of their asking, beside those that are in a hurry."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: dict[str, asyncio.Future[bool]] = {}
        self._hurried: set[str] = set()

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Each name asks for one turn at a time."""
        is_counted = await self._begin(name)
        try:
            yield
        finally:
            if is_counted:
                self._end()

    def hurry(self, name: str) -> None:
        """Somebody waits for this one: it waits for nobody, now and whenever it asks again."""
        self._hurried.add(name)
        waiting = self._waiting.pop(name, None)
        if waiting and not waiting.done():
            waiting.set_result(False)

    async def _begin(self, name: str) -> bool:
        if name in self._hurried:
            return False
        if self._free > 0:
            self._free -= 1
            return True
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[name] = waiting
        try:
            return await waiting
        except asyncio.CancelledError:
            self._waiting.pop(name, None)
            if waiting.done() and not waiting.cancelled() and waiting.result():
                self._end()
            raise

    def _end(self) -> None:
        while self._waiting:
            waiting = self._waiting.pop(next(iter(self._waiting)))
            if not waiting.done():
                waiting.set_result(True)
                return
        self._free += 1
