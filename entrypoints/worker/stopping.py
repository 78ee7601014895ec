"""How a worker hears that it has to stop: once to finish what it has begun, twice to drop it."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import Any

_STOPS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """`asked` after the first signal, `at_once` after the second."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.at_once = asyncio.Event()

    def hear(self) -> None:
        """Take note of one signal."""
        if self.asked.is_set():
            self.at_once.set()
        self.asked.set()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hear the signals while the block runs."""
        loop = asyncio.get_running_loop()
        for number in _STOPS:
            loop.add_signal_handler(number, self.hear)
        try:
            yield
        finally:
            for number in _STOPS:
                loop.remove_signal_handler(number)


async def ended_by(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work until it ends or the event comes, whichever is first; then it is cancelled."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        working.cancel()
        await asyncio.wait({working, waiting})
    if not working.cancelled():
        working.result()
