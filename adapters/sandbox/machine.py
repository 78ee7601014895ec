"""Finds out, once, what this machine can do for a sandbox, and proves it by running boxes."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.sandbox.box import INIT, Box, Boxing, BoxLimits
from adapters.sandbox.cgroups import Cgroups, sweep
from adapters.sandbox.outcome import BoxBroken
from adapters.sandbox.own import BASES
from adapters.sandbox.running import Boxes
from adapters.sandbox.tools import ToolMissing, built_init, bwrap_root, find_bwrap, output_of
from adapters.sandbox.version import sandbox_version
from domain.run import Excess

FIRST_UID = 61_000
"""Slot N of a machine whose judges run as root works as uid and gid FIRST_UID + N."""
_PROBE_KIB = 32_768
_ACCOUNTS = "box:x:1000:1000::/box:/bin/sh\n"
_NO_CGROUPS = Cgroups()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What was found. `problem` says why nothing can be judged here; None when all is well."""

    problem: str | None = None
    bwrap: Path | None = None
    bwrap_version: str | None = None
    init_built: bool = False
    boxing: Boxing | None = None
    cgroups: Cgroups = _NO_CGROUPS
    memory_limit_bites: bool = False
    is_root: bool = False

    @property
    def version(self) -> str:
        """What a judgement names as its judge."""
        return f"{sandbox_version()}, bubblewrap {self.bwrap_version}"

    @property
    def weaknesses(self) -> tuple[str, ...]:
        """What is weaker here than it should be, in words for staff."""
        found = []
        if not self.memory_limit_bites:
            found.append("no memory control group: memory is polled and limited by rlimits only")
        if not self.cgroups.pids:
            found.append("no pids control group: processes are limited by rlimits only")
        if not self.cgroups.cpu:
            found.append("no CPU control group: CPU time is polled")
        if self.is_root and self.boxing and self.boxing.first_uid is None:
            found.append("boxes run as root, since changing the uid is not allowed here")
        return tuple(found)


async def look_at(folder: Path, own: Path, cgroups: Cgroups, *, allow_weak: bool) -> Machine:
    """Find the tools, build what is ours, and try a box; never raises for what is missing."""
    machine = Machine(is_root=os.geteuid() == 0)
    try:
        bwrap = find_bwrap()
        _, said = await output_of(str(bwrap), "--version")
        machine = replace(machine, bwrap=bwrap, bwrap_version=said.strip().rpartition(" ")[2])
        init = await built_init(folder)
    except ToolMissing as missing:
        return replace(machine, problem=missing.reason)
    _record(cgroups, own)
    accounts = own / "passwd"
    accounts.write_text(_ACCOUNTS)
    accounts.chmod(0o644)
    machine = replace(machine, init_built=True, cgroups=cgroups)
    basic = Boxing(
        init=init,
        bwrap=bwrap,
        accounts=accounts,
        bwrap_root=bwrap_root(bwrap),
        first_uid=None,
        staging=False,
        cpus=tuple(sorted(os.sched_getaffinity(0))),
    )
    machine = await _with_boxing(machine, basic)
    return _judged_weak(machine) if not allow_weak else machine


def _judged_weak(machine: Machine) -> Machine:
    if machine.problem is None and machine.weaknesses:
        why = "; ".join(machine.weaknesses)
        return replace(machine, problem=f"too weak without ASSAY_ALLOW_WEAK_SANDBOX=on: {why}")
    return machine


async def _with_boxing(machine: Machine, basic: Boxing) -> Machine:
    """The strongest way of making boxes that works here."""
    ways = [basic]
    if machine.is_root:
        apart = replace(basic, first_uid=FIRST_UID)
        ways = [replace(apart, staging=True), apart, basic]
    reason = ""
    for boxing in ways:
        try:
            await _probe(boxing, machine.cgroups, kib=1)
        except BoxBroken as broken:
            reason = reason or broken.reason
        else:
            return await _with_proven_memory(replace(machine, boxing=boxing), boxing)
    return replace(machine, problem=f"no box could be started: {reason}")


async def _with_proven_memory(machine: Machine, boxing: Boxing) -> Machine:
    """A limit that was written is not yet one that bites."""
    if machine.cgroups.memory:
        excess = await _probe(boxing, machine.cgroups, kib=2 * _PROBE_KIB)
        if Excess.MEMORY in excess:
            return replace(machine, memory_limit_bites=True)
    return replace(machine, cgroups=replace(machine.cgroups, memory=None))


async def _probe(boxing: Boxing, cgroups: Cgroups, kib: int) -> frozenset[Excess]:
    limits = BoxLimits(
        time_ms=5_000,
        kill_time_ms=5_000,
        wall_time_ms=10_000,
        memory_kib=_PROBE_KIB,
        stdout_bytes=1024,
    )
    box = Box(command=(INIT, "hog", str(kib)), limits=limits)
    outcome = await Boxes(boxing, cgroups).run(box, slot=0)
    if outcome.exit_code != 0 and not outcome.excess:
        raise BoxBroken(f"the probe ended with {outcome.exit_code or outcome.signal}")
    return outcome.excess


def _record(cgroups: Cgroups, own: Path) -> None:
    """Where our groups are is written down: the next server may begin in another group."""
    bases = [hierarchy.base for hierarchy in cgroups.hierarchies]
    (own / BASES).write_text("\n".join(map(str, bases)))
    sweep(bases)
