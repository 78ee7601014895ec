"""What this process holds of the machine: processes, mounts, groups, descriptors, files, memory."""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.sandbox.cgroups import PREFIX, find_cgroups
from tests.adapters.sandbox.judging import mounts

_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What must be as before, once nothing is judged any more."""

    processes: int
    mounts: int
    groups: int
    descriptors: int
    threads: int
    files: int


def held(home: Path) -> Held:
    return Held(
        processes=sum(1 for _ in below(os.getpid())),
        mounts=len(mounts()),
        groups=sum(1 for _ in _groups()),
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        threads=len(list(Path("/proc/self/task").iterdir())) - _pooled(),
        files=len(list((home / "sandbox" / "live").rglob("*"))),
    )


def _pooled() -> int:
    """The threads of the event loop's pool, which come as they are needed, up to a bound."""
    return sum(thread.name.startswith("asyncio_") for thread in threading.enumerate())


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KIB


def below(pid: int) -> Iterator[int]:
    """All processes that a process started, and those that they did, as far as they live."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from below(child)


def _groups() -> Iterator[Path]:
    for base in {hierarchy.base for hierarchy in find_cgroups().hierarchies}:
        yield from base.glob(f"{PREFIX}-{os.getpid()}-*")
