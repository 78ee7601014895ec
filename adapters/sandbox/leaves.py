"""The control groups of one run and of one box: made, limited, read and removed, v1 or v2.

Each is done thousands of times, by plain paths and single system calls.
"""

import contextlib
import os
from dataclasses import dataclass

from adapters.sandbox.outcome import SPENT

_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a group has used so far; None where no controller says."""

    cpu_ns: int | None
    peak_kib: int | None
    was_out_of_memory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where leaf groups are made, controller by controller; None where there is none.

    `v1` names those of them that are of version 1.
    """

    memory: str | None = None
    pids: str | None = None
    cpu: str | None = None
    v1: frozenset[str] = frozenset()

    @property
    def all(self) -> tuple[str, ...]:
        found = (self.memory, self.pids, self.cpu)
        return tuple(dict.fromkeys(folder for folder in found if folder))

    @property
    def can_count_again(self) -> bool:
        """Whether groups that count can serve again: they hold no memory, and the memory's tells.

        It cannot be removed while anybody is in it, so that its going shows that a run is over.
        """
        counting = {self.pids, self.cpu}
        return self.memory is not None and counting <= self.v1 - {self.memory}


class Counter:
    """Groups of version 1 that count processes and CPU time, for one run after the other.

    They keep nothing of a run whose processes are all gone, as a group for memory would (what was
    cached for one is billed to it for as long as the group is there), and making them costs as
    much as the smallest of programs.
    """

    def __init__(self, folders: Folders, name: str) -> None:
        self.pids = f"{folders.pids}/{name}"
        self.cpu = f"{folders.cpu}/{name}"
        self.folders = tuple(dict.fromkeys((self.pids, self.cpu)))
        self._is_made = False
        self._processes = 0

    def make(self) -> None:
        """Begin at nothing. Raises OSError where the kernel refuses."""
        if self._is_made:
            write(f"{self.cpu}/cpuacct.usage", 0)
            return
        for folder in self.folders:
            with contextlib.suppress(FileExistsError):  # half made before
                os.mkdir(folder)  # noqa: PTH102 - for speed
        self._is_made = True

    def limit(self, processes: int) -> None:
        """Raises OSError where the kernel refuses."""
        if processes != self._processes:
            write(f"{self.pids}/pids.max", processes)
            self._processes = processes

    def remove(self) -> bool:
        """Whether they are gone now."""
        gone = [remove_group(folder) for folder in self.folders]
        return all(gone)


class Leaf:
    """The groups of one run, which its program joins at the last moment.

    `spare` holds counters that serve no run now; this one's comes from there and goes there.
    """

    def __init__(self, folders: Folders, name: str, spare: list[Counter] | None = None) -> None:
        self._spare = spare if folders.can_count_again else None
        self._counter = None
        if self._spare is not None:
            self._counter = self._spare.pop() if self._spare else Counter(folders, name)
        self._memory = f"{folders.memory}/{name}" if folders.memory else None
        self._pids = f"{folders.pids}/{name}" if folders.pids else None
        self._cpu = f"{folders.cpu}/{name}" if folders.cpu else None
        self._v1 = folders.v1
        self._has_v1_memory = folders.memory in folders.v1
        self._has_v1_cpu = folders.cpu in folders.v1
        self._left = [f"{folder}/{name}" for folder in folders.all]
        if self._counter:
            self._pids, self._cpu = self._counter.pids, self._counter.cpu
            self._left = [f"{folders.memory}/{name}"]

    def make(self) -> None:
        """Raises OSError where the kernel refuses."""
        for folder in self._left:
            os.mkdir(folder)  # noqa: PTH102 - for speed
        if self._counter:
            self._counter.make()

    def limit(self, *, memory_kib: int, processes: int) -> None:
        """Raises OSError where the kernel refuses."""
        if self._memory:
            self._limit_memory(self._memory, memory_kib * 1024)
        if self._counter:
            self._counter.limit(processes)
        elif self._pids:
            write(f"{self._pids}/pids.max", processes)

    def doors(self) -> list[int]:
        """Descriptors by which whoever writes to them, and has but one thread, joins its groups.

        In v1 that one thread moves itself (`tasks`): a whole process that moves holds the lock of
        all the machine's groups for a grace period of RCU, 8 to 20 ms. In v2 only processes move.

        Raises:
            OSError: the kernel refused.
        """
        opened: list[int] = []
        try:
            for folder in self._folders():
                base, _, _ = folder.rpartition("/")
                file = "tasks" if base in self._v1 else "cgroup.procs"
                door = os.open(f"{folder}/{file}", os.O_WRONLY | os.O_CLOEXEC)
                opened.append(door)
        except OSError:
            for door in opened:
                os.close(door)
            raise
        return opened

    def cpu_ns(self) -> int | None:
        """What was used so far. Raises OSError where nothing can be read at all."""
        if not self._cpu:
            return None
        if self._has_v1_cpu:
            return _number(f"{self._cpu}/cpuacct.usage")
        used_us = _field(f"{self._cpu}/cpu.stat", b"usage_usec")
        return None if used_us is None else used_us * 1000

    def memory_kib(self) -> int | None:
        """What is used now, where the kernel does not keep the peak (v2 before Linux 5.19).

        Raises:
            OSError: nothing can be read at all.
        """
        if not self._memory or self._has_v1_memory or _is_there(f"{self._memory}/memory.peak"):
            return None
        now = _number(f"{self._memory}/memory.current")
        return None if now is None else now // 1024

    def usage(self) -> Usage:
        """All figures; read it when every process of the group has ended.

        Raises:
            OSError: nothing can be read at all, so that nobody knows.
        """
        peak, kills = None, None
        if self._memory and self._has_v1_memory:
            peak = _number(f"{self._memory}/memory.max_usage_in_bytes")
            kills = _field(f"{self._memory}/memory.oom_control", b"oom_kill")
        elif self._memory:
            peak = _number(f"{self._memory}/memory.peak")
            kills = _field(f"{self._memory}/memory.events", b"oom_kill")
        return Usage(
            cpu_ns=self.cpu_ns(),
            peak_kib=None if peak is None else peak // 1024,
            was_out_of_memory=bool(kills),
        )

    def remove(self) -> bool:
        """Whether all its folders are gone now; they stay busy until the last process is buried."""
        self._left = [folder for folder in self._left if not remove_group(folder)]
        if not self._left and self._counter and self._spare is not None:
            self._spare.append(self._counter)
            self._counter = None
        return not self._left

    def _folders(self) -> tuple[str, ...]:
        return (*self._left, *(self._counter.folders if self._counter else ()))

    def _limit_memory(self, folder: str, limit: int) -> None:
        if self._has_v1_memory:
            write(f"{folder}/memory.limit_in_bytes", limit)
            with contextlib.suppress(OSError):  # a kernel without swap accounting has no such file
                write(f"{folder}/memory.memsw.limit_in_bytes", limit)
            return
        write(f"{folder}/memory.max", limit)
        for file, value in (("memory.swap.max", 0), ("memory.oom.group", 1)):
            with contextlib.suppress(OSError):  # without swap, or before Linux 4.19
                write(f"{folder}/{file}", value)


class Makers:
    """The group of all that makes a box: never on a program's bill, and ended at once."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def make(self) -> None:
        """Raises OSError where the kernel refuses."""
        os.mkdir(self.folder)  # noqa: PTH102 - as above

    def kill(self) -> None:
        with contextlib.suppress(OSError):  # it is gone already
            write(f"{self.folder}/cgroup.kill", 1)

    def remove(self) -> bool:
        """Whether it is gone now; it stays busy until the last process is buried."""
        return remove_group(self.folder)


def remove_group(folder: str) -> bool:
    """Whether the group is gone now."""
    try:
        os.rmdir(folder)  # noqa: PTH106 - as above
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def write(path: str, value: int | str) -> None:
    """One write, to a file that must be there: open(..., "w") would create it elsewhere."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, str(value).encode())
    finally:
        os.close(descriptor)


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _LONGEST)
    finally:
        os.close(descriptor)


def _read_if_there(path: str) -> bytes:
    """Nothing where the kernel has no such file; raises OSError where it has no descriptor."""
    try:
        return _read(path)
    except OSError as error:
        if error.errno in SPENT:
            raise
        return b""


def _number(path: str) -> int | None:
    try:
        return int(_read_if_there(path))
    except ValueError:
        return None


def _field(path: str, name: bytes) -> int | None:
    lines = _read_if_there(path).splitlines()
    found = (line.split() for line in lines if line.startswith(name + b" "))
    return next((int(value) for _, value in found), None)


def _is_there(path: str) -> bool:
    return os.access(path, os.F_OK)
