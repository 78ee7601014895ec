"""Compiles and runs programs of one language, each step in a box of its own."""

import asyncio
import contextlib
import io
import shlex
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from adapters.sandbox import java
from adapters.sandbox.box import APP, WORK, Bind, Box, BoxLimits
from adapters.sandbox.languages import Entry
from adapters.sandbox.running import OUT_OF, BoxBroken, Boxes, MachineSpent, Outcome, broken_by
from adapters.sandbox.toolchains import Toolchain
from domain.judging import Compilation, Excess, Run
from domain.limits import Limits
from domain.program import Program, SourceFile

PREPARED = "/opt/prepared"
_OUT = f"{WORK}/out"
_COMPILE_CPU_MS = 30_000
_COMPILE_WALL_MS = 60_000
_PREPARE_CPU_MS = 300_000
_MAX_ARTIFACT_BYTES = 32 << 20
_MAX_CHECK_BYTES = 4096
_COPY_BYTES = 1 << 20
_MAX_PREPARED_BYTES = 512 << 20
_MAX_ARTIFACT_FILES = 5_000
_MAX_DEPTH = 16
_BOM = "\ufeff"
_LEAST_HEAP_MIB = 8
_MOST_REPEATS = 3
"""Of a submission's tests, for this server's own lateness; as many as for CPU time."""

# The sources come in on standard input and what was compiled goes out on descriptor 3, both as
# tar: so neither step needs a folder of this machine that the box could write to or fill.
# A check leaves nothing, so it has no descriptor to leave it on.
_UNPACK = "mkdir src out && tar -xf - -C src && cd src && exec {keep}>&2 </dev/null || exit 125\n"
_PACK = f"exec tar -cf - -C {_OUT} . >&3\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A language with its tools as found on this machine."""

    entry: Entry
    toolchain: Toolchain
    prepared: Path | None = None

    @property
    def binds(self) -> tuple[Bind, ...]:
        if self.prepared is None:
            return self.toolchain.binds
        return (*self.toolchain.binds, Bind(source=self.prepared, target=PREPARED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """A program's files as the tools of its language want them."""

    files: tuple[SourceFile, ...]
    main: SourceFile
    main_class: str
    is_named: bool

    def of(self, entry: Entry) -> tuple[str, ...]:
        """The names of the files to compile, the main one first."""
        others = [f.name for f in self.files if f.name.endswith(entry.extensions)]
        return tuple(dict.fromkeys((self.main.name, *others)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What compiling gave; `folder` holds what is run, where it went well."""

    compilation: Compilation
    sources: Sources
    folder: Path


def sources_of(program: Program, entry: Entry) -> Sources:
    """Name what has no name, and take away what editors add and compilers stumble over."""
    files = tuple(_named(file, entry) for file in program.files)
    main = files[program.files.index(program.main_file)]
    is_java = entry.id == "java"
    texts = (
        main.content,
        *(f.content for f in files if f is not main and f.name.endswith(".java")),
    )
    return Sources(
        files=files,
        main=main,
        main_class=java.main_class(texts) if is_java else "",
        is_named=bool(program.files[0].name),
    )


def _named(file: SourceFile, entry: Entry) -> SourceFile:
    name = file.name or (java.file_name(file.content) if entry.id == "java" else entry.file_name)
    content = file.content
    if name.endswith(entry.extensions):
        content = content.removeprefix(_BOM)
        content = content.replace("\r\n", "\n") if entry.unix_lines else content
    return SourceFile(name=name, content=content)


class JudgedProgram:
    """One program in its slot: compiled once, then run on inputs; a broken box is a fault.

    Both steps raise MachineSpent where no other box would do better.
    """

    def __init__(self, *, boxes: Boxes, kit: Kit, folder: Path, slot: int) -> None:
        self._boxes = boxes
        self._kit = kit
        self._folder = folder
        self._slot = slot
        self._built: Built | None = None
        self._repeats = 0

    async def compile(self, program: Program) -> Compilation:
        sources = sources_of(program, self._kit.entry)
        try:
            built = await compile_program(self._boxes, self._kit, sources, self._folder, self._slot)
        except MachineSpent:
            raise
        except BoxBroken as broken:
            return Compilation(ok=False, fault=broken.reason)
        self._built = built
        return built.compilation

    async def run(self, ordinal: int, stdin: bytes, limits: Limits) -> Run:
        """Only after it was compiled well.

        Where wall time ran out while this server was late, it is run once more, and that counts:
        a program has its whole wall limit beside all that was lost, so being late again does not
        matter, unless it was for longer than the limit is put off: that is a fault.
        """
        if self._built is None:
            raise RuntimeError("not compiled")
        box = _test_box(self._kit, self._built, stdin, limits)
        try:
            outcome = await self._boxes.run(box, self._slot)
            if outcome.is_doubtful and self._repeats < _MOST_REPEATS:
                self._repeats += 1
                outcome = await self._boxes.run(box, self._slot)
            return _run_of(self._kit, ordinal, _valid(outcome))
        except MachineSpent:
            raise
        except BoxBroken as broken:
            return Run(ordinal=ordinal, fault=broken.reason)


# --- compiling ---------------------------------------------------------------------------------


async def compile_program(
    boxes: Boxes, kit: Kit, sources: Sources, folder: Path, slot: int
) -> Built:
    """Compile, or only check, the sources; leave in `folder` what is to be run.

    Raises:
        BoxBroken: the platform failed.
        MachineSpent: it has run out of something.
    """
    outcome = _valid(await boxes.run(_compile_box(kit, sources), slot))
    compilation = _compilation(kit.entry, outcome)
    if compilation.ok:
        try:
            # A check may run code of the program (Perl's BEGIN), so what it wrote is not taken.
            archive = outcome.stdout if kit.entry.compile else b""
            await asyncio.to_thread(_fill, folder, archive, _beside(kit.entry, sources))
        except (tarfile.TarError, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in OUT_OF:
                raise broken_by(error, "the program could not be kept") from error
            compilation = Compilation(ok=False, output="The compiler left nothing that can be run.")
    return Built(compilation=compilation, sources=sources, folder=folder)


async def prepare(boxes: Boxes, kit: Kit, script: str, folder: Path, slot: int) -> Outcome:
    """Run a preparation of the entry's and leave its files in `folder`.

    Raises:
        BoxBroken: the platform failed.
    """
    script = f"mkdir out && exec 3>&1 >&2 </dev/null || exit 125\nset -e\n{script}\n"
    limits = _tool_limits(kit.entry, _PREPARE_CPU_MS, _MAX_PREPARED_BYTES)
    box = Box(
        command=("/bin/sh", "-c", _filled(script, _paths(kit)) + _PACK),
        limits=limits,
        binds=kit.toolchain.binds,
        variables=kit.toolchain.variables,
    )
    outcome = await boxes.run(box, slot)
    if outcome.is_success:
        await asyncio.to_thread(_fill, folder, outcome.stdout, ())
    return outcome


async def version_of(boxes: Boxes, kit: Kit, slot: int) -> Outcome:
    """What the tool says of itself, inside a box.

    Raises:
        BoxBroken: the platform failed.
    """
    command = tuple(_filled(part, _paths(kit)) for part in kit.entry.version)
    limits = _tool_limits(kit.entry, _COMPILE_CPU_MS, 1 << 16)
    box = Box(
        command=command,
        limits=limits,
        binds=kit.toolchain.binds,
        variables=kit.toolchain.variables,
    )
    return await boxes.run(box, slot)


def _compile_box(kit: Kit, sources: Sources) -> Box:
    makes = bool(kit.entry.compile)
    unpack = _UNPACK.replace("{keep}", "3>&1 " if makes else "")
    cap = _MAX_ARTIFACT_BYTES if makes else _MAX_CHECK_BYTES
    return Box(
        command=("/bin/sh", "-c", unpack + _compile_script(kit, sources)),
        limits=_tool_limits(kit.entry, _COMPILE_CPU_MS, cap),
        binds=kit.binds,
        variables=kit.toolchain.variables,
        stdin=_packed(sources.files),
    )


def _compile_script(kit: Kit, sources: Sources) -> str:
    entry, values = kit.entry, _paths(kit) | _names(sources)
    names = sources.of(entry)
    if entry.compile:
        command = shlex.join(_command(entry.compile, values, names))
        return f"{command} || exit\n{_PACK}"
    check = shlex.join(_command(entry.check, values, ()))
    return f'for file in {shlex.join(names)}; do {check} "$file" || exit; done\n'


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
        return f"The compiler was ended by signal {outcome.signal}."
    return "" if outcome.stderr else f"The compiler ended with exit code {outcome.exit_code}."


def _packed(files: tuple[SourceFile, ...]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for file in files:
            content = file.content.encode()
            member = tarfile.TarInfo(file.name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _beside(entry: Entry, sources: Sources) -> tuple[SourceFile, ...]:
    """Files that lie beside the program when it runs: all of them where nothing is compiled."""
    if not entry.compile:
        return sources.files
    return tuple(f for f in sources.files if not f.name.endswith(entry.extensions))


def _fill(folder: Path, archive: bytes, beside: tuple[SourceFile, ...]) -> None:
    """Write files of ours; the archive comes out of the box, so nothing in it is trusted."""
    for file in beside:
        _write(folder / file.name, io.BytesIO(file.content.encode()), 0o644)
    if not archive:
        return
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|") as opened:
        total = 0
        for number, member in enumerate(opened):
            total += member.size  # a sparse file's is larger than what came out
            if number > _MAX_ARTIFACT_FILES or total > _MAX_PREPARED_BYTES:
                raise ValueError("too much")
            content = opened.extractfile(member) if member.isreg() else None
            if content is not None:
                path = folder / _inside(member.name)
                _make_folders(path.parent, folder)
                _write(path, content, member.mode)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or len(path.parts) > _MAX_DEPTH:
        raise ValueError("a path that leads out")
    return path


def _make_folders(path: Path, root: Path) -> None:
    """Down to `path`; the box's uid must see into each, whatever this server's umask says."""
    for part in reversed((path, *path.parents)):
        if part.is_relative_to(root) and part != root:
            part.mkdir(exist_ok=True)
            part.chmod(0o755)


def _write(path: Path, content: IO[bytes], mode: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    with path.open("xb") as file:
        shutil.copyfileobj(content, file, _COPY_BYTES)
    path.chmod(0o755 if mode & 0o100 else 0o644)


# --- running -----------------------------------------------------------------------------------


async def run_test(
    boxes: Boxes, kit: Kit, built: Built, test: tuple[int, bytes, Limits], slot: int
) -> Run:
    """Run the program on one input (ordinal, standard input, limits).

    Raises:
        BoxBroken: the platform failed.
    """
    ordinal, stdin, limits = test
    return _run_of(kit, ordinal, await boxes.run(_test_box(kit, built, stdin, limits), slot))


def _valid(outcome: Outcome) -> Outcome:
    """Raises BoxBroken where this server was away for so long that nothing can be said."""
    if outcome.is_void:
        raise BoxBroken(f"this server stood still for {outcome.late_ms} ms of a run")
    return outcome


def _run_of(kit: Kit, ordinal: int, outcome: Outcome) -> Run:
    excess = outcome.excess
    if outcome.exit_code != 0 and any(m in outcome.stderr for m in kit.entry.out_of_memory):
        excess |= {Excess.MEMORY}
    return Run(
        ordinal=ordinal,
        exit_code=outcome.exit_code,
        signal=outcome.signal,
        cpu_ms=outcome.cpu_ms,
        wall_ms=outcome.wall_ms,
        memory_kib=outcome.memory_kib,
        stdout=outcome.stdout,
        stderr=outcome.stderr,
        excess=excess,
    )


def _test_box(kit: Kit, built: Built, stdin: bytes, limits: Limits) -> Box:
    entry = kit.entry
    heap_mib = max((limits.memory_kib - entry.extra_memory_kib) // 1024, _LEAST_HEAP_MIB)
    values = _paths(kit) | _names(built.sources) | {"heap_mib": str(heap_mib)}
    files = built.sources.files if built.sources.is_named else ()
    return Box(
        command=_command(entry.run, values, ()),
        limits=BoxLimits(
            time_ms=limits.time_ms,
            kill_time_ms=limits.kill_time_ms,
            wall_time_ms=limits.wall_time_ms,
            memory_kib=limits.memory_kib,
            stdout_bytes=limits.output_kib * 1024,
            processes=entry.processes,
            bears_address_limit=entry.bears_address_limit,
        ),
        binds=(*kit.toolchain.binds, Bind(source=built.folder, target=APP)),
        links={file.name: f"{APP}/{file.name}" for file in files},
        variables=kit.toolchain.variables,
        stdin=stdin,
    )


# --- placeholders ------------------------------------------------------------------------------


def shown(kit: Kit, command: tuple[str, ...]) -> str:
    """A command as a candidate would type it, without folders of the box and inner settings."""
    values = {name: PurePosixPath(path).name for name, path in kit.toolchain.paths.items()}
    name = kit.entry.file_name
    values |= {"main": name, "stem": PurePosixPath(name).stem, "main_class": "Main"}
    parts = [part.replace("{app}/main", "./main") for part in command]
    parts = [part for part in parts if "{heap_mib}" not in part and not part.startswith("-J")]
    text = " ".join(_command(tuple(parts), values, (name,)))
    text = text.replace("{out}/", "").replace("{app}/", "")
    return text.replace("{app}", ".").replace("{out}", ".")


def _paths(kit: Kit) -> dict[str, str]:
    return {**kit.toolchain.paths, "out": _OUT, "app": APP, "prepared": PREPARED}


def _names(sources: Sources) -> dict[str, str]:
    stem = PurePosixPath(sources.main.name).stem
    return {"main": sources.main.name, "stem": stem, "main_class": sources.main_class}


def _command(
    parts: tuple[str, ...], values: Mapping[str, str], names: tuple[str, ...]
) -> tuple[str, ...]:
    filled: list[str] = []
    for part in parts:
        filled += names if part == "{sources}" else [_filled(part, values)]
    return tuple(filled)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Not str.format: shell and tools use braces too."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
