"""What one box is like: the command line that makes it, and the order for a program in it."""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

WORK = "/box"
APP = "/app"
INIT = "/init"
_STAGE = "/mnt"
_FIRST_DEVICES = ("null", "zero", "full", "random", "urandom")
_SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SYSTEM_SETTINGS = ("alternatives", "ld.so.cache", "localtime", "perl", "php")
"""Of /etc only what runtimes need to start: no accounts, no keys, no names of hosts."""
_SETTINGS_OF_JAVA = "java-*"
_SMALL_TMPFS = 1 << 20
_ORDER = struct.Struct("=6i6Q")
_PROCESSES_OF_OURS = 12
"""Of the same uid, and so within the same rlimit: init, and what keeps three cells."""
_MAX_FILE_BYTES = 1 << 30
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": WORK,
    "TMPDIR": "/tmp",  # noqa: S108 - the box's own
    "LANG": "C.UTF-8",
    "PWD": WORK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A file or folder of this machine that the box shows read-only."""

    source: Path
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLimits:
    """Where a box is stopped. `time_ms` is the CPU limit, `kill_time_ms` where it is enforced.

    Standard error has no limit: its first `stderr_bytes` are kept.
    """

    time_ms: int
    kill_time_ms: int
    wall_time_ms: int
    memory_kib: int
    stdout_bytes: int
    stderr_bytes: int = 64 * 1024
    processes: int = 64
    bears_address_limit: bool = True
    stack_kib: int | None = None
    file_kib: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One program to run in a fresh box.

    `links` are names in the work folder that point to paths of the box.
    """

    command: tuple[str, ...]
    limits: BoxLimits
    binds: tuple[Bind, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxing:
    """How boxes are made on this machine: what was found out once.

    `accounts` is the box's /etc/passwd, which holds its one user. `bwrap_root` is set where
    bubblewrap and its libraries lie outside /usr, and may be out of reach for the slot's uid.
    `first_uid` is None where boxes run as whoever runs the server; without `staging` the sources
    of binds must be reachable for the uid of the box. `cpus` are those that this process may use.
    """

    init: Path
    bwrap: Path
    accounts: Path
    bwrap_root: Path | None
    first_uid: int | None
    staging: bool
    cpus: tuple[int, ...] = ()

    def cpu(self, slot: int) -> int:
        """The one that the programs of a slot stay on; -1 for any."""
        return self.cpus[slot % len(self.cpus)] if self.cpus else -1

    def uid(self, slot: int) -> int | None:
        return None if self.first_uid is None else self.first_uid + slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one box is: its slot, its parent and the group of all that is not the program."""

    slot: int
    parent: int
    makers: str | None = None


def command_line(boxing: Boxing, shown: tuple[Bind, ...], place: Place) -> list[str]:
    """The whole chain: our launcher, bubblewrap, our init."""
    own = (
        Bind(source=boxing.init, target=INIT),
        Bind(source=boxing.accounts, target="/etc/passwd"),
    )
    binds = (*own, *shown)
    return [
        str(boxing.init),
        *_launcher_options(boxing, binds, place),
        "--",
        _bwrap_path(boxing, len(binds)),
        *_bwrap_options(boxing, binds),
        "--",
        INIT,
        "serve",
    ]


def words_of(box: Box) -> bytes:
    """The order's words: the same for every run of a box."""
    variables = (f"{name}={value}" for name, value in {**ENVIRONMENT, **box.variables}.items())
    links = (word for name, target in box.links.items() for word in (name, target))
    return b"".join(os.fsencode(word) + b"\0" for word in (*box.command, *variables, *links))


def order(box: Box, words: bytes, cell: int, cpu: int, *, limits_address: bool) -> bytes:
    """What tells our init to prepare that cell for the box's program, as serve.c reads it."""
    limits = box.limits
    memory = limits.memory_kib * 1024
    stack = memory // 8 * 7  # endless recursion meets its guard before the memory limit
    file = min(memory, _MAX_FILE_BYTES)
    variables = len(ENVIRONMENT.keys() | box.variables.keys())
    head = _ORDER.pack(
        *(cell, cpu, len(box.command), variables, len(box.links), 0),
        limits.kill_time_ms // 1000 + 2,  # only a back-stop: the group's clock is exact
        min(stack, limits.stack_kib * 1024) if limits.stack_kib else stack,
        min(file, limits.file_kib * 1024) if limits.file_kib else file,
        limits.processes + _PROCESSES_OF_OURS,
        memory + (64 << 20) if limits_address and limits.bears_address_limit else 0,
        memory,
    )
    return head + words


def _launcher_options(boxing: Boxing, binds: tuple[Bind, ...], place: Place) -> list[str]:
    options = ["launch", "-p", str(place.parent)]
    if place.makers:
        options += ["-j", place.makers]
    if boxing.staging:
        for bind in binds:
            options += ["-m", str(bind.source)]
        if boxing.bwrap_root:
            options += ["-m", str(boxing.bwrap_root)]
    uid = boxing.uid(place.slot)
    return options if uid is None else [*options, "-u", str(uid)]


def _bwrap_path(boxing: Boxing, staged: int) -> str:
    if boxing.staging and boxing.bwrap_root:
        return f"{_STAGE}/{staged}/{boxing.bwrap.relative_to(boxing.bwrap_root)}"
    return str(boxing.bwrap)


def _bwrap_options(boxing: Boxing, binds: tuple[Bind, ...]) -> list[str]:
    options = [*_NAMESPACES, *system_view(), *_DEVICES, *_FOLDERS]
    for number, bind in enumerate(binds):
        source = f"{_STAGE}/{number}" if boxing.staging else str(bind.source)
        options += ["--ro-bind", source, bind.target]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/"]


# CAP_SYS_ADMIN and CAP_SETPCAP are for our init alone and count only inside the box's user
# namespace; the program loses both. No --dev: it would make bubblewrap nest a second user
# namespace, in which our init could not mount the test's own /proc.
_NAMESPACES = (
    *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
    *("--uid", "1000", "--gid", "1000", "--hostname", "box"),
    *("--die-with-parent", "--as-pid-1"),
    *("--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"),
    *("--proc", "/proc"),
)


def _tmpfs(path: str, size: int) -> tuple[str, ...]:
    return ("--size", str(size), "--tmpfs", path)


# Each cell mounts its own over these. S108 warns of shared folders; nobody shares them.
_FOLDERS = ("--dir", WORK, "--dir", "/tmp", "--dir", "/dev/shm")  # noqa: S108 - the box's own
_DEVICES = (
    *_tmpfs("/dev", _SMALL_TMPFS),
    *(part for name in _FIRST_DEVICES for part in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")),
    *("--symlink", "/proc/self/fd", "/dev/fd"),
    *(
        part
        for number, name in enumerate(("stdin", "stdout", "stderr"))
        for part in ("--symlink", f"/proc/self/fd/{number}", f"/dev/{name}")
    ),
)


@cache
def system_view(root: Path = Path("/")) -> tuple[str, ...]:
    """Read-only /usr and what belongs to it, and the few settings that runtimes need."""
    options = ["--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM_LINKS:
        path = root / name
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), f"/{name}"]
        elif path.is_dir():
            options += ["--ro-bind", f"/{name}", f"/{name}"]
    java = tuple(path.name for path in sorted((root / "etc").glob(_SETTINGS_OF_JAVA)))
    for name in (*_SYSTEM_SETTINGS, *java):
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return tuple(options)
