"""Looking at processes through /proc: who lives, and what a whole tree uses."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PAGE_KIB = os.sysconf("SC_PAGESIZE") // 1024
_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeUsage:
    """What a process and all below it use: the poor man's control group."""

    cpu_ns: int
    memory_kib: int


def start_ticks(pid: int) -> int:
    """When it was started: with its number, this names a process for good.

    Raises:
        OSError: there is no such process.
    """
    return int(_stat(pid)[19])


def is_alive(pid: int, ticks: int) -> bool:
    try:
        return start_ticks(pid) == ticks
    except (OSError, ValueError):
        return False


def parent_of(pid: int) -> int:
    """Raises OSError where there is no such process."""
    return int(_stat(pid)[1])


def pid_behind(pidfd: int) -> int:
    """The number, here, of the process that a descriptor of ours stands for; -1 when it is gone.

    Raises:
        OSError: there is no such descriptor.
    """
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("Pid:")), -1)


def tree_usage(root: int) -> TreeUsage:
    """The sum over the processes below `root`, without itself."""
    stats = dict(_all_stats())
    members = _below(root, {pid: int(stat[1]) for pid, stat in stats.items()})
    chosen = [stats[pid] for pid in members]
    return TreeUsage(
        cpu_ns=sum(int(ticks) for stat in chosen for ticks in stat[11:15]) * _TICK_NS,
        memory_kib=sum(int(stat[21]) for stat in chosen) * _PAGE_KIB,
    )


def _below(root: int, parents: dict[int, int]) -> set[int]:
    members = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in members} - members
        if not more:
            return members - {root}
        members |= more


def _all_stats() -> Iterator[tuple[int, list[str]]]:
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            try:
                yield int(folder.name), _stat(int(folder.name))
            except OSError:
                continue  # it has just ended


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may itself hold blanks and brackets."""
    text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    return text.rpartition(")")[2].split()
