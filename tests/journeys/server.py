"""The program in processes of its own, for tests: free port, temporary home, ended by their pid."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LISTENS = re.compile(r"http://127\.0\.0\.1:(\d+)")
START_S = 180


@dataclass
class Server:
    """A running server (or worker) and what it said when it was ready: of a server, its address."""

    process: subprocess.Popen[str]
    home: Path
    said: re.Pattern[str]
    url: str = ""
    output: list[str] = field(default_factory=list)
    reader: threading.Thread = field(default_factory=threading.Thread)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=60)
        self.reader.join()

    def stop(self) -> int:
        """Ask it to end, and wait for that."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def start(home: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Server:
    """Start `assay serve` on a free port and return when it answers."""
    return started(home, "serve", *arguments, environment=environment, said=LISTENS)


def started(
    home: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    said: re.Pattern[str],
) -> Server:
    """Start `assay` and return when it has said that it is ready."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "entrypoints.cli.main", *arguments],
        env=environment_of(home, environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = Server(process=process, home=home, said=said)
    ready = threading.Event()
    server.reader = threading.Thread(target=_read, args=(server, ready), daemon=True)
    server.reader.start()
    if not ready.wait(START_S) or not server.url:
        server.kill()
        raise AssertionError(f"{arguments} did not start:\n" + "".join(server.output))
    return server


def run(home: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run `assay` to its end, which has to be a good one; what it printed."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "entrypoints.cli.main", *arguments],
        env=environment_of(home, environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=START_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def environment_of(home: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    """What the program is started in: nothing of the platform's own but what a test says."""
    inherited = os.environ  # noqa: TID251 - what it is started in
    return {
        **{name: value for name, value in inherited.items() if not name.startswith("ASSAY_")},
        "ASSAY_HOME": str(home),
        "ASSAY_PORT": "0",
        "ASSAY_LANGUAGES": "bash,python3",  # those that start soonest; who needs others says so
        **(more or {}),
    }


def _read(server: Server, ready: threading.Event) -> None:
    assert server.process.stdout is not None
    with server.process.stdout as lines:
        for line in lines:
            server.output.append(line)
            match = server.said.search(line)
            if match and not server.url:
                server.url = match[0]
                ready.set()
    ready.set()


@contextlib.contextmanager
def running(
    home: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server for the length of the block."""
    server = start(home, *arguments, environment=environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
