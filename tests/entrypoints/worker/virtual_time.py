"""An event loop whose time passes by itself, at once, whenever everything waits for it."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from application.ports.clock import Clock

T = TypeVar("T")
_START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class LoopClock(Clock):
    """The time of the loop that runs."""

    def now(self) -> datetime:
        return _START + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class _NoWaiting(selectors.SelectSelector):
    """Never waits: it tells how long it should have."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is not None and timeout > 0:
            self.passed += timeout
        elif not ready and timeout is None:
            return super().select(None)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._no_waiting = _NoWaiting()
        super().__init__(self._no_waiting)

    def time(self) -> float:
        return self._no_waiting.passed

    def run_in_executor(  # type: ignore[override] # the stub has no future, CPython awaits one
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """At once: time would pass while a thread works."""
        done: asyncio.Future[T] = self.create_future()
        done.set_result(func(*args))
        return done


def run(work: Coroutine[Any, Any, T]) -> T:
    """The answer of the work."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
