"""A thread of one's own for calls that block, and that nobody waits for for ever."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from application.ports.task_queue import QueueUnavailable

END_S = 1.0

_T = TypeVar("_T")


class OwnThread:
    """Does calls one after another, in a thread that does not hold up the end of the process.

    At its end it calls `at_end`, since a connection belongs to the thread that uses it.
    """

    def __init__(
        self, name: str, patience_s: float, at_end: Callable[[], None] = lambda: None
    ) -> None:
        self._name = name
        self._patience_s = patience_s
        self._at_end = at_end
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._late: Future[Any] | None = None

    async def do(self, call: Callable[[], _T]) -> _T:
        """What the call gives.

        Raises:
            QueueUnavailable: it takes too long, or one before it still does.
        """
        if self._late is not None and not self._late.done():
            raise QueueUnavailable("no answer yet to what was asked before")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        future: Future[_T] = Future()
        self._calls.put((future, call))
        try:
            async with asyncio.timeout(self._patience_s):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            if not future.cancelled():
                self._late = future
            raise QueueUnavailable(f"no answer within {self._patience_s} s") from None

    async def end(self) -> None:
        """Let it end after what it was told to do; harmless when called twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._calls.put(None)
            await asyncio.to_thread(thread.join, END_S)

    def _run(self) -> None:
        while (told := self._calls.get()) is not None:
            future, call = told
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except Exception as error:  # noqa: BLE001 - it is handed to whoever asked
                future.set_exception(error)
        with contextlib.suppress(Exception):  # nobody asks any more
            self._at_end()
