"""Of what a compiled program was made: the key under which it is kept."""

import hashlib
import platform
from functools import cache
from pathlib import Path

from adapters.sandbox.box import Bind, Box
from adapters.sandbox.kits import Kit
from adapters.sandbox.sources import Sources
from adapters.sandbox.version import sandbox_version

_INSTALLED = (
    Path("/var/lib/dpkg/status"),
    Path("/var/lib/rpm/rpmdb.sqlite"),
    Path("/lib/apk/db/installed"),
    Path("/etc/ld.so.cache"),
)
"""These change with every library and header that is installed."""
_CPU_LINES = ("model name", "flags", "Features", "CPU part")


def key_of(kit: Kit, sources: Sources, box: Box) -> str:
    """The hash of all that decides what the compiler in this box gives."""
    parts = (
        sandbox_version(),
        kit.entry.id,
        kit.said,
        tools_of(kit),
        tuple(map(_stamp, _INSTALLED)),
        _cpu(),
        kit.prepared.name if kit.prepared else None,
        sources.main.name,
        box.command,
        sorted(box.variables.items()),
        [(bind.target, str(bind.source)) for bind in kit.toolchain.binds],
        box.limits,
        hashlib.sha256(box.stdin).hexdigest(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def tools_of(kit: Kit) -> tuple[tuple[str, int, int, int], ...]:
    """The tools' files as they are now: one may be exchanged while we run."""
    named = [word for path in kit.toolchain.paths.values() for word in path.split(":")]
    tools = [_on_machine(path, kit.toolchain.binds) for path in sorted(named)]
    return tuple(_stamp(path) for path in tools)


def _on_machine(path: str, binds: tuple[Bind, ...]) -> Path:
    for bind in binds:
        if path.startswith(f"{bind.target}/"):
            return bind.source / path.removeprefix(f"{bind.target}/")
    return Path(path)


def _stamp(path: Path) -> tuple[str, int, int, int]:
    try:
        resolved = path.resolve()
        status = resolved.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(resolved), status.st_size, status.st_mtime_ns, status.st_ino


@cache
def _cpu() -> str:
    """What `-march=native` may depend on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return "\n".join((platform.machine(), *sorted({n for n in lines if n.startswith(_CPU_LINES)})))
