"""Around every request: its id, its log line, its figures, and what every answer carries."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import cast

import structlog
from litestar.enums import ScopeType
from litestar.types import (
    HTTPDisconnectEvent,
    HTTPReceiveMessage,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from application.ports.telemetry import Request, Telemetry
from entrypoints.http import request_id
from entrypoints.http.operations import route_of
from entrypoints.http.rate_limits import rate_limit_headers
from entrypoints.http.request_id import request_id_of, traceparent_of

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""Of every answer that does not say otherwise."""
_PROBES = ("/health/", "/metrics")
_LEAVE_AT = "assay_leave_at"
_LOG = structlog.get_logger(__name__)

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


class Edge:
    """Wraps the application's own ASGI handler."""

    def __init__(
        self, inner: Handler, telemetry: Telemetry, methods: Mapping[str, frozenset[str]]
    ) -> None:
        self._inner = inner
        self._telemetry = telemetry
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._inner(scope, receive, send)
            return
        method = _known(scope["method"])
        asked_for_head = method == "HEAD"
        if asked_for_head:  # in a copy: the server must still know that no body may follow
            scope = cast("HTTPScope", {**scope, "method": "GET"})
        answer = _Answer(scope, send, self._methods, without_body=asked_for_head)
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id_of(scope)),
            self._telemetry.request(
                method, traceparent=traceparent_of(scope), probe=scope["path"].startswith(_PROBES)
            ) as request,
            _noted(request, scope, answer, method),
        ):
            await self._inner(scope, answer.receive_of(receive), answer.send)
            await answer.finish()


class _Answer:
    """The way out: adds fields, and drops the body of an answer to HEAD."""

    def __init__(
        self,
        scope: HTTPScope,
        send: Send,
        methods: Mapping[str, frozenset[str]],
        *,
        without_body: bool,
    ) -> None:
        self._scope = scope
        self._methods = methods
        self._send = send
        self._without_body = without_body
        self.status = 500
        self._finished = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = self._with_usual(list(message["headers"]))
            await self._send(message)
        elif message["type"] != "http.response.body" or not self._without_body:
            await self._send(message)
        elif not message.get("more_body", False):
            await self.finish()

    async def finish(self) -> None:
        """End an answer that has no body; a stream that was left early would stay open."""
        if self._without_body and not self._finished:
            self._finished = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def receive_of(self, receive: Receive) -> Receive:
        """As given; but whoever asked for the head only leaves before a stream begins."""
        if not self._without_body:
            return partial(_receive_in_time, self._scope, receive)

        async def leave() -> HTTPDisconnectEvent:
            return {"type": "http.disconnect"}

        return leave

    def _with_usual(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = [
            (name, self._allowed(value) if name.lower() == b"allow" else value)
            for name, value in headers
        ]
        present = {name.lower() for name, _ in kept}
        usual = {
            **SECURITY_HEADERS,
            **rate_limit_headers(self._scope),
            request_id.HEADER: request_id_of(self._scope),
        }
        added = [(name.lower().encode(), value.encode()) for name, value in usual.items()]
        return kept + [(name, value) for name, value in added if name not in present]

    def _allowed(self, value: bytes) -> bytes:
        """What the route takes: Litestar's OPTIONS knows one handler of it, and HEAD is ours."""
        route = str(self._scope.get("path_template") or "")
        methods = {*value.decode().split(", "), *self._methods.get(route, ())}
        return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set()))).encode()


@contextmanager
def _noted(request: Request, scope: HTTPScope, answer: _Answer, method: str) -> Iterator[None]:
    """Log the request when it is answered, well or not, and tell what became of it."""
    started = time.perf_counter()
    try:
        yield
    finally:
        route = route_of(scope)
        request.answered(route=route, status=answer.status)
        ms = round((time.perf_counter() - started) * 1000, 1)
        _LOG.info("request", method=method, route=route, status=answer.status, ms=ms)


def leave_at(scope: Scope, moment: float) -> None:
    """Treat the client as gone from that moment of the event loop's clock on.

    A stream whose client does not read waits in `send` and can end by itself no more.
    """
    scope["state"][_LEAVE_AT] = moment


async def _receive_in_time(
    scope: HTTPScope, receive: Receive
) -> HTTPReceiveMessage | WebSocketReceiveMessage:
    try:
        async with asyncio.timeout_at(scope["state"].get(_LEAVE_AT)):
            return await receive()
    except TimeoutError:
        return {"type": "http.disconnect"}


def _known(method: str) -> str:
    """The method, so that nobody can make up ever new ones for the figures."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return method if method in known else "(other)"
