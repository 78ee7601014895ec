"""What this process, and what it started, hold in memory."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from tests.steadiness.leftovers import below


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """RSS counts shared pages for each process, PSS shares them out."""

    own_rss_mib: float
    processes: int
    started_rss_mib: float
    started_pss_mib: float

    def __str__(self) -> str:
        return (
            f"own RSS {self.own_rss_mib:.1f}; {self.processes} processes, "
            f"RSS {self.started_rss_mib:.1f}, PSS {self.started_pss_mib:.1f}"
        )


def resident() -> Resident:
    started = list(below(os.getpid()))
    return Resident(
        own_rss_mib=_mib(os.getpid(), "Rss"),
        processes=len(started),
        started_rss_mib=sum(_mib(pid, "Rss") for pid in started),
        started_pss_mib=sum(_mib(pid, "Pss") for pid in started),
    )


def _mib(pid: int, what: str) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) / 1024
    return 0.0
