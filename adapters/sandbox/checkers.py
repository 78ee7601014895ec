"""Checkers: programs of the author's, each call in a fresh box with input, answer and feedback."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.sandbox import feedback
from adapters.sandbox.box import Bind, Box
from adapters.sandbox.compile_cache import CompileCache
from adapters.sandbox.compiling import Built, compile_program, valid
from adapters.sandbox.feedback import ANSWER, DATA, EARLIER, FEEDBACK, INPUT, OUTPUT
from adapters.sandbox.interaction import Partners, played
from adapters.sandbox.kits import Kit
from adapters.sandbox.outcome import BoxBroken, MachineSpent, Outcome, broken_by
from adapters.sandbox.programs import JudgedProgram, box_of
from adapters.sandbox.running import Boxes
from adapters.sandbox.sources import sources_of
from adapters.sandbox.waiting import to_its_end
from application.ports.judge import JobRefused, JudgeInput, JudgeUnavailable, ProgramOptions
from domain.checker_program import CheckerProgram, CheckerProtocol
from domain.checker_report import NEXT_PASS, Answer, CheckerReport, message_text, report_of
from domain.limits import Limits
from domain.run import Excess, Run

_EXCESSES = (
    (Excess.CPU_TIME, "used more than {time_ms} ms of CPU time"),
    (Excess.MEMORY, "used more than {memory_kib} KiB of memory"),
    (Excess.WALL_TIME, "did not end in time"),
    (Excess.OUTPUT, feedback.TOO_MUCH),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """One pass of a test: what the program reads, what is expected, what was left before."""

    input: bytes
    answer: bytes
    earlier: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the checker said in one pass, and when; what it asks for, and all that it left."""

    report: CheckerReport
    ended_ns: int
    is_flooded: bool = False
    next_input: bytes | None = None
    archive: bytes = b""

    def next_after(self, now: _Pass) -> _Pass | None:
        if self.next_input is None:
            return None
        return replace(now, input=self.next_input, earlier=self.archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passed:
    """What came of a pass; `next` is the one that follows, if one does."""

    run: Run
    next: _Pass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a checker is run; `folder` is of nobody else, least of all of the program's box."""

    boxes: Boxes
    kit: Kit
    folder: Path
    slot: int
    cache: CompileCache


class Referee:
    """A job's checker, in the slot of the program that it judges: one of them runs at a time."""

    def __init__(self, place: Place, checker: CheckerProgram) -> None:
        self._boxes = place.boxes
        self._kit = place.kit
        self._checker = checker
        self._app = place.folder / "app"
        self._data = place.folder / "data"
        self._slot = place.slot
        self._cache = place.cache
        self._built: Built | None = None

    async def compile(self) -> None:
        """Once, before the first run.

        Raises:
            JobRefused: the checker does not compile.
            JudgeUnavailable: the platform failed.
        """
        sources = sources_of(self._checker.program, self._kit.entry)
        try:
            self._app.mkdir()
            self._app.chmod(0o755)  # whatever this server's umask says, the box sees into it
            self._data.mkdir(mode=0o700)
            owner = self._boxes.owner(self._slot)
            if owner is not None:
                os.chown(self._data, owner, owner)
            built = await compile_program(
                self._boxes, self._kit, sources, self._app, self._slot, self._cache
            )
        except (BoxBroken, OSError) as error:
            raise JudgeUnavailable(f"the checker could not be compiled: {error}") from error
        if not built.compilation.ok:
            said = message_text(built.compilation.output.encode())
            raise JobRefused(f"the checker does not compile: {said}")
        self._built = built

    async def runs(
        self, program: JudgedProgram, inputs: tuple[JudgeInput, ...], limits: Limits
    ) -> AsyncGenerator[Run]:
        """One an input, with what the checker said of it."""
        for test in inputs:
            first = _Pass(input=await test.load(), answer=await _answer_of(test))
            yield await self._test(program, test.ordinal, first, limits)

    async def _test(
        self, program: JudgedProgram, ordinal: int, first: _Pass, limits: Limits
    ) -> Run:
        """All passes of one test, with the largest of their figures."""
        runs: list[Run] = []
        now: _Pass | None = first
        try:
            while now is not None:
                if self._checker.is_interactive:
                    passed = await self._interactive(program, ordinal, now, limits)
                else:
                    passed = await self._checked(program, ordinal, now, limits)
                runs.append(passed.run)
                now = passed.next
                if now is not None and len(runs) >= self._checker.validation_passes:
                    runs[-1] = _with_fault(runs[-1], "the checker asked for too many passes")
                    break
        except MachineSpent:
            raise
        except BoxBroken as broken:
            return Run(ordinal=ordinal, fault=broken.reason)
        return replace(
            runs[-1],
            cpu_ms=max(run.cpu_ms for run in runs),
            wall_ms=max(run.wall_ms for run in runs),
            memory_kib=max(run.memory_kib for run in runs),
        )

    # --- after the program ---

    async def _checked(
        self, program: JudgedProgram, ordinal: int, now: _Pass, limits: Limits
    ) -> _Passed:
        run = await _alone(program, ordinal, now.input, limits)
        if not run.ended_well:
            return _Passed(run=run)
        testlib = self._checker.protocol is CheckerProtocol.TESTLIB
        await self._lay_out(now, run.stdout if testlib else None)
        box = self._box(self._checker.limits.wall_time_ms)
        box = replace(box, stdin=run.stdout, command=feedback.call(box.command))
        outcome = await self._boxes.run(box, self._slot)
        if program.repeats.may_for_lateness(outcome):
            outcome = await self._boxes.run(box, self._slot)
        outcome = valid(outcome)
        said = await self._said(outcome, outcome.stdout)
        return _Passed(run=replace(run, report=said.report), next=said.next_after(now))

    # --- beside the program ---

    async def _interactive(
        self, program: JudgedProgram, ordinal: int, now: _Pass, limits: Limits
    ) -> _Passed:
        """What counts of up to three plays, each whole, with a fresh interactor.

        They are repeated for what runs are, see `Pipeline`; but not for CPU time where the
        interactor had rejected first, as then that does not matter.
        """
        await self._lay_out(now, None)
        partners = self._partners(program, limits)
        both = await played(self._boxes, partners, self._slot)
        if program.repeats.may_for_lateness(*both):
            both = await played(self._boxes, partners, self._slot)
        passed = await self._judged(program, ordinal, now, limits, both)
        kill_time_ms = partners.program.limits.kill_time_ms
        if not _is_lost(passed.run) and program.repeats.may_for_cpu_time(both[0], kill_time_ms):
            again = await played(self._boxes, partners, self._slot)
            is_doubtful = any(outcome.is_doubtful for outcome in again)
            if Excess.CPU_TIME not in again[0].excess and not is_doubtful:
                return await self._judged(program, ordinal, now, limits, again)
        return passed

    def _partners(self, program: JudgedProgram, limits: Limits) -> Partners:
        """The program may wait for as long as the interactor may compute, beside its own time."""
        own, most_heard = self._checker.limits, limits.output_kib * 1024
        wall_time_ms = limits.wall_time_ms + own.time_ms
        box = self._box(wall_time_ms + own.wall_time_ms)
        return Partners(
            program=program.box(limits, wall_time_ms=wall_time_ms, beside=box.limits.processes),
            interactor=replace(
                box,
                command=feedback.talk(box.command, most_heard),
                limits=replace(box.limits, stderr_bytes=feedback.MAX_FEEDBACK_BYTES),
            ),
        )

    async def _judged(
        self,
        program: JudgedProgram,
        ordinal: int,
        now: _Pass,
        limits: Limits,
        both: tuple[Outcome, Outcome],
    ) -> _Passed:
        outcome, of_interactor = valid(both[0]), valid(both[1])
        said = await self._said(of_interactor, of_interactor.stderr)
        is_first = said.ended_ns < outcome.ended_ns and not said.is_flooded
        report = replace(said.report, ended_first=is_first)
        run = replace(program.run_of(ordinal, outcome), report=report)
        if said.is_flooded:  # and so it may have waited for ever, with nobody to read on
            run = replace(run, excess=run.excess - {Excess.WALL_TIME} | {Excess.OUTPUT})
        run = _billed(run, of_interactor, limits)
        return _Passed(run=run, next=said.next_after(now) if run.ended_well else None)

    # --- what both have in common ---

    def _box(self, wall_time_ms: int) -> Box:
        if self._built is None:
            raise RuntimeError("not compiled")
        checker, own = self._checker, self._checker.limits
        paths: tuple[str, ...] = (f"{DATA}/{INPUT}", f"{DATA}/{ANSWER}", FEEDBACK)
        if checker.protocol is CheckerProtocol.TESTLIB:
            paths = tuple(f"{DATA}/{name}" for name in (INPUT, OUTPUT, ANSWER))
        options = ProgramOptions(
            arguments=(*paths, *checker.arguments),
            wall_time_ms=wall_time_ms,
            kill_time_ms=own.time_ms,
        )
        limits = Limits(time_ms=own.time_ms, memory_kib=own.memory_kib)
        box = box_of(self._kit, self._built, b"", limits, options)
        processes = box.limits.processes + feedback.HELPERS
        most = feedback.MAX_FEEDBACK_BYTES
        return replace(
            box,
            limits=replace(box.limits, stdout_bytes=most, processes=processes),
            binds=(*box.binds, Bind(source=self._data, target=DATA)),
        )

    async def _lay_out(self, now: _Pass, output: bytes | None) -> None:
        """The files that the box is shown; they are this server's, in a folder of its own."""
        files = {INPUT: now.input, ANSWER: now.answer, OUTPUT: output, EARLIER: now.earlier}
        try:
            await to_its_end(asyncio.to_thread(_write, self._data, files))
        except OSError as error:
            raise broken_by(error, "the checker's files could not be written") from error

    async def _said(self, outcome: Outcome, archive: bytes) -> _Said:
        own_fault = self._overrun(outcome) or _death(outcome)
        if not archive and own_fault is None:  # whatever it did, the shell around it would say more
            raise BoxBroken(f"nothing came out of the checker's box: {outcome.exit_code}")
        try:
            left = await asyncio.to_thread(feedback.read_feedback, archive)
        except feedback.BadFeedback as bad:
            report = CheckerReport(fault=own_fault or str(bad), overran=bool(outcome.excess))
            return _Said(report=report, ended_ns=outcome.ended_ns)
        answer = Answer(exit_code=outcome.exit_code or 0, stderr=left.stderr, files=left.files)
        report = report_of(self._checker.protocol, answer)
        report = replace(report, fault=own_fault or report.fault, overran=bool(outcome.excess))
        is_over = bool(report.fault) or not report.accepted
        return _Said(
            report=report,
            ended_ns=min(left.ended_ns or outcome.ended_ns, outcome.ended_ns),
            is_flooded=left.is_flooded,
            next_input=None if is_over else left.files.get(NEXT_PASS),
            archive=archive,
        )

    def _overrun(self, outcome: Outcome) -> str | None:
        """Which limit of its own the checker went over."""
        own = self._checker.limits
        for excess, words in _EXCESSES:
            if excess in outcome.excess:
                return "the checker " + words.format(time_ms=own.time_ms, memory_kib=own.memory_kib)
        return None


def _death(outcome: Outcome) -> str | None:
    if outcome.signal is None:
        return None
    return f"the checker was ended by signal {outcome.signal}"


def _is_lost(run: Run) -> bool:
    """Whether it was rejected before the program did anything else that counts."""
    return run.report is not None and run.report.ended_first and not run.report.accepted


async def _alone(program: JudgedProgram, ordinal: int, data: bytes, limits: Limits) -> Run:
    """The program's run, with nothing of its next one beside it."""

    async def load() -> bytes:
        return data

    one = (JudgeInput(ordinal=ordinal, load=load),)
    async with aclosing(program.runs(one, limits)) as runs:
        return await anext(runs)


async def _answer_of(test: JudgeInput) -> bytes:
    return await test.answer() if test.answer else b""


def _billed(run: Run, interactor: Outcome, limits: Limits) -> Run:
    """Without the time in which the interactor computed, and what came after its last word."""
    run = replace(run, wall_ms=max(run.cpu_ms, run.wall_ms - interactor.cpu_ms))
    if run.report is None or not run.report.ended_first:
        return run
    return replace(run, cpu_ms=min(run.cpu_ms, limits.time_ms))


def _with_fault(run: Run, fault: str) -> Run:
    report = run.report or CheckerReport()
    return replace(run, report=replace(report, accepted=False, fault=fault))


def _write(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """New files, never changed ones: an earlier box may still be going."""
    for name, content in files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
            path.chmod(0o644)
