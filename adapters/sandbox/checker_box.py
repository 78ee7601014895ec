"""A checker in its box: compiled once, then called by its protocol, each time in a fresh cell."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.sandbox import feedback
from adapters.sandbox.ahead import RunsInOneBox
from adapters.sandbox.box import Bind, Box
from adapters.sandbox.compile_cache import CompileCache
from adapters.sandbox.compiling import Built, compile_program, valid
from adapters.sandbox.feedback import ANSWER, DATA, EARLIER, FEEDBACK, INPUT, OUTPUT
from adapters.sandbox.kits import Kit
from adapters.sandbox.outcome import BoxBroken, broken_by
from adapters.sandbox.passes import Pass, Said
from adapters.sandbox.programs import box_of
from adapters.sandbox.repeats import Repeats
from adapters.sandbox.running import Boxes
from adapters.sandbox.said import said_by
from adapters.sandbox.sources import sources_of
from adapters.sandbox.waiting import to_its_end
from application.ports.judge import JobRefused, JudgeUnavailable, ProgramOptions
from domain.checker_program import CheckerProgram, CheckerProtocol
from domain.checker_report import message_text
from domain.limits import Limits
from domain.run import Compilation


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a checker is run; `folder` is of nobody else, least of all of the program's box."""

    boxes: Boxes
    kit: Kit
    folder: Path
    slot: int
    cache: CompileCache


class CheckerBox:
    """Of one job. Its box shows one folder, which holds what the call that runs is to read.

    That is laid out anew for each test, when all of the call before it is gone.
    """

    def __init__(self, place: Place, checker: CheckerProgram) -> None:
        self._place = place
        self._checker = checker
        self._app = place.folder / "app"
        self._data = place.folder / "data"
        self._built: Built | None = None
        self._call: Box | None = None
        self.in_one_box = RunsInOneBox(place.boxes, place.slot)

    async def compile(self) -> None:
        """Once, before the first call.

        Raises:
            JobRefused: it does not compile.
            JudgeUnavailable: the platform failed.
        """
        compilation = await self.compilation()
        if not compilation.ok:
            said = message_text(compilation.output.encode())
            raise JobRefused(f"the checker does not compile: {said}")

    async def compilation(self) -> Compilation:
        """The same, for whoever wants to know.

        Raises:
            JudgeUnavailable: the platform failed.
        """
        place = self._place
        sources = sources_of(self._checker.program, place.kit.entry)
        try:
            self._make_folders()
            built = await compile_program(
                place.boxes, place.kit, sources, self._app, place.slot, place.cache
            )
        except (BoxBroken, OSError) as error:
            raise JudgeUnavailable(f"the checker could not be compiled: {error}") from error
        self._built = built if built.compilation.ok else None
        return built.compilation

    def _make_folders(self) -> None:
        self._app.mkdir()
        self._app.chmod(0o755)  # whatever this server's umask says, the box sees into it
        self._data.mkdir(mode=0o700)
        owner = self._place.boxes.owner(self._place.slot)
        if owner is not None:
            os.chown(self._data, owner, owner)

    async def close(self) -> None:
        """End what runs; return when nothing is left."""
        await self.in_one_box.close()

    # --- calling ---

    async def check(self, now: Pass, output: bytes, repeats: Repeats) -> Said:
        """What it says of an output.

        Raises:
            BoxBroken: the platform failed.
        """
        await self.lay_out(now, output if self._is_testlib else None)
        if self._call is None:
            box = self._box(self._checker.limits.wall_time_ms, f"{DATA}/{OUTPUT}")
            self._call = replace(box, command=feedback.call(box.command))
        outcome = await self.in_one_box.run(self._call, output)
        if repeats.may_for_lateness(outcome):
            outcome = await self.in_one_box.run(self._call, output)
        outcome = valid(outcome)
        return await said_by(self._checker, outcome, outcome.stdout)

    def beside(self, wall_time_ms: int, heard_kib: int) -> Box:
        """The box of an interactor that hears no more than that."""
        box = self._box(wall_time_ms, feedback.UNHEEDED)
        limits = replace(
            box.limits,
            memory_kib=box.limits.memory_kib + heard_kib,  # which it has not read yet
            stderr_bytes=feedback.MAX_FEEDBACK_BYTES,
        )
        command = feedback.talk(box.command, heard_kib * 1024)
        return replace(box, command=command, limits=limits)

    async def lay_out(self, now: Pass, output: bytes | None = None) -> None:
        """The files that its box shows; they are this server's, in a folder of its own.

        Raises:
            BoxBroken: they could not be written.
        """
        files = {INPUT: now.input, ANSWER: now.answer, OUTPUT: output, EARLIER: now.earlier}
        try:
            await to_its_end(asyncio.to_thread(_write, self._data, files))
        except OSError as error:
            raise broken_by(error, "the checker's files could not be written") from error

    @property
    def _is_testlib(self) -> bool:
        return self._checker.protocol is CheckerProtocol.TESTLIB

    def _box(self, wall_time_ms: int, output: str) -> Box:
        if self._built is None:
            raise RuntimeError("not compiled")
        own = self._checker.limits
        given, answer = f"{DATA}/{INPUT}", f"{DATA}/{ANSWER}"
        paths = (given, output, answer) if self._is_testlib else (given, answer, FEEDBACK)
        options = ProgramOptions(
            arguments=(*paths, *self._checker.arguments),
            wall_time_ms=wall_time_ms,
            kill_time_ms=own.time_ms,
        )
        limits = Limits(time_ms=own.time_ms, memory_kib=own.memory_kib)
        box = box_of(self._place.kit, self._built, b"", limits, options)
        processes = box.limits.processes + feedback.HELPERS
        most = feedback.MAX_FEEDBACK_BYTES
        return replace(
            box,
            limits=replace(box.limits, stdout_bytes=most, processes=processes),
            binds=(*box.binds, Bind(source=self._data, target=DATA)),
        )


def _write(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """New files, never changed ones: what was prepared earlier may hold the old."""
    for name, content in files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
            path.chmod(0o644)
