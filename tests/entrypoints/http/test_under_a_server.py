"""What only a real server shows: HEAD on the wire, readers that leave, and stopping."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import uvicorn
from litestar.types import HTTPReceiveMessage, Message

from adapters.memory.clock import ManualClock
from entrypoints.http.streams import Streams
from tests.entrypoints.http.house import OPTIONS, House, Person, until

PATIENT = replace(OPTIONS, ping_s=0.2, stream_lifetime_s=600)


class Served:
    """A house behind uvicorn on a free port."""

    def __init__(self, house: House) -> None:
        self.house = house
        config = uvicorn.Config(house.app, port=0, log_config=None, timeout_graceful_shutdown=30)
        self.server = uvicorn.Server(config)
        self.running = asyncio.create_task(self.server.serve())

    async def url(self) -> str:
        while not self.server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
            await asyncio.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> float:
        """How many seconds the stop took, streams ended first."""
        began = time.perf_counter()
        self.house.streams.end()
        self.server.should_exit = True
        await self.running
        return time.perf_counter() - began


@pytest.fixture
async def served(clock: ManualClock) -> AsyncIterator[Served]:
    async with House(clock=clock, options=PATIENT, streams=Streams()) as house:
        server = Served(house)
        await server.url()
        yield server
        await server.stop()


async def test_head_has_no_body_on_the_wire(served: Served) -> None:
    candidate, client = await _at(served)
    path = await _an_endless_stream(candidate)

    async with client:
        heads = [await client.head(p) for p in ("/auth/me", path, "/nowhere", "/auth/me")]

    assert [head.status_code for head in heads] == [200, 200, 404, 200]


async def test_a_reader_that_leaves_leaves_nothing_running(served: Served) -> None:
    candidate, client = await _at(served)
    path = await _an_endless_stream(candidate)
    before = len(asyncio.all_tasks())

    async with client, client.stream("GET", path) as answer:
        lines = answer.aiter_lines()
        pinged = [line async for line in _until_ping(lines)]

    assert "event: status" in pinged
    await until(lambda: len(asyncio.all_tasks()) <= before)


async def test_a_reader_that_does_not_read_keeps_nothing(clock: ManualClock) -> None:
    """Its answer fills what the connection holds, and then waits for it for ever."""
    options = replace(PATIENT, ping_s=0.0001, stream_lifetime_s=1)
    async with House(clock=clock, options=options) as house:
        candidate = await house.candidate()
        path = await _an_endless_stream(candidate)
        stuck = asyncio.Event()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                await stuck.wait()

        async def receive() -> HTTPReceiveMessage:
            await stuck.wait()
            raise AssertionError

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {candidate.access_token}".encode())],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "extensions": {},
        }
        before = asyncio.all_tasks()

        served = house.app(scope, receive, send)  # type: ignore[arg-type] # what servers send: a dict
        await asyncio.wait_for(served, 60)

        assert asyncio.all_tasks() - before == set()


async def test_an_open_stream_does_not_hold_up_a_stop(served: Served) -> None:
    candidate, client = await _at(served)
    path = await _an_endless_stream(candidate)

    async with client, client.stream("GET", path) as answer:
        took_s = await served.stop()

    assert answer.status_code == 200
    assert took_s < 15  # of the 30 that uvicorn would give it


async def _at(served: Served) -> tuple[Person, httpx.AsyncClient]:
    candidate = await served.house.candidate()
    headers = {"Authorization": f"Bearer {candidate.access_token}"}
    return candidate, httpx.AsyncClient(base_url=await served.url(), headers=headers, timeout=60)


async def _an_endless_stream(candidate: Person) -> str:
    body = {"language": "python3", "source": "wait"}
    run = await candidate.client.post("/candidate/runs", json=body)
    return f"/candidate/runs/{run.json()['id']}/events"


async def _until_ping(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        if line == ": ping":
            return
        yield line
