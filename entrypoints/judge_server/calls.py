"""Callbacks that wait for their turn, so many and no more: no host of theirs delays the others."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from application.ports.callback_sender import CallbackFailed
from application.use_cases.call_back import CallBack
from config.judge_server import Judge0Config

_AT_ONCE = 16
_AT_ONCE_A_HOST = 2
_MOST = 10_000
_MOST_BYTES = 64 << 20
MOST_BYTES_A_HOST = 16 << 20
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Line:
    """What waits for one host."""

    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE_A_HOST))
    calls: int = 0
    size: int = 0


class Calls:
    """Keeps of a finished ticket what is sent, and nothing else of it."""

    def __init__(self, call_back: CallBack, config: Judge0Config) -> None:
        self._call_back = call_back
        self._config = config
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._lines: dict[str, _Line] = {}
        self._calls: set[asyncio.Task[None]] = set()

    def tell(self, url: str, body: bytes) -> None:
        """As soon as it is its turn; one too many is dropped, with a word in the log."""
        host = _host(url)
        line = self._lines.get(host) or _Line()
        size = len(url) + len(body)
        total = size + sum(other.size for other in self._lines.values())
        is_too_much = total > _MOST_BYTES or line.size + size > MOST_BYTES_A_HOST
        if is_too_much or len(self._calls) >= _MOST:
            _log.warning("a callback is dropped: too many wait")
            return
        self._lines[host] = line
        line.calls += 1
        line.size += size
        call = asyncio.create_task(self._call(line, url, body))
        self._calls.add(call)

        def gone(ended: asyncio.Task[None]) -> None:
            self._calls.discard(ended)
            line.calls -= 1
            line.size -= size
            if not line.calls:
                del self._lines[host]

        call.add_done_callback(gone)

    def drop(self) -> None:
        """Whoever was not called yet is called no more."""
        for call in tuple(self._calls):
            call.cancel()

    async def _call(self, line: _Line, url: str, body: bytes) -> None:
        config = self._config
        async with line.turn, self._turn:
            try:
                await self._call_back(
                    url,
                    body,
                    tries=max(1, config.callbacks_max_tries),
                    timeout_s=config.callbacks_timeout,
                )
            except CallbackFailed as failure:
                _log.warning("a callback was not taken", reason=failure.reason)
            except Exception:  # noqa: BLE001 - others are to be called all the same
                _log.exception("a callback went wrong")


def _host(url: str) -> str:
    """What cannot be called waits together."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
