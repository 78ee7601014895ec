"""CPU time of this process and of all that it starts, whoever waits for it."""

import contextlib
import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

_CPUACCT = Path("/sys/fs/cgroup/cpuacct")

Meter = Callable[[], float]
"""Milliseconds so far."""


def by_usage() -> float:
    """Only of what was waited for, by this process and by those whom it waited for."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1_000 * sum(one.ru_utime + one.ru_stime for one in used)


@contextlib.contextmanager
def meter() -> Iterator[Meter]:
    """The group's of this process where it can have one (v1), which sees all; else by waiting."""
    before = _own_group()
    mine = before / f"assay-bench-{os.getpid()}"
    if not _entered(mine):
        print("\nCPU time is that of processes that were waited for: boxes hide some of theirs")
        yield by_usage
        return
    usage = mine / "cpuacct.usage"
    try:
        yield lambda: int(usage.read_text()) / 1e6
    finally:
        (before / "cgroup.procs").write_text(str(os.getpid()))
        with contextlib.suppress(OSError):  # of a judge that left something, which tests tell
            mine.rmdir()


def _own_group() -> Path:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpuacct" in controllers.split(","):
            return _CPUACCT / path.lstrip("/")
    return _CPUACCT


def _entered(group: Path) -> bool:
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return False
    return True
