"""A server for HTTP that answers as it is told, or cuts a client off, or never answers it."""

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Self
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer over HTTP."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Mood(Enum):
    """What becomes of a request, instead of a reply."""

    CUT = "not heard, and cut off"
    CUT_AFTERWARDS = "done, and cut off"
    SILENT_AFTERWARDS = "done, and never answered"
    DRIPPING = "not heard, and answered without an end, a blank at a time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A request that came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        given = json.loads(self.body)
        assert isinstance(given, dict)
        return given


def as_json(status: int, body: object, **headers: str) -> Reply:
    """A reply; `Retry_After="3"` becomes a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named["Content-Type"] = "application/json; charset=utf-8"
    return Reply(status=status, body=json.dumps(body).encode(), headers=named)


class MoodyServer(ABC):
    """Serves on `url`, a port of loopback.

    `instead` holds what becomes of the next requests whose line (`POST /submissions/batch`) begins
    so, each of them once.
    """

    def __init__(self) -> None:
        self.instead: deque[tuple[str, Reply | Mood]] = deque()
        self.heard: list[Heard] = []
        self.url = ""
        self.tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    def reply(self, heard: Heard) -> Reply:
        """What is answered in a good mood."""

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=1 << 20)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    def requests(self, line: str) -> list[Heard]:
        """Those heard so far whose line begins so."""
        return [one for one in self.heard if f"{one.method} {one.path}".startswith(line)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            with contextlib.suppress(EOFError, ConnectionError, asyncio.CancelledError):
                while await self._answer(await _heard(reader), writer):
                    pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self.tasks.discard(task)

    async def _answer(self, heard: Heard, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection is to be kept."""
        self.heard.append(heard)
        mood = self._mood(heard)
        if mood is Mood.CUT:
            return False
        if mood is Mood.DRIPPING:
            await _drip(writer)
        reply = mood if isinstance(mood, Reply) else self.reply(heard)
        if mood is Mood.SILENT_AFTERWARDS:
            await asyncio.Event().wait()
        if mood is Mood.CUT_AFTERWARDS:
            return False
        head = [f"HTTP/1.1 {reply.status} Said", f"Content-Length: {len(reply.body)}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join((*head, "", "")).encode() + reply.body)
        await writer.drain()
        return True

    def _mood(self, heard: Heard) -> Reply | Mood | None:
        line = f"{heard.method} {heard.path}"
        for position, (start, mood) in enumerate(self.instead):
            if line.startswith(start):
                del self.instead[position]
                return mood
        return None


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _heard(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    method, target, _ = head[0].split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head[1:])
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Heard(
        method=method,
        path=parts.path,
        query=dict(parse_qsl(parts.query)),
        headers=headers,
        body=body,
    )
