"""Several processes under one: kept up, told to stop once, waited for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_SUPERVISE = (
    "import sys; from entrypoints.worker.supervisor import Supervisor\n"
    "sys.exit(Supervisor(command=sys.argv[1:], count=2).run())"
)
PATIENCE_S = 30


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    return tmp_path / "pids"


@pytest.fixture
def supervisor(pids: Path) -> Iterator[subprocess.Popen[bytes]]:
    child = [sys.executable, str(Path(__file__).with_name("looping.py")), str(pids)]
    with subprocess.Popen([sys.executable, "-c", _SUPERVISE, *child]) as process:  # noqa: S603
        yield process
        if process.poll() is None:
            process.kill()
    for pid in _pids(pids):
        _end(pid)


@pytest.mark.usefixtures("supervisor")
def test_who_dies_is_started_again(pids: Path) -> None:
    first, _ = _wait_for(pids, 2)
    os.kill(first, signal.SIGKILL)
    assert len(set(_wait_for(pids, 3))) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_told_on_and_waited_for(
    supervisor: subprocess.Popen[bytes], pids: Path, number: signal.Signals
) -> None:
    children = _wait_for(pids, 2)
    supervisor.send_signal(number)
    supervisor.wait(timeout=PATIENCE_S)
    assert not any(_is_alive(pid) for pid in children)


def test_it_ends_well_when_all_do(supervisor: subprocess.Popen[bytes], pids: Path) -> None:
    _wait_for(pids, 2)
    supervisor.terminate()
    assert supervisor.wait(timeout=PATIENCE_S) == 0


def test_nobody_outlives_a_supervisor_that_is_killed(
    supervisor: subprocess.Popen[bytes], pids: Path
) -> None:
    children = _wait_for(pids, 2)
    supervisor.kill()
    give_up_at = time.monotonic() + PATIENCE_S
    while any(_is_alive(pid) for pid in children):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def _wait_for(pids: Path, count: int) -> list[int]:
    give_up_at = time.monotonic() + PATIENCE_S
    while len(found := _pids(pids)) < count:
        assert time.monotonic() < give_up_at, found
        time.sleep(0.02)
    return found


def _pids(pids: Path) -> list[int]:
    return [int(line) for line in pids.read_text().split()] if pids.exists() else []


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
