"""A program in its slot: compiled once, then run on inputs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Self

from adapters.sandbox.ahead import RunsInOneBox
from adapters.sandbox.box import APP, Box, BoxLimits
from adapters.sandbox.compile_cache import CompileCache
from adapters.sandbox.compiling import Built, binds_of, check_program, compile_program
from adapters.sandbox.kits import Kit, command_of, names_of, paths_of
from adapters.sandbox.options import command_with
from adapters.sandbox.outcome import BoxBroken, MachineSpent, Outcome
from adapters.sandbox.pipeline import Pipeline
from adapters.sandbox.repeats import Repeats
from adapters.sandbox.running import Boxes
from adapters.sandbox.sources import Sources, sources_of
from application.ports.judge import USUAL, JudgeInput, ProgramOptions
from domain.limits import Limits
from domain.program import Program
from domain.run import Compilation, Excess, Run

_LARGEST_STACK_KIB = 64 * 1024


class JudgedProgram:
    """One program in its slot: compiled once, then run on inputs; a broken box is a fault.

    Both steps raise MachineSpent where no other box would do better. Used with `async with`, which
    ends whatever still runs.
    """

    def __init__(
        self,
        *,
        boxes: Boxes,
        kit: Kit,
        folder: Path,
        slot: int,
        cache: CompileCache | None = None,
    ) -> None:
        self._boxes = boxes
        self._cache = cache
        self._kit = kit
        self._folder = folder
        self._slot = slot
        self._built: Built | None = None
        self.in_one_box = RunsInOneBox(boxes, slot)
        self._options = USUAL
        self.repeats = Repeats()
        """Of all its runs, whoever runs it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.in_one_box.close()

    async def compile(self, program: Program, options: ProgramOptions = USUAL) -> Compilation:
        """The box of its runs is opened meanwhile: it shows the folder that this fills.

        What is only checked is checked there, as if it were a first run.
        """
        sources = sources_of(program, self._kit.entry, options)
        self._options = options
        self.in_one_box.begin(binds_of(self._kit, self._folder))
        try:
            built = await self._built_of(sources)
        except MachineSpent:
            raise
        except BoxBroken as broken:
            return Compilation(ok=False, fault=broken.reason)
        self._built = built
        return built.compilation

    async def _built_of(self, sources: Sources) -> Built:
        kit, folder = self._kit, self._folder
        if kit.entry.compile:
            return await compile_program(self._boxes, kit, sources, folder, self._slot, self._cache)
        return await check_program(self._run, kit, sources, folder, self._cache)

    async def _run(self, box: Box) -> Outcome:
        return await self.in_one_box.run(box, box.stdin)

    def box(self, limits: Limits, *, wall_time_ms: int, beside: int) -> Box:
        """One for a run whose input and output others have, and `beside` as many processes.

        Only after it was compiled well.
        """
        if self._built is None:
            raise RuntimeError("not compiled")
        options = replace(self._options, wall_time_ms=wall_time_ms)
        box = box_of(self._kit, self._built, b"", limits, options)
        return replace(box, limits=replace(box.limits, processes=box.limits.processes + beside))

    def run_of(self, ordinal: int, outcome: Outcome) -> Run:
        """What is seen in how such a run ended."""
        return run_of(self._kit, ordinal, outcome)

    async def runs(self, inputs: tuple[JudgeInput, ...], limits: Limits) -> AsyncGenerator[Run]:
        """One an input. Only after it was compiled well.

        While a run is looked at, the one after it goes on already, and no more than that one.
        """
        if self._built is None:
            raise RuntimeError("not compiled")
        box = box_of(self._kit, self._built, b"", limits, self._options)
        async with aclosing(self._pipeline(box, inputs).outcomes()) as outcomes:
            ordinals = iter(inputs)
            async for outcome in outcomes:
                ordinal = next(ordinals).ordinal
                if isinstance(outcome, BoxBroken):
                    yield Run(ordinal=ordinal, fault=outcome.reason)
                else:
                    yield run_of(self._kit, ordinal, outcome)

    def _pipeline(self, box: Box, inputs: tuple[JudgeInput, ...]) -> Pipeline:
        return Pipeline(self.in_one_box, box, inputs, self.repeats)


async def run_test(
    boxes: Boxes, kit: Kit, built: Built, test: tuple[int, bytes, Limits], slot: int
) -> Run:
    """Run the program on one input (ordinal, standard input, limits).

    Raises:
        BoxBroken: the platform failed.
    """
    ordinal, stdin, limits = test
    return run_of(kit, ordinal, await boxes.run(box_of(kit, built, stdin, limits), slot))


def run_of(kit: Kit, ordinal: int, outcome: Outcome) -> Run:
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


def box_of(
    kit: Kit, built: Built, stdin: bytes, limits: Limits, options: ProgramOptions = USUAL
) -> Box:
    entry = kit.entry
    least_kib = limits.memory_kib // 2  # who asks for little has room for the runtime, too
    heap_mib = max(least_kib, limits.memory_kib - entry.extra_memory_kib) // 1024
    room = {"heap_mib": str(heap_mib), "stack_kib": str(_stack_kib(limits, options))}
    values = paths_of(kit) | names_of(built.sources) | room
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
        binds=binds_of(kit, built.folder),
        links={file.name: f"{APP}/{file.name}" for file in files if not built.sources.beside},
        variables=kit.toolchain.variables,
        stdin=stdin,
    )


def _stack_kib(limits: Limits, options: ProgramOptions) -> int:
    """What a runtime that counts for itself may take, well before the kernel ends the program."""
    ends_kib = options.stack_kib or _LARGEST_STACK_KIB
    return min(limits.memory_kib // 4, ends_kib // 4 * 3, _LARGEST_STACK_KIB)
