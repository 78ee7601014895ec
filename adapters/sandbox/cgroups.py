"""Finds the control groups that this process may use, controller by controller (v1, v2)."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.sandbox.leaves import Folders, Makers, remove_group, write
from adapters.sandbox.processes import Owner

PREFIX = "assay"
_FIRST_PROCESS = 1
SERVER_LEAF = f"{PREFIX}-server"
"""Where a server moves itself on v2, whose groups hold either processes or groups with limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """Where leaf groups with one controller are made."""

    version: int
    base: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cgroups:
    """The controllers that were found writable; a missing one is None."""

    memory: Hierarchy | None = None
    pids: Hierarchy | None = None
    cpu: Hierarchy | None = None
    kill: Hierarchy | None = None

    @property
    def measuring(self) -> tuple[Hierarchy, ...]:
        """Those that limit or count, and so may hold nothing but the program."""
        found = (self.memory, self.pids, self.cpu)
        return tuple(dict.fromkeys(h for h in found if h is not None))

    @property
    def hierarchies(self) -> tuple[Hierarchy, ...]:
        found = (*self.measuring, self.kill)
        return tuple(dict.fromkeys(h for h in found if h is not None))

    def versions(self) -> dict[str, str]:
        """For staff: which version serves each controller."""
        named = {"memory": self.memory, "pids": self.pids, "cpu": self.cpu, "kill": self.kill}
        return {name: f"v{h.version}" if h else "none" for name, h in named.items()}

    def makers(self, name: str) -> Makers | None:
        """Where the processes that make a box can be found and ended, if groups can do that."""
        return Makers(f"{self.kill.base}/{name}") if self.kill else None

    def folders(self) -> Folders:
        """Where the groups of runs are made."""
        used = (self.memory, self.pids, self.cpu)
        memory, pids, cpu = (str(h.base) if h else None for h in used)
        v1 = frozenset(str(h.base) for h in used if h and h.version == 1)
        return Folders(memory=memory, pids=pids, cpu=cpu, v1=v1)


def find_cgroups() -> Cgroups:
    """The controllers that this process may use, each one tried."""
    v1, v2 = _places()
    unified = _unified(v2) if v2 else Cgroups()
    legacy = {
        name: Hierarchy(version=1, base=v1[controller])
        for name, controller in (("memory", "memory"), ("pids", "pids"), ("cpu", "cpuacct"))
        if controller in v1
    }
    return Cgroups(
        memory=unified.memory or _tried(legacy.get("memory"), "memory.limit_in_bytes"),
        pids=unified.pids or _tried(legacy.get("pids"), "pids.max"),
        cpu=_tried(legacy.get("cpu"), "cpuacct.usage") or unified.cpu,
        kill=unified.kill,
    )


def sweep(bases: Iterable[Path]) -> None:
    """Remove the groups of servers that are no more, and end what may still run in them.

    Of servers whose processes cannot be seen from here nothing is known, and nothing touched.
    """
    for base in bases:
        for folder in _folders(base):
            owner = Owner.named(folder.name.removeprefix(f"{PREFIX}-"))
            if owner is not None and owner.is_here and not owner.is_alive:
                kill_group(folder)
                remove_group(str(folder))


def kill_group(folder: Path) -> None:
    """End the processes that a group of ours still holds, unless one of them is not of our kind.

    Those of another pid namespace are all called 0 here, and killing 0 would end our own group.
    """
    try:
        pids = [int(line) for line in (folder / "cgroup.procs").read_text().split()]
    except (OSError, ValueError):
        return
    if any(pid <= _FIRST_PROCESS for pid in pids):
        return
    with contextlib.suppress(OSError):  # only v2 has it; it misses nobody who is being forked
        write(f"{folder}/cgroup.kill", 1)
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, 9)


def leaf_prefix() -> str:
    """How the names of this process's groups begin: leftovers are told by the dead process."""
    return f"{PREFIX}-{Owner.this()}-"


def _folders(base: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from list(base.glob(f"{PREFIX}-*-*-*-*"))


# --- finding -----------------------------------------------------------------------------------


def _places() -> tuple[dict[str, Path], Path | None]:
    """Our own group in each v1 controller's hierarchy, and in the v2 hierarchy."""
    own = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        own.update(dict.fromkeys(names.split(","), path))
    v1: dict[str, Path] = {}
    v2 = None
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        root, mount_point = fields.split()[3:5]
        kind_name, _, options = kind.split()[:3]
        if kind_name == "cgroup2" and "" in own:
            v2 = _beneath(mount_point, root, own[""])
        elif kind_name == "cgroup":
            for name in set(options.split(",")) & own.keys():
                v1[name] = _beneath(mount_point, root, own[name])
    return v1, v2


def _beneath(mount_point: str, root: str, path: str) -> Path:
    """A container may mount its own group as the root, and still see the whole path of it."""
    inside = path.removeprefix(root.rstrip("/")) if path.startswith(root) else ""
    return Path(mount_point) / inside.lstrip("/")


def _tried(hierarchy: Hierarchy | None, file: str) -> Hierarchy | None:
    if hierarchy is None:
        return None
    probe = hierarchy.base / f"{leaf_prefix()}probe"
    try:
        probe.mkdir()
        if not _is_domain(probe):
            return None
        descriptor = os.open(probe / file, os.O_RDWR)
    except OSError:
        return None
    else:
        os.close(descriptor)
        return hierarchy
    finally:
        remove_group(str(probe))


def _is_domain(group: Path) -> bool:
    """Below threaded groups (v2 only) there are none that a process could join."""
    kind = group / "cgroup.type"
    return not kind.exists() or kind.read_text().strip() == "domain"


def _unified(own: Path) -> Cgroups:
    """What the v2 hierarchy offers below our own group."""
    base = own.parent if own.name == SERVER_LEAF else own
    hierarchy = Hierarchy(version=2, base=base)
    usable = _tried(hierarchy, "cgroup.procs")
    if usable is None:
        return Cgroups()
    enabled = _enabled_controllers(base)
    return Cgroups(
        memory=usable if "memory" in enabled else None,
        pids=usable if "pids" in enabled else None,
        cpu=usable,
        kill=_tried_kill(usable),
    )


def _tried_kill(hierarchy: Hierarchy) -> Hierarchy | None:
    probe = hierarchy.base / f"{leaf_prefix()}probe"
    try:
        probe.mkdir()
        write(f"{probe}/cgroup.kill", 1)
    except OSError:
        return None
    else:
        return hierarchy
    finally:
        remove_group(str(probe))


def _enabled_controllers(base: Path) -> frozenset[str]:
    """Those that children of `base` get, after asking for the ones we want."""
    wanted = {"memory", "pids"} & set((base / "cgroup.controllers").read_text().split())
    control = base / "cgroup.subtree_control"
    if wanted - set(control.read_text().split()):
        with contextlib.suppress(OSError):
            _leave(base)
            write(str(control), " ".join(f"+{name}" for name in sorted(wanted)))
    return frozenset(wanted & set(control.read_text().split()))


def _leave(base: Path) -> None:
    """Go into a leaf of our own: a v2 group that limits its children may hold no process."""
    leaf = base / SERVER_LEAF
    leaf.mkdir(exist_ok=True)
    write(f"{leaf}/cgroup.procs", os.getpid())
