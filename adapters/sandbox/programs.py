"""A program in its slot: compiled once, then run on inputs."""

from pathlib import Path

from adapters.sandbox.box import APP, Bind, Box, BoxLimits
from adapters.sandbox.compiling import Built, compile_program, valid
from adapters.sandbox.kits import Kit, command_of, names_of, paths_of
from adapters.sandbox.options import command_with
from adapters.sandbox.running import BoxBroken, Boxes, MachineSpent, Outcome
from adapters.sandbox.sources import sources_of
from application.ports.judge import USUAL, ProgramOptions
from domain.judging import Compilation, Excess, Run
from domain.limits import Limits
from domain.program import Program

_MOST_REPEATS = 3
"""Of a submission's tests, for this server's own lateness; as many as for CPU time."""


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
        self._options = USUAL

    async def compile(self, program: Program, options: ProgramOptions = USUAL) -> Compilation:
        sources = sources_of(program, self._kit.entry, options)
        self._options = options
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
        box = _test_box(self._kit, self._built, stdin, limits, self._options)
        try:
            outcome = await self._boxes.run(box, self._slot)
            if outcome.is_doubtful and self._repeats < _MOST_REPEATS:
                self._repeats += 1
                outcome = await self._boxes.run(box, self._slot)
            return _run_of(self._kit, ordinal, valid(outcome))
        except MachineSpent:
            raise
        except BoxBroken as broken:
            return Run(ordinal=ordinal, fault=broken.reason)


async def run_test(
    boxes: Boxes, kit: Kit, built: Built, test: tuple[int, bytes, Limits], slot: int
) -> Run:
    """Run the program on one input (ordinal, standard input, limits).

    Raises:
        BoxBroken: the platform failed.
    """
    ordinal, stdin, limits = test
    return _run_of(kit, ordinal, await boxes.run(_test_box(kit, built, stdin, limits), slot))


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


def _test_box(
    kit: Kit, built: Built, stdin: bytes, limits: Limits, options: ProgramOptions = USUAL
) -> Box:
    entry = kit.entry
    least_kib = limits.memory_kib // 2  # who asks for little has room for the runtime, too
    heap_mib = max(least_kib, limits.memory_kib - entry.extra_memory_kib) // 1024
    values = paths_of(kit) | names_of(built.sources) | {"heap_mib": str(heap_mib)}
    files = built.sources.files if built.sources.is_named else ()
    return Box(
        command=command_with(command_of(entry.run, values, ()), built.sources, options),
        limits=BoxLimits(
            time_ms=limits.time_ms,
            kill_time_ms=options.kill_time_ms or limits.kill_time_ms,
            wall_time_ms=options.wall_time_ms or limits.wall_time_ms,
            memory_kib=limits.memory_kib,
            stdout_bytes=limits.output_kib * 1024,
            processes=options.processes or entry.processes,
            bears_address_limit=entry.bears_address_limit,
            stack_kib=options.stack_kib,
            file_kib=options.file_kib,
        ),
        binds=(*kit.toolchain.binds, Bind(source=built.folder, target=APP)),
        links={file.name: f"{APP}/{file.name}" for file in files if not built.sources.beside},
        variables=kit.toolchain.variables,
        stdin=stdin,
    )
