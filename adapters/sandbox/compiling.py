"""Compiles and checks programs, and runs tools, each in a box of its own."""

import asyncio
import shlex
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from adapters.sandbox.artifacts import MAX_UNPACKED_BYTES, packed, unpack
from adapters.sandbox.box import APP, Bind, Box, BoxLimits
from adapters.sandbox.compile_cache import CompileCache, Compiled
from adapters.sandbox.compile_key import key_of
from adapters.sandbox.kits import OUT, PREPARED, Kit, command_of, filled, names_of, paths_of
from adapters.sandbox.languages import Entry
from adapters.sandbox.options import split_at_sources
from adapters.sandbox.outcome import OUT_OF, BoxBroken, Outcome, broken_by
from adapters.sandbox.running import Boxes
from adapters.sandbox.sources import Sources
from domain.program import SourceFile
from domain.run import Compilation, Excess
from domain.signals import signal_name

_COMPILE_CPU_MS = 30_000
_COMPILE_WALL_MS = 60_000
_PREPARE_CPU_MS = 300_000
_MAX_ARTIFACT_BYTES = 32 << 20
_MAX_CHECK_BYTES = 4096
_NOTHING_MADE = "The compiler left nothing that can be run."

# The sources come in on standard input and what was compiled goes out on descriptor 3, both as
# tar: so neither step needs a folder of this machine that the box could write to or fill.
_UNPACK = "mkdir src out && tar -xf - -C src && cd src && exec 3>&1 >&2 </dev/null || exit 125\n"
_PACK = f"exec tar -cf - -C {OUT} . >&3\n"
_PACK_SMALL = f"tar -cf - -C {OUT} . | exec gzip -1 >&3\n"

_UNCHANGED = Compiled(archive=b"", output="")
"""What checking gives: the sources are what is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What compiling gave; `folder` holds what is run, where it went well."""

    compilation: Compilation
    sources: Sources
    folder: Path


async def compile_program(
    boxes: Boxes,
    kit: Kit,
    sources: Sources,
    folder: Path,
    slot: int,
    cache: CompileCache | None = None,
) -> Built:
    """Compile, or only check, the sources, in a box of its own; leave in `folder` what is run.

    What was compiled well is taken from the cache where that has it, and kept there.

    Raises:
        BoxBroken: the platform failed.
        MachineSpent: it has run out of something.
    """
    if not kit.entry.compile:
        return await check_program(partial(boxes.run, slot=slot), kit, sources, folder, cache)
    box = _compile_box(kit, sources)
    key = key_of(kit, sources, box)
    kept = await cache.get(key) if cache else None
    if kept is not None and await _is_unpacked(kept, kit.entry, sources, folder):
        compilation = Compilation(ok=True, output=kept.output)
        return Built(compilation=compilation, sources=sources, folder=folder)
    outcome = valid(await boxes.run(box, slot))
    compilation = _compilation(kit.entry, outcome)
    if compilation.ok:
        compiled = Compiled(archive=outcome.stdout, output=compilation.output)
        if not await _is_unpacked(compiled, kit.entry, sources, folder):
            compilation = Compilation(ok=False, output=_NOTHING_MADE)
        elif cache:
            await cache.put(key, compiled)
    return Built(compilation=compilation, sources=sources, folder=folder)


async def check_program(
    run: Callable[[Box], Awaitable[Outcome]],
    kit: Kit,
    sources: Sources,
    folder: Path,
    cache: CompileCache | None = None,
) -> Built:
    """Check what is run as it was handed in, by a run whose box shows `folder`; leave it there.

    A check may run code of the program (Perl's BEGIN): nothing that it writes is taken.

    Raises:
        BoxBroken: the platform failed.
        MachineSpent: it has run out of something.
    """
    box = _check_box(kit, sources, folder)
    key = key_of(kit, sources, replace(box, stdin=packed(sources.files, sources.beside)))
    kept = await cache.get(key) if cache else None
    if not await _is_unpacked(kept or _UNCHANGED, kit.entry, sources, folder):
        return Built(
            compilation=Compilation(ok=False, output=_NOTHING_MADE), sources=sources, folder=folder
        )
    compilation = Compilation(ok=True)
    if kept is None:
        compilation = _compilation(kit.entry, valid(await run(box)))
        if cache and compilation.ok:
            await cache.put(key, _UNCHANGED)
    return Built(compilation=compilation, sources=sources, folder=folder)


async def _is_unpacked(compiled: Compiled, entry: Entry, sources: Sources, folder: Path) -> bool:
    """Whether it was an archive that could be unpacked.

    Raises:
        BoxBroken: there is no room for it.
    """
    files = beside(entry, sources)
    try:
        await asyncio.to_thread(unpack, folder, compiled.archive, files, sources.beside)
    except (tarfile.TarError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in OUT_OF:
            raise broken_by(error, "the program could not be kept") from error
        return False
    return True


async def prepare(boxes: Boxes, kit: Kit, script: str, folder: Path, slot: int) -> Outcome:
    """Run a preparation of the entry's and leave its files in `folder`.

    Raises:
        BoxBroken: the platform failed.
    """
    script = f"mkdir out && exec 3>&1 >&2 </dev/null || exit 125\nset -e\n{script}\n"
    limits = _tool_limits(kit.entry, _PREPARE_CPU_MS, MAX_UNPACKED_BYTES)
    values = paths_of(kit) | {"prepared": PREPARED}
    box = Box(
        command=("/bin/sh", "-c", filled(script, values) + _PACK_SMALL),
        limits=limits,
        binds=kit.toolchain.binds,
        variables=kit.toolchain.variables,
    )
    outcome = await boxes.run(box, slot)
    if outcome.is_success:
        await asyncio.to_thread(unpack, folder, outcome.stdout, (), read_as="r|gz")
    return outcome


async def version_of(boxes: Boxes, kit: Kit, slot: int) -> Outcome:
    """What the tool says of itself, inside a box.

    Raises:
        BoxBroken: the platform failed.
    """
    command = tuple(filled(part, paths_of(kit)) for part in kit.entry.version)
    limits = _tool_limits(kit.entry, _COMPILE_CPU_MS, 1 << 16)
    box = Box(
        command=command,
        limits=limits,
        binds=kit.toolchain.binds,
        variables=kit.toolchain.variables,
    )
    return await boxes.run(box, slot)


def _compile_box(kit: Kit, sources: Sources) -> Box:
    return Box(
        command=("/bin/sh", "-c", _UNPACK + _compile_script(kit, sources)),
        limits=_tool_limits(kit.entry, _COMPILE_CPU_MS, _MAX_ARTIFACT_BYTES),
        binds=kit.binds,
        variables=kit.toolchain.variables,
        stdin=packed(sources.files, sources.beside),
    )


def _compile_script(kit: Kit, sources: Sources) -> str:
    entry, values = kit.entry, paths_of(kit) | names_of(sources)
    before, after = split_at_sources(entry.compile)
    words = (*command_of(before, values, ()), *sources.compiler_options)
    command = shlex.join((*words, *command_of(after, values, sources.of(entry))))
    return f"{command} || exit\n{_made(entry, values)}{_PACK}"


def _check_box(kit: Kit, sources: Sources, folder: Path) -> Box:
    names, values = sources.of(kit.entry), paths_of(kit) | names_of(sources)
    check = shlex.join(command_of(kit.entry.check, values, ()))
    each = f'for file in {shlex.join(names)}; do {check} "$file" || exit; done\n'
    return Box(
        command=("/bin/sh", "-c", f"cp -R {APP}/. . && exec >&2 || exit 125\n{each}"),
        limits=_tool_limits(kit.entry, _COMPILE_CPU_MS, _MAX_CHECK_BYTES),
        binds=binds_of(kit, folder),
        variables=kit.toolchain.variables,
    )


def binds_of(kit: Kit, folder: Path) -> tuple[Bind, ...]:
    """What a program's box shows: its toolchain, and the folder that holds what is run."""
    return (*kit.toolchain.binds, Bind(source=folder, target=APP))


def _made(entry: Entry, values: Mapping[str, str]) -> str:
    """What the shell says of options that had something else made, or nothing."""
    ran = next((word for word in entry.run if word.startswith("{app}/")), None)
    if ran is None:
        return ""
    path = filled(ran.replace("{app}", "{out}"), values)
    test = "-x" if ran == entry.run[0] else "-f"
    return f'[ {test} {shlex.quote(path)} ] || {{ echo "{_NOTHING_MADE}" >&2; exit 1; }}\n'


def _tool_limits(entry: Entry, cpu_ms: int, stdout_bytes: int) -> BoxLimits:
    return BoxLimits(
        time_ms=cpu_ms,
        kill_time_ms=cpu_ms,
        wall_time_ms=max(_COMPILE_WALL_MS, 2 * cpu_ms),
        memory_kib=entry.compile_memory_kib,
        stdout_bytes=stdout_bytes,
        processes=entry.compile_processes,
        bears_address_limit=entry.bears_address_limit,
    )


def _compilation(entry: Entry, outcome: Outcome) -> Compilation:
    output = outcome.stderr.decode(errors="replace").replace("\0", "\ufffd")
    if outcome.is_success:
        return Compilation(ok=True, output=output if entry.compile else "")
    return Compilation(ok=False, output="\n".join(filter(None, (output, _refusal(entry, outcome)))))


def _refusal(entry: Entry, outcome: Outcome) -> str:
    """Why the compiler was stopped, where its own words cannot say."""
    if outcome.excess & {Excess.CPU_TIME, Excess.WALL_TIME}:
        return f"Compiling took longer than {_COMPILE_CPU_MS // 1000} s."
    if Excess.MEMORY in outcome.excess:
        return f"Compiling needed more than {entry.compile_memory_kib // 1024} MiB."
    if Excess.OUTPUT in outcome.excess:
        return f"The compiled program is larger than {_MAX_ARTIFACT_BYTES >> 20} MiB."
    if outcome.signal is not None:
        return f"The compiler was ended by {signal_name(outcome.signal)}."
    return "" if outcome.stderr else f"The compiler ended with exit code {outcome.exit_code}."


def beside(entry: Entry, sources: Sources) -> tuple[SourceFile, ...]:
    """Files that lie beside the program when it runs: all of them where nothing is compiled."""
    if not entry.compile:
        return sources.files
    return tuple(f for f in sources.files if not f.name.endswith(entry.extensions))


def valid(outcome: Outcome) -> Outcome:
    """Raises BoxBroken where this server was away for so long that nothing can be said."""
    if outcome.is_void:
        raise BoxBroken(f"this server stood still for {outcome.late_ms} ms of a run")
    return outcome
