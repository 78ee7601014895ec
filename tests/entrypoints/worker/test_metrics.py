"""The worker's figures, for whoever asks on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.submissions import MemorySubmissionRepository
from adapters.telemetry.prometheus import PrometheusTelemetry
from application.use_cases.measure_queue import MeasureQueue
from entrypoints.metrics import Metrics
from entrypoints.worker.metrics import shown_metrics
from tests.contracts import values
from tests.services.process import free_port


@pytest.fixture
async def submissions() -> AsyncIterator[MemorySubmissionRepository]:
    repository = MemorySubmissionRepository()
    yield repository
    await repository.close()


@pytest.fixture
def metrics(submissions: MemorySubmissionRepository, clock: ManualClock) -> Metrics:
    figures = PrometheusTelemetry()
    figures.note_slots(3)
    measure = MeasureQueue(submissions=submissions, figures=figures, clock=clock)
    return Metrics(measure, figures)


@pytest.fixture
async def url(metrics: Metrics) -> AsyncIterator[str]:
    async with shown_metrics(metrics, free_port()) as port:
        yield f"http://127.0.0.1:{port}"


async def test_the_slots_and_the_queue_are_shown(
    url: str, submissions: MemorySubmissionRepository
) -> None:
    await submissions.add(values.submission(), values.handed_in(), None)

    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/metrics?of=all")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "assay_judge_slots 3.0" in answer.text
    assert 'assay_queue_due{class="submission"} 1.0' in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("POST", "/metrics", 405)]
)
async def test_there_is_nothing_else(url: str, method: str, path: str, status: int) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.request(method, url + path)).status_code == status


@pytest.mark.parametrize("said", [b"", b"hello\r\n\r\n", b"x" * 100_000, b"\x16\x03\x01\x00"])
async def test_whoever_talks_otherwise_disturbs_nobody(url: str, said: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(said)
    writer.write_eof()
    await asyncio.wait_for(_read_to_end(reader), 10)
    writer.close()

    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{url}/metrics")).status_code == 200


async def test_a_silent_client_holds_up_no_stop(metrics: Metrics) -> None:
    async with shown_metrics(metrics, free_port()) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0)

    writer.close()


async def test_a_port_that_is_taken_does_not_stop_the_work(metrics: Metrics) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with shown_metrics(metrics, taken.getsockname()[1]) as port:
            assert port is None


async def test_no_port_shows_nothing(metrics: Metrics) -> None:
    async with shown_metrics(metrics, 0) as port:
        assert port is None


async def _read_to_end(reader: asyncio.StreamReader) -> None:
    try:
        await reader.read()
    except ConnectionError:
        return


# --- from elsewhere ----------------------------------------------------------------------------


def _own_address() -> str:
    """An address of this machine that is not loopback; nothing is sent to learn it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:  # a machine without any network
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@pytest.mark.skipif(_own_address() == "127.0.0.1", reason="this machine is alone")
@pytest.mark.parametrize(
    ("token", "brought", "status"),
    [
        ("a-token", "Bearer a-token", 200),
        ("a-token", "bearer a-token", 200),
        ("a-token", "Bearer another", 401),
        ("a-token", "", 401),
        (None, "Bearer None", 401),
        (None, "", 401),
    ],
)
async def test_others_bring_the_token(
    metrics: Metrics, token: str | None, brought: str, status: int
) -> None:
    headers = {"Authorization": brought} if brought else {}
    async with (
        shown_metrics(metrics, free_port(), host="0.0.0.0", token=token) as port,  # noqa: S104
        httpx.AsyncClient() as client,
    ):
        answer = await client.get(f"http://{_own_address()}:{port}/metrics", headers=headers)

    assert answer.status_code == status
    assert ("assay_" in answer.text) == (status == 200)


async def test_this_machine_needs_no_token(metrics: Metrics) -> None:
    async with (
        shown_metrics(metrics, free_port(), host="0.0.0.0", token="a") as port,  # noqa: S104, S106
        httpx.AsyncClient() as client,
    ):
        assert (await client.get(f"http://127.0.0.1:{port}/metrics")).status_code == 200
