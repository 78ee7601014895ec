"""What a connection may cost, on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from litestar.types import Receive, Scope, Send

from entrypoints import connections
from entrypoints.connections import MAX_HEAD_BYTES, GuardedConnection

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _hello(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    await send({"type": "http.response.body", "body": b"hello", "more_body": False})


@asynccontextmanager
async def _connected() -> AsyncIterator[Streams]:
    config = uvicorn.Config(_hello, http=GuardedConnection, lifespan="off", log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    state = uvicorn.server.ServerState()
    server = await loop.create_server(
        lambda: GuardedConnection(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()
        await server.wait_closed()


async def test_requests_on_one_connection_are_answered() -> None:
    async with _connected() as (reader, writer):
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 10_000 + b"\r\n\r\n")
            head = await reader.readuntil(b"hello\r\n0\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nX: ", b"GET /"])
async def test_a_head_without_end_is_refused(start: bytes) -> None:
    async with _connected() as (reader, writer):
        writer.write(start + b"y" * (MAX_HEAD_BYTES + 1 - len(start)))

        answer = await asyncio.wait_for(reader.read(), timeout=60)

    assert answer.startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost:"])
async def test_a_client_that_does_not_finish_its_head_is_let_go(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.05)
    async with _connected() as (reader, writer):
        writer.write(sent)

        assert await asyncio.wait_for(reader.read(), timeout=60) == b""
