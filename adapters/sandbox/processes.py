"""Looking at processes through /proc: who lives, and what a whole tree uses."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

_PAGE_KIB = os.sysconf("SC_PAGESIZE") // 1024
_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeUsage:
    """What processes and all below them use: the poor man's control group."""

    cpu_ns: int
    memory_kib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A process as names of files and groups tell it, also to those who cannot see it."""

    pid: int
    ticks: int
    place: str

    @classmethod
    def this(cls) -> Self:
        return cls(pid=os.getpid(), ticks=start_ticks(os.getpid()), place=_place())

    @classmethod
    def named(cls, text: str) -> Self | None:
        """Whom a text begins with, if anybody."""
        pid, ticks, place, *_ = *text.split("-"), "", ""
        if not (pid.isdecimal() and ticks.isdecimal()):
            return None
        return cls(pid=int(pid), ticks=int(ticks), place=place)

    def __str__(self) -> str:
        return f"{self.pid}-{self.ticks}-{self.place}"

    @property
    def is_here(self) -> bool:
        """Whether its number means here what it means there."""
        return self.place == _place()

    @property
    def is_alive(self) -> bool:
        """Only of one that is here."""
        try:
            return start_ticks(self.pid) == self.ticks
        except (OSError, ValueError):
            return False


@cache
def _place() -> str:
    """This start of this machine, and the namespace in which it numbers our processes."""
    try:
        machine = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        machine = os.uname().nodename
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        namespace = 0
    return hashlib.sha256(f"{machine} {namespace}".encode()).hexdigest()[:12]


def start_ticks(pid: int) -> int:
    """When it was started: with its number, this names a process for good.

    Raises:
        OSError: there is no such process.
    """
    return int(_stat(pid)[19])


def pid_behind(pidfd: int) -> int:
    """The number, here, of the process that a descriptor of ours stands for; -1 when it is gone.

    Raises:
        OSError: there is no such descriptor.
    """
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("Pid:")), -1)


def kin_of(pid: int) -> tuple[int, ...]:
    """The process and its siblings that are in its pid namespace.

    The first of a namespace has siblings there where its parent, or a program that gives its
    children to its own parent (CLONE_PARENT), puts them.

    Raises:
        OSError: there is no such process.
    """
    namespace = _pid_namespace(pid)
    siblings = _children(int(_stat(pid)[1]))
    return tuple(one for one in siblings if one == pid or _pid_namespace(one) == namespace)


def _pid_namespace(pid: int) -> int:
    """0 where the process is gone: nobody is in that one."""
    try:
        return Path(f"/proc/{pid}/ns/pid").stat().st_ino
    except OSError:
        return 0


def tree_usage(*roots: int) -> TreeUsage:
    """The sum over these processes and all below them."""
    cpu_ticks = pages = 0
    for pid in _from(*roots):
        try:
            stat = _stat(pid)
        except OSError:
            continue  # it has just ended
        cpu_ticks += sum(map(int, stat[11:15]))
        pages += int(stat[21])
    return TreeUsage(cpu_ns=cpu_ticks * _TICK_NS, memory_kib=pages * _PAGE_KIB)


def _from(*roots: int) -> set[int]:
    found: set[int] = set()
    left = list(roots)
    while left:
        pid = left.pop()
        if pid not in found:
            found.add(pid)
            left += _children(pid)
    return found


def _children(pid: int) -> Iterator[int]:
    """Each thread of a process has its own; nothing where it has just ended."""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - for speed
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123 - as above
                yield from map(int, file.read().split())


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may itself hold blanks and brackets."""
    with open(f"/proc/{pid}/stat", errors="replace") as file:  # noqa: PTH123 - for speed
        return file.read().rpartition(")")[2].split()
