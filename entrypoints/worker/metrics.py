"""The worker's figures over HTTP: it has no other door, and this one is on loopback unless told."""

import asyncio
import contextlib
import hmac
import ipaddress
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from entrypoints.metrics import CONTENT_TYPE, Metrics

HOST = "127.0.0.1"
PATIENCE_S = 5.0
_MOST_HEAD_BYTES = 16_384
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def shown_metrics(
    metrics: Metrics, port: int, *, host: str = HOST, token: str | None = None
) -> AsyncGenerator[int | None]:
    """Answer `GET /metrics` on that port while the block lasts; 0: show nothing.

    This machine is told without more, others where they bring the token as bearer.

    Yields the port. One that is taken is logged, and the work goes on: nobody is judged by it.
    """
    if not port:
        yield None
        return
    answering = _Answering(metrics, token)
    try:
        server = await asyncio.start_server(answering, host, port, limit=_MOST_HEAD_BYTES)
    except OSError as error:
        _log.warning("figures are not shown", port=port, reason=error.strerror)
        yield None
        return
    try:
        yield port
    finally:
        server.close()
        await answering.end()


class _Answering:
    """One answer a connection, each in a task that ends with the server."""

    def __init__(self, metrics: Metrics, token: str | None) -> None:
        self._metrics = metrics
        self._token = token
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._answer(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Break off what is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                head = await reader.readuntil(b"\r\n\r\n")
                near = _is_near(writer)
                writer.write(await self._answer_to(head, is_near=near))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked like that needs no answer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer_to(self, head: bytes, *, is_near: bool) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path != b"/metrics":
            return _message("404 Not Found", "text/plain", b"There is only /metrics.\n")
        if method != b"GET":
            return _message("405 Method Not Allowed", "text/plain", b"Only GET.\n")
        if not is_near and not self._admits(head):
            return _message("401 Unauthorized", "text/plain", b"Bring the metrics token.\n")
        return _message("200 OK", CONTENT_TYPE, await self._metrics.text())

    def _admits(self, head: bytes) -> bool:
        given = _bearer(head)
        return self._token is not None and hmac.compare_digest(given, self._token.encode())


def _is_near(writer: asyncio.StreamWriter) -> bool:
    peer = writer.get_extra_info("peername")
    return bool(peer) and ipaddress.ip_address(peer[0].partition("%")[0]).is_loopback


def _bearer(head: bytes) -> bytes:
    """The token that the request brings; nothing where it brings none."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        scheme, _, token = value.strip().partition(b" ")
        if name.strip().lower() == b"authorization" and scheme.lower() == b"bearer":
            return token.strip()
    return b""


def _message(status: str, media_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\n"
        f"Content-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
