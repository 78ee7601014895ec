"""`assay worker` beside `assay serve`, as processes: stopped kindly, killed, taken over."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from entrypoints.worker.process import GRACE_S
from tests.journeys.api import (
    ADMIN_EMAIL,
    ADMIN_ENVIRONMENT,
    ADMIN_PASSWORD,
    Client,
    signed_in,
)
from tests.journeys.server import Server, running, started
from tests.services.redis import redis_server

SAID = re.compile(r"Assay judges")
OF_A_BUSY_MACHINE_S = 8
SLOW = "import time\ntime.sleep(3)\nprint(input())\n"
FOR_EVER = "import time\ntime.sleep(25)\nprint(input())\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    redis, url = redis_server(tmp_path_factory.mktemp("redis"))
    redis.start()
    yield {
        **ADMIN_ENVIRONMENT,
        "REDIS_URL": url,
        "ASSAY_SHARED_HOME": "on",
        "ASSAY_LANGUAGES": "python3",
    }
    redis.kill()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def boss(environment: dict[str, str], home: Path) -> Iterator[Client]:
    with (
        running(home, environment=environment) as server,
        signed_in(server.url, ADMIN_EMAIL, ADMIN_PASSWORD) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def challenge(boss: Client, environment: dict[str, str], home: Path) -> str:
    with _working(home, environment) as worker:  # which tells the server its languages
        _until(lambda: bool(boss.http.get("/candidate/languages").json()))
        challenge_id = boss.create_challenge(
            "echo", limits={"time_ms": 30_000, "memory_kib": 262_144, "output_kib": 64}
        )
        assert worker.stop() == 0
    test = {"visibility": "hidden", "input": "7\n", "expected_output": "7\n"}
    boss.upload(challenge_id, [test])
    return challenge_id


def test_a_kind_stop_finishes_what_is_judged_and_is_good(
    boss: Client, challenge: str, environment: dict[str, str], home: Path
) -> None:
    with _working(home, environment) as worker:
        submission = boss.submit(challenge, "python3", SLOW)
        _until_runs(boss, submission)
        assert worker.stop() == 0
        assert boss.submission(submission)["verdict"] == "accepted"
        assert boss.http.get("/admin/workers").json() == {"items": []}
        worker.reader.join()
        stops = [line for line in worker.output if "the worker stops" in line]
        assert [bool(json.loads(line)["worker"]) for line in stops] == [True]


def test_a_second_signal_leaves_it_to_others_at_once(
    boss: Client, challenge: str, environment: dict[str, str], home: Path
) -> None:
    with _working(home, environment) as worker:
        submission = boss.submit(challenge, "python3", FOR_EVER)
        _until_runs(boss, submission)
        worker.process.send_signal(signal.SIGTERM)
        _until(lambda: any("the worker stops" in line for line in worker.output))
        with pytest.raises(subprocess.TimeoutExpired):
            worker.process.wait(timeout=0.5)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(timeout=GRACE_S - 5) == 0
        assert boss.submission(submission)["status"] == "queued"


def test_the_work_of_a_killed_worker_is_taken_over_within_ten_seconds(
    boss: Client, challenge: str, environment: dict[str, str], home: Path
) -> None:
    with _working(home, environment) as first:
        submission = boss.submit(challenge, "python3", FOR_EVER)
        _until_runs(boss, submission)
        with _working(home, environment):
            first.kill()
            begun = time.monotonic()
            _until_attempt(boss, submission, 2)
            assert time.monotonic() - begun < 10 + OF_A_BUSY_MACHINE_S


@contextmanager
def _working(home: Path, environment: dict[str, str], *arguments: str) -> Iterator[Server]:
    worker = started(home, "worker", *arguments, environment=environment, said=SAID)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.kill()


def _until_runs(boss: Client, submission: str) -> None:
    _until(lambda: boss.submission(submission)["status"] == "running")


def _until_attempt(boss: Client, submission: str, attempt: int) -> None:
    """Wait for an event of that attempt."""
    path = f"/candidate/submissions/{submission}/events"
    with boss.http.stream("GET", path, timeout=60) as events:
        assert any(line.startswith(f"id: 1.{attempt}.") for line in events.iter_lines())


def _until(fact: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 60
    while not fact():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
