"""A small HTTP load client: prebuilt requests over kept-alive connections, bounded in count."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of one round: requests a second, each answer's status, how long each took."""

    per_second: float
    statuses: dict[int, int]
    times_ms: list[float]

    def percentile_ms(self, percent: int) -> float:
        """The time that so many percent of the answers came within."""
        return sorted(self.times_ms)[len(self.times_ms) * percent // 100]


async def load(
    url: str, request: Callable[[int], bytes], *, count: int, connections: int = 8
) -> Load:
    """Send `count` requests (`request(n)` gives the n-th) over so many connections at once."""
    parts = urlsplit(url)
    numbers = iter(range(count))
    statuses: dict[int, int] = {}
    times_ms: list[float] = []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for number in numbers:
            sent = time.perf_counter()
            writer.write(request(number))
            status = await _answer(reader)
            times_ms.append(1_000 * (time.perf_counter() - sent))
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(connections)))
    took = time.perf_counter() - began
    return Load(per_second=count / took, statuses=statuses, times_ms=times_ms)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *fields = head.split("\r\n")
    length = next(
        int(field.partition(":")[2])
        for field in fields
        if field.lower().startswith("content-length:")
    )
    await reader.readexactly(length)
    return int(status_line.split()[1])


def get(path: str, token: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()


def post_json(path: str, token: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
