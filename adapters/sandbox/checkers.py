"""Tests that a checker of the author's has a say in: all their passes, and each as one run."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Self

from adapters.sandbox.checker_box import CheckerBox, Place
from adapters.sandbox.outcome import BoxBroken, MachineSpent
from adapters.sandbox.passes import Pass, Passed, whole, with_fault
from adapters.sandbox.plays import Plays
from adapters.sandbox.programs import JudgedProgram
from application.ports.judge import JudgeInput
from domain.checker_program import CheckerProgram
from domain.limits import Limits
from domain.run import Run


class Referee:
    """A job's checker, in the slot of the program that it judges: one of them runs at a time.

    An interactor runs beside it. Used with `async with`, which ends whatever still runs.
    """

    def __init__(self, place: Place, checker: CheckerProgram) -> None:
        self._place = place
        self._checker = checker
        self._box = CheckerBox(place, checker)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._box.close()

    async def compile(self) -> None:
        """Once, before the first run.

        Raises:
            JobRefused: the checker does not compile.
            JudgeUnavailable: the platform failed.
        """
        await self._box.compile()

    async def runs(
        self, program: JudgedProgram, inputs: tuple[JudgeInput, ...], limits: Limits
    ) -> AsyncGenerator[Run]:
        """One an input, with what the checker said of it."""
        place, checker = self._place, self._checker
        plays = Plays(place.boxes, place.slot, checker, self._box, limits)
        for test in inputs:
            first = Pass(input=await test.load(), answer=await _answer_of(test))
            yield await self._test(program, test.ordinal, first, plays, limits)

    async def _test(
        self, program: JudgedProgram, ordinal: int, first: Pass, plays: Plays, limits: Limits
    ) -> Run:
        """All passes of one test, with the largest of their figures."""
        runs: list[Run] = []
        now: Pass | None = first
        try:
            while now is not None:
                if self._checker.is_interactive:
                    passed = await plays.passed(program, ordinal, now)
                else:
                    passed = await self._checked(program, ordinal, now, limits)
                runs.append(passed.run)
                now = passed.next
                if now is not None and len(runs) >= self._checker.validation_passes:
                    runs[-1] = with_fault(runs[-1], "the checker asked for too many passes")
                    break
        except MachineSpent:
            raise
        except BoxBroken as broken:
            return Run(ordinal=ordinal, fault=broken.reason)
        return whole(runs)

    async def _checked(
        self, program: JudgedProgram, ordinal: int, now: Pass, limits: Limits
    ) -> Passed:
        run = await _alone(program, ordinal, now.input, limits)
        if not run.ended_well:
            return Passed(run=run)
        said = await self._box.check(now, run.stdout, program.repeats)
        return Passed(run=replace(run, report=said.report), next=said.next_after(now))


async def _alone(program: JudgedProgram, ordinal: int, data: bytes, limits: Limits) -> Run:
    """The program's run, with nothing of its next one beside it."""

    async def load() -> bytes:
        return data

    one = (JudgeInput(ordinal=ordinal, load=load),)
    async with aclosing(program.runs(one, limits)) as runs:
        return await anext(runs)


async def _answer_of(test: JudgeInput) -> bytes:
    return await test.answer() if test.answer else b""
