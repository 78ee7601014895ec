"""Traces over the wire to a collector that listens, and to some that do not."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from adapters.telemetry.opentelemetry import OpenTelemetry
from adapters.telemetry.tracing import Tracing, to_collector
from tests.contracts import values
from tests.contracts.telemetry_adapters import claim_of
from tests.services.process import free_port

ID = "019c0000-0000-7abc-8def-0123456789ab"
PROGRAM = """
import asyncio, sys
from adapters.telemetry.opentelemetry import OpenTelemetry
from adapters.telemetry.tracing import Tracing, to_collector

async def main():
    telemetry = OpenTelemetry(Tracing(to_collector(sys.argv[1])))
    for _ in range(2_000):
        with telemetry.request("GET") as request:
            request.answered(route="/x", status=200)
    await asyncio.sleep(0.2)
    print("stopping", flush=True)
    await telemetry.close()

asyncio.run(main())
"""


class Collector:
    """An OTLP/HTTP receiver: keeps what it is sent."""

    def __init__(self) -> None:
        self.received: list[ExportTraceServiceRequest] = []
        self.paths: list[str] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.paths.append(head.split(" ", 2)[1])
                length = head.lower().partition("content-length: ")[2].split("\r\n")[0]
                body = await reader.readexactly(int(length))
                self.received.append(ExportTraceServiceRequest.FromString(body))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        writer.close()


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    collector = Collector()
    server = await asyncio.start_server(collector.answer, "127.0.0.1", 0)
    collector.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield collector


@pytest.fixture
def deaf() -> Iterator[str]:
    """Somebody who takes connections, and never a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_submissions_trace_arrives(collector: Collector) -> None:
    telemetry = OpenTelemetry(Tracing(to_collector(f"{collector.url}/")))

    with telemetry.handing_in(values.submission(ID)):
        pass
    with telemetry.judging(claim_of(values.submission(ID))) as judging:
        judging.tested(values.judged())
    await telemetry.close()

    told = [group for request in collector.received for group in request.resource_spans]
    spans = [span for group in told for scope in group.scope_spans for span in scope.spans]
    assert set(collector.paths) == {"/v1/traces"}
    assert {(a.key, a.value.string_value) for a in told[0].resource.attributes} == {
        ("service.name", "assay")
    }
    assert [span.name for span in spans] == ["submit", "queued", "test", "judge"]
    assert {span.trace_id for span in spans} == {UUID(ID).bytes}


async def test_what_is_set_for_every_service_names_this_one(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "assay-worker")
    telemetry = OpenTelemetry(Tracing(to_collector(collector.url)))

    with telemetry.handing_in(values.submission(ID)):
        pass
    await telemetry.close()

    (group,) = collector.received[0].resource_spans
    assert [a.value.string_value for a in group.resource.attributes] == ["assay-worker"]


async def test_work_goes_on_while_the_collector_hears_nothing(deaf: str) -> None:
    telemetry = OpenTelemetry(Tracing(to_collector(deaf)))
    slowest = 0.0

    for _ in range(3_000):  # more than the queue of spans takes
        started = time.perf_counter()
        with telemetry.request("GET") as request:
            request.answered(route="/x", status=200)
        slowest = max(slowest, time.perf_counter() - started)

    assert slowest < 5  # of the 10 that an answer may take
    started = time.perf_counter()
    await telemetry.close()
    assert time.perf_counter() - started < 8


@pytest.mark.parametrize("collector_is", ["away", "deaf"])
def test_a_collector_that_is_away_holds_up_no_stop_and_floods_no_log(
    deaf: str, collector_is: str
) -> None:
    url = deaf if collector_is == "deaf" else f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-c", PROGRAM, url]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stopping\n"
        stopping = time.monotonic()
        _, said = process.communicate(timeout=60)

    assert process.returncode == 0, said
    assert time.monotonic() - stopping < 8
    assert len(said.splitlines()) < 20
