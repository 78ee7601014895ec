"""Callbacks that wait for their turn, so many and no more: no host of theirs delays the others."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from application.ports.callback_sender import CallbackFailed
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import OwedCall
from application.use_cases.call_back import CallBack
from config.judge_server import Judge0Config
from domain.ticket import Ticket, TicketToken

MOST_CALLS = 10_000
"""How many wait here; what is beyond waits in the store."""
_AT_ONCE = 16
_AT_ONCE_A_HOST = 2
_log = structlog.get_logger(__name__)

BodyOf = Callable[[Ticket], Awaitable[bytes]]


@dataclass(slots=True)
class _Line:
    """What waits for one host."""

    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE_A_HOST))
    calls: int = 0


class Calls:
    """Makes calls that are owed; `left` is set while there are some that it has not made."""

    def __init__(self, call_back: CallBack, config: Judge0Config, body_of: BodyOf) -> None:
        self._call_back = call_back
        self._config = config
        self._body_of = body_of
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._lines: dict[str, _Line] = {}
        self._calls: dict[TicketToken, asyncio.Task[None]] = {}
        self.left = asyncio.Event()

    def make(self, call: OwedCall) -> None:
        """As soon as it is its turn, unless it is being made already; one too many is left."""
        if call.token in self._calls:
            return
        if len(self._calls) >= MOST_CALLS:
            self.left.set()
            return
        host = _host(call.url)
        line = self._lines.setdefault(host, _Line())
        line.calls += 1
        task = asyncio.create_task(self._call(line, call))
        self._calls[call.token] = task

        def gone(_: asyncio.Task[None]) -> None:
            del self._calls[call.token]
            line.calls -= 1
            if not line.calls:
                del self._lines[host]

        task.add_done_callback(gone)

    def drop(self) -> None:
        """Whoever was not called yet is called after the next start."""
        for task in self._calls.values():
            task.cancel()

    async def _call(self, line: _Line, call: OwedCall) -> None:
        config = self._config
        async with line.turn, self._turn:
            try:
                await self._call_back(
                    call,
                    self._body_of,
                    tries=max(1, config.callbacks_max_tries),
                    timeout_s=config.callbacks_timeout,
                )
            except CallbackFailed as failure:
                _log.warning("a callback was not taken", reason=failure.reason)
            except StoreUnavailable as failure:
                _log.warning("a callback waits for the store", reason=str(failure))
                self.left.set()
            except Exception:  # noqa: BLE001 - others are to be called all the same
                _log.exception("a callback went wrong")


def _host(url: str) -> str:
    """What cannot be called waits together."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
