"""An interactor's passes: played, repeated where the figures are in doubt, and judged."""

from dataclasses import replace

from adapters.sandbox.checker_box import CheckerBox
from adapters.sandbox.compiling import valid
from adapters.sandbox.interaction import Partner, Partners, played
from adapters.sandbox.outcome import BoxBroken, MachineSpent, Outcome
from adapters.sandbox.passes import Pass, Passed
from adapters.sandbox.programs import JudgedProgram
from adapters.sandbox.running import Boxes
from adapters.sandbox.said import said_by
from domain.checker_program import CheckerProgram
from domain.limits import Limits
from domain.run import Excess, Run


class Plays:
    """Of a program and one interactor, in their boxes, which are the same for all plays."""

    def __init__(
        self, boxes: Boxes, slot: int, checker: CheckerProgram, own: CheckerBox, limits: Limits
    ) -> None:
        self._boxes = boxes
        self._slot = slot
        self._checker = checker
        self._own = own
        self._limits = limits
        self._partners: Partners | None = None

    async def passed(self, program: JudgedProgram, ordinal: int, now: Pass) -> Passed:
        """What counts of up to three plays, each whole, with a fresh interactor.

        They are repeated for what runs are, see `Pipeline`; but not for CPU time where the
        interactor had rejected first, as then that does not matter.

        Raises:
            BoxBroken: the platform failed.
        """
        await self._own.lay_out(now)
        partners = self._partners = self._partners or self._partners_of(program)
        both = await self._play(partners)
        if program.repeats.may_for_lateness(*both):
            both = await self._play(partners)
        passed = await self._judged(program, ordinal, now, both)
        kill_time_ms = partners.program.box.limits.kill_time_ms
        if not _is_lost(passed.run) and program.repeats.may_for_cpu_time(both[0], kill_time_ms):
            again = await self._play(partners)
            is_doubtful = any(outcome.is_doubtful for outcome in again)
            if Excess.CPU_TIME not in again[0].excess and not is_doubtful:
                return await self._judged(program, ordinal, now, again)
        return passed

    def _partners_of(self, program: JudgedProgram) -> Partners:
        """The program may wait for as long as the interactor may compute, beside its own time."""
        own, limits = self._checker.limits, self._limits
        wall_time_ms = limits.wall_time_ms + own.time_ms
        second = self._own.beside(wall_time_ms + own.wall_time_ms, limits.output_kib)
        first = program.box(limits, wall_time_ms=wall_time_ms, beside=second.limits.processes)
        return Partners(
            program=Partner(box=first, among=program.in_one_box),
            interactor=Partner(box=second, among=self._own.in_one_box),
            parting_ms=own.wall_time_ms,
        )

    async def _play(self, partners: Partners) -> tuple[Outcome, Outcome]:
        """In new boxes where one broke: nobody knows whose, and what it left of the play."""
        try:
            return await played(self._boxes, partners, self._slot)
        except MachineSpent:
            raise
        except BoxBroken:
            renewed = [await one.among.renewed() for one in (partners.program, partners.interactor)]
            if not all(renewed):
                raise
            return await played(self._boxes, partners, self._slot)

    async def _judged(
        self, program: JudgedProgram, ordinal: int, now: Pass, both: tuple[Outcome, Outcome]
    ) -> Passed:
        outcome, of_interactor = valid(both[0]), valid(both[1])
        said = await said_by(self._checker, of_interactor, of_interactor.stderr)
        is_first = said.ended_ns < outcome.ended_ns and not said.is_flooded
        report = replace(said.report, ended_first=is_first)
        run = replace(program.run_of(ordinal, outcome), report=report)
        if said.is_flooded:  # and so it may have waited for ever, with nobody to read on
            run = replace(run, excess=run.excess - {Excess.WALL_TIME} | {Excess.OUTPUT})
        run = _billed(run, of_interactor, self._limits)
        return Passed(run=run, next=said.next_after(now) if run.ended_well else None)


def _is_lost(run: Run) -> bool:
    """Whether it was rejected before the program did anything else that counts."""
    return run.report is not None and run.report.ended_first and not run.report.accepted


def _billed(run: Run, interactor: Outcome, limits: Limits) -> Run:
    """Without the time in which the interactor computed, and what came after its last word."""
    run = replace(run, wall_ms=max(run.cpu_ms, run.wall_ms - interactor.cpu_ms))
    if run.report is None or not run.report.ended_first:
        return run
    return replace(run, cpu_ms=min(run.cpu_ms, limits.time_ms))
