"""What attacks might change on this machine, looked at from outside.

Other tests, servers and users are at work here at the same time, so only what can be put down to
the judge's own slots is looked at: what belongs to a slot's uid, what is in this process, and what
nobody here changes.
"""

import os
import resource
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.sandbox.machine import FIRST_UID
from tests.adapters.sandbox.judging import mounts

_SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/lock", "/dev/mqueue")  # noqa: S108
_SETTINGS = (
    *(
        "/etc/passwd",
        "/etc/shadow",
        "/etc/group",
        "/etc/hosts",
        "/etc/ld.so.cache",
        "/etc/hostname",
    ),
    *("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"),
    *("/bin/sh", "/usr/bin/env", "/usr/bin/gcc", "/usr", "/etc", "/dev", "/proc/sys/kernel"),
)
_OF_QUEUES = ("sysvipc/shm", "sysvipc/sem", "sysvipc/msg")
_OF_SOCKETS = ("net/tcp", "net/udp", "net/tcp6", "net/udp6")
_UID_OF_SOCKET = 7
_SLOT = "@assay-slot-"
MOST_GROWTH_KIB = 256 * 1024
"""Of this process: outputs are kept while they are judged, and memory is not given back at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What has to be the same before and after. `settings` are the marks of files and devices."""

    settings: dict[str, tuple[int, ...]]
    mounts: tuple[str, ...]
    descriptors: int
    name: str
    files: frozenset[str]
    programs: frozenset[str]
    kept: frozenset[str]


def look() -> Host:
    uids = _own_uids()
    return Host(
        settings={path: _mark(path) for path in _SETTINGS if Path(path).exists()},
        mounts=tuple(mounts()),
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        name=os.uname().nodename,
        files=frozenset(_files_of(uids)),
        programs=frozenset(_programs_of(uids)),
        kept=frozenset(_kept_for(uids)),
    )


def memory_kib() -> int:
    """The most that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _own_uids() -> frozenset[int]:
    """Those of the slots that judges in this process hold, which they do by names of sockets."""
    links = (link for fd in Path("/proc/self/fd").iterdir() if (link := _link(fd)))
    own = {link for link in links if link.startswith("socket:")}
    lines = (line.split() for line in Path("/proc/net/unix").read_text().splitlines())
    held = [line[7] for line in lines if len(line) > 7 and f"socket:[{line[6]}]" in own]
    slots = (int(name.removeprefix(_SLOT)) for name in held if name.startswith(_SLOT))
    return frozenset(FIRST_UID + slot for slot in slots) if os.geteuid() == 0 else frozenset()


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""  # it has just ended


def _mark(path: str) -> tuple[int, ...]:
    """Of a folder not its times and its size, as others put files there."""
    found = Path(path).stat()
    own = (found.st_mode, found.st_uid, found.st_gid, found.st_ino)
    is_folder = stat.S_ISDIR(found.st_mode)
    return own if is_folder else (*own, found.st_size, found.st_mtime_ns, found.st_nlink)


def _files_of(uids: frozenset[int]) -> Iterator[str]:
    for folder in map(Path, filter(os.path.isdir, _SHARED_FOLDERS)):
        for entry in folder.iterdir():
            if _owner(entry) in uids:
                yield str(entry)


def _programs_of(uids: frozenset[int]) -> Iterator[str]:
    """Processes of the slots that are neither bubblewrap nor our init: judged ones."""
    for process in Path("/proc").iterdir():
        program = _link(process / "exe").rpartition("/")[2] if process.name.isdecimal() else ""
        if program and not program.startswith(("bwrap", "init")) and _owner(process) in uids:
            yield f"{process.name} {program}"


def _owner(path: Path) -> int:
    try:
        return path.lstat().st_uid
    except OSError:
        return -1  # it is gone


def _kept_for(uids: frozenset[int]) -> Iterator[str]:
    """What the kernel keeps without a process: segments, queues, sockets."""
    for name in (*_OF_QUEUES, *_OF_SOCKETS):
        table = Path("/proc") / name
        head, *lines = table.read_text().splitlines() if table.exists() else [""]
        column = head.split().index("uid") if name in _OF_QUEUES and head else _UID_OF_SOCKET
        for line in lines:
            if int(line.split()[column]) in uids:
                yield f"{name}: {line}"
