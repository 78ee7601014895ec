"""Servers for tests: each started once a test process, private, on loopback, ended by its pid."""

import atexit
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

_ENVIRONMENT = os.environ  # noqa: TID251 - which servers there are is said to tests, not to the program
_LOOK_AGAIN_S = 0.02
_BELOW_THE_KERNELS = (10_000, 32_000)
_ANY = random.SystemRandom()  # tests of properties begin the other one at the same place each time
_handed_out: set[int] = set()


def given(variable: str) -> str | None:
    """The address of a server that somebody runs for the tests, from `ASSAY_TEST_..._URL`."""
    return _ENVIRONMENT.get(variable) or None


def unavailable(what: str) -> NoReturn:
    """Skip what needs the server, or, with REQUIRE_SERVICES=1, fail."""
    if _ENVIRONMENT.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is not installed, and REQUIRE_SERVICES=1")
    pytest.skip(f"{what} is not installed")


def program(name: str, *elsewhere: str) -> str | None:
    """The path of an installed program, or None."""
    return shutil.which(name) or next(filter(None, map(shutil.which, elsewhere)), None)


def free_port() -> int:
    """A port of loopback that nobody has now, nor is given before it is bound.

    It is below those that the kernel hands out, of which a client of any test may be given one.
    """
    while True:
        port = _ANY.randrange(*_BELOW_THE_KERNELS)
        if port not in _handed_out and can_be_bound(port):
            _handed_out.add(port)
            return port


def can_be_bound(port: int) -> bool:
    """Whether nobody has that port of loopback."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Whether something listens on that port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class PrivateServer:
    """A server's program, which can be killed, stopped still and started again on what it kept.

    `ready` tells whether it serves. It dies with the thread that started it, however that ends.
    """

    name: str
    command: Sequence[str]
    folder: Path
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    start_s: float = 60
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it serves."""
        log = self.folder / f"{self.name}.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - a server that the tests chose
                ["setpriv", "--pdeathsig", "KILL", *self.command],  # noqa: S607
                cwd=self.folder,
                env={**_ENVIRONMENT, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        give_up_at = time.monotonic() + self.start_s
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > give_up_at:
                self.kill()
                tail = log.read_text("utf-8", "replace")[-4_000:]
                raise AssertionError(f"{self.name} did not start:\n{tail}")
            time.sleep(_LOOK_AGAIN_S)

    def kill(self) -> None:
        """End it as a power cut would, with whatever it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)
        self.process = None

    def freeze(self) -> None:
        """Stop it still: connections are taken by the kernel, and nobody answers."""
        self._signal(signal.SIGSTOP)
        while not self._stands_still():
            time.sleep(_LOOK_AGAIN_S)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _stands_still(self) -> bool:
        """Whether every thread of it has stopped: a signal is sent before it has come."""
        assert self.process is not None
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return all(
            thread.read_text("ascii").rpartition(")")[2].split()[0] == "T" for thread in threads
        )

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def restart(self) -> None:
        """Kill it, and start it on what it kept."""
        self.kill()
        self.start()


def private_folder(name: str) -> Path:
    """A temporary folder that goes when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix=f"assay-test-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def kept_up(server: PrivateServer) -> PrivateServer:
    """Start the server; it is killed when this process ends."""
    atexit.register(server.kill)
    server.start()
    return server


def shared(variable: str, name: str, make: Callable[[Path], tuple[PrivateServer, str]]) -> str:
    """The address of the server that the variable names, else of one made for this process."""
    address = given(variable)
    if address is None:
        server, address = make(private_folder(name))
        kept_up(server)
    return address
