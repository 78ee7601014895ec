"""How much requests and answers may hold together, and how long a client may take over them.

A client that sends, or takes, more than there is room for is told to come again; one that sends or
takes too slowly is left.
"""

import asyncio
from dataclasses import dataclass
from typing import cast

from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from application.ports.ticket_store import TicketsFull
from entrypoints.judge_server.answers import HttpRequest

MOST_BYTES = 320 << 20
BODY_S = 120.0
"""How long a body may take in all."""
PIECE_S = 60.0
"""How long a client may take to make room for the next piece of an answer."""
ANSWER_S = 600.0
"""How long it may take over all of it."""
_STATE = "room"


@dataclass(slots=True)
class Room:
    most_bytes: int = MOST_BYTES
    held_bytes: int = 0


@dataclass(slots=True)
class Share:
    """What one request holds of the room."""

    room: Room
    size: int = 0

    def take(self, size: int) -> None:
        """Raises TicketsFull where there is no room for that."""
        if self.room.held_bytes + size > self.room.most_bytes:
            raise TicketsFull
        self.room.held_bytes += size
        self.size += size

    def give_back(self) -> None:
        self.room.held_bytes -= self.size
        self.size = 0


class Bounds:
    """An ASGI application around another, whose requests share one room."""

    def __init__(self, app: ASGIApp, room: Room) -> None:
        self._app = app
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        share = Share(self._room)
        loop = asyncio.get_running_loop()
        body_due: float | None = loop.time() + BODY_S
        answer_due: float | None = None

        async def received() -> HTTPReceiveMessage:
            """After the body there is only its client's going, which may be awaited for long."""
            nonlocal body_due
            async with asyncio.timeout_at(body_due):
                message = cast("HTTPReceiveMessage", await receive())
            if message["type"] == "http.request":
                share.take(len(message["body"]))
                body_due = body_due if message["more_body"] else None
            return message

        async def sent(message: Message) -> None:
            nonlocal answer_due
            answer_due = answer_due or loop.time() + ANSWER_S
            async with asyncio.timeout_at(min(answer_due, loop.time() + PIECE_S)):
                await send(message)

        scope["state"][_STATE] = share
        try:
            await self._app(scope, received, sent)
        finally:
            share.give_back()


def share_of(request: HttpRequest) -> Share:
    share: Share = request.scope["state"][_STATE]
    return share
