"""How long a client of the judge server may take, by the application around all others."""

import asyncio
from typing import cast

import pytest
from litestar.types import HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send

from entrypoints.judge_server import room
from entrypoints.judge_server.room import Bounds, Room


def message_of(body: bytes, *, more: bool) -> HTTPReceiveMessage:
    return {"type": "http.request", "body": body, "more_body": more}


async def bounded(*messages: HTTPReceiveMessage, going: asyncio.Event) -> list[str]:
    """What an application hears that waits for its client to go, once the messages are there."""
    left = list(messages)
    heard: list[str] = []

    async def receive() -> HTTPReceiveMessage:
        if left:
            return left.pop(0)
        await going.wait()
        return cast("HTTPReceiveMessage", {"type": "http.disconnect"})

    async def send(_: Message) -> None:
        return

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        while not heard or heard[-1] != "http.disconnect":
            heard.append((await receive())["type"])

    scope = cast("HTTPScope", {"type": "http", "state": {}})
    await Bounds(app, Room())(scope, receive, send)
    return heard


async def test_a_client_may_wait_for_its_answer_for_as_long_as_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "BODY_S", 0.0)
    going = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, going.set)  # long after the body was due
    heard = await bounded(message_of(b"all", more=False), going=going)
    assert heard == ["http.request", "http.disconnect"]


async def test_a_body_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BODY_S", 0.0)
    with pytest.raises(TimeoutError):
        await bounded(message_of(b"some", more=True), going=asyncio.Event())
