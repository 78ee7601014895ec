"""Callbacks over HTTP: where they go, and where never."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.http.callback_sender import HttpCallbackSender
from application.ports.callback_sender import CallbackFailed

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A port, and the heads of requests that came there."""
    heads: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()

    listener = await asyncio.start_server(hear, "127.0.0.1", 0)
    yield listener.sockets[0].getsockname()[1], heads
    listener.close()
    for writer in writers:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::1]"),  # noqa: S104
        *("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]"),
        *("169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "224.0.0.1"),
        *("255.255.255.255", "[ff02::1]", "[::]", "198.18.0.1"),
    ],
)
async def test_what_is_not_public_is_not_called(host: str) -> None:
    sender = HttpCallbackSender()
    async with listening(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heads):
        with pytest.raises(CallbackFailed) as failure:
            await sender.send(f"http://{host}:{port}/", b"{}", timeout_s=5)
    assert not failure.value.may_pass
    assert heads == []
    await sender.close()


@pytest.mark.parametrize(
    "url",
    ["", "x", "http://", "ftp://127.0.0.1/", "file:///etc/passwd", "//x",
     "http://127.0.0.1:99999/", "http://\0/", "gopher://127.0.0.1"],
)  # fmt: skip
async def test_what_is_no_address_is_not_tried_again(url: str) -> None:
    sender = HttpCallbackSender(LOOPBACK)
    with pytest.raises(CallbackFailed) as failure:
        await sender.send(url, b"{}", timeout_s=5)
    assert not failure.value.may_pass
    await sender.close()


@pytest.mark.parametrize(
    ("answer", "is_taken"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", True),
        (
            b"HTTP/1.1 302 Go\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n",
            True,
        ),
        (b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", False),
        (b"rubbish\r\n\r\n", False),
        (b"", False),
    ],
    ids=["ok", "not-found", "redirect", "failure", "rubbish", "silence"],
)
async def test_what_is_no_answer_may_be_one_later(answer: bytes, is_taken: bool) -> None:  # noqa: FBT001 (a row of the table)
    sender = HttpCallbackSender(LOOPBACK)
    async with listening(answer) as (port, heads):
        patience_s = 60 if answer else 2
        sending = sender.send(f"http://localhost:{port}/a?b=c#d", b"{}", timeout_s=patience_s)
        if is_taken:
            await sending
        else:
            with pytest.raises(CallbackFailed) as failure:
                await sending
            assert failure.value.may_pass
    (head,) = heads
    assert head.startswith(b"PUT /a?b=c HTTP/1.1\r\n")
    assert f"host: localhost:{port}".encode() in head.lower()
    await sender.close()
    await sender.close()
