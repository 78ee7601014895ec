"""Whether a server still answers, asked while somebody waits for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from application.ports.storage import StoreUnavailable

_PATIENCE_S = 0.5
"""How long something may take before the server is asked whether it is there."""
_ANSWER_S = (0.6, 0.3)
"""How long an answer may take, and a second one: this process may itself have slept meanwhile."""
_ASK_AGAIN_S = 0.1


class Pulse:
    """Ends what waits for a server in vain, within about 1.4 s, and leaves alone what it works on.

    `ask` returns if the server answers and raises if it does not.
    """

    def __init__(self, what: str, ask: Callable[[], Awaitable[None]]) -> None:
        self._what = what
        self._ask = ask
        self._waiting: set[asyncio.Timeout] = set()
        self._asking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(self, longest_s: float) -> AsyncIterator[None]:
        """A block that waits for the server.

        Raises:
            StoreUnavailable: the server is silent, or the block takes too long.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(longest_s) as limit:
                timer = loop.call_later(_PATIENCE_S, self._suspect, limit)
                try:
                    yield
                finally:
                    timer.cancel()
                    self._waiting.discard(limit)
        except TimeoutError:
            raise StoreUnavailable(self._what) from None

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    def _suspect(self, limit: asyncio.Timeout) -> None:
        self._waiting.add(limit)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_while_any_waits())

    async def _ask_while_any_waits(self) -> None:
        try:
            while self._waiting:
                if not await self._answers():
                    self._give_up()
                await asyncio.sleep(_ASK_AGAIN_S)
        finally:
            self._asking = None

    async def _answers(self) -> bool:
        for patience_s in _ANSWER_S:
            try:
                async with asyncio.timeout(patience_s):
                    await self._ask()
            except TimeoutError:
                continue
            except StoreUnavailable:
                return False
            return True
        return False

    def _give_up(self) -> None:
        now = asyncio.get_running_loop().time()
        for limit in self._waiting:
            if not limit.expired():
                limit.reschedule(now)
        self._waiting.clear()
