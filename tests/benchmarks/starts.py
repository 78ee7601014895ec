"""What this machine can do at best: bare starts by posix_spawn, plain compilers, nothing else.

`python -m tests.benchmarks.starts FOLDER NAME ROUNDS` goes through so many submissions of a program
of `tests.benchmarks.programs`, so that each core can have a process of its own; it prints when it
began and when it ended, in seconds of the monotonic clock.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.programs import PROGRAMS, TESTS, Program
from tests.benchmarks.spending import Meter, by_usage

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start, until its end was seen: what passed, and what the machine spent on it."""

    wall_ms: float
    cpu_ms: float


def start(command: list[str], stdin: Path | None = None, *, spent_ms: Meter = by_usage) -> Start:
    """Raises RuntimeError where the program does not end well."""
    source = str(stdin) if stdin else os.devnull
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, source, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ]
    spent, began = spent_ms(), time.perf_counter()
    pid = os.posix_spawn(command[0], command, _ENVIRONMENT, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    took = Start(wall_ms=(time.perf_counter() - began) * 1_000, cpu_ms=spent_ms() - spent)
    if status != 0:
        raise RuntimeError(f"{command} ended with {status}")
    return took


def boxed(command: Sequence[str], folder: Path) -> list[str]:
    """The same in a new bubblewrap, as a judge without a box that stays would start it."""
    system = [word for name in ("bin", "lib", "lib64") for word in _link(name)]
    return [
        "/usr/bin/bwrap",
        *("--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/usr", "/usr"),
        *system,
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),  # noqa: S108 - inside the box
        *("--ro-bind", str(folder), str(folder), "--", *command),
    ]


def plainly_judged(program: Program, folder: Path) -> float:
    """Milliseconds that compiling and TESTS bare starts take, with nothing around them."""
    began = time.perf_counter()
    if program.compile:
        compiler = [word.format(folder=folder) for word in program.compile]
        subprocess.run(compiler, check=True, env=_ENVIRONMENT)  # noqa: S603 - a compiler
    command = [word.format(folder=folder) for word in program.run]
    for number in range(TESTS):
        start(command, folder / f"{number}.in")
    return (time.perf_counter() - began) * 1_000


def _link(name: str) -> tuple[str, ...]:
    path = Path("/", name)
    return ("--symlink", f"usr/{name}", f"/{name}") if path.is_symlink() else ()


if __name__ == "__main__":
    place, wanted, rounds = sys.argv[1:]
    first = time.monotonic()
    for _ in range(int(rounds)):
        plainly_judged(PROGRAMS[wanted], Path(place))
    print(first, time.monotonic())
