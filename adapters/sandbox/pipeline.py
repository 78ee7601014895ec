"""The runs of a program's tests, in order: while one is looked at, the one after it goes on."""

import asyncio
from collections.abc import AsyncGenerator

from adapters.sandbox.ahead import RunsInOneBox
from adapters.sandbox.box import Box
from adapters.sandbox.cell import Cell
from adapters.sandbox.compiling import valid
from adapters.sandbox.outcome import BoxBroken, BoxesClosed, MachineSpent, Outcome
from adapters.sandbox.repeats import Repeats
from adapters.sandbox.waiting import to_its_end
from application.ports.judge import JudgeInput
from domain.run import Excess

_SMALL_INPUT = 1 << 20
"""Of larger ones no more than two are held at once."""


class Pipeline:
    """Three tests are in it: one runs, one starts when that ends, one is made ready.

    Others of the same submission have the same `repeats`.
    """

    def __init__(
        self,
        runs: RunsInOneBox,
        box: Box,
        tests: tuple[JudgeInput, ...],
        repeats: Repeats | None = None,
    ) -> None:
        self._runs = runs
        self._box = box
        self._tests = tests
        self._repeats = repeats or Repeats()
        self._ready: dict[int, asyncio.Task[tuple[bytes, Cell | None]]] = {}
        self._running: dict[int, asyncio.Task[Outcome]] = {}
        self._is_over = False

    async def outcomes(self) -> AsyncGenerator[Outcome | BoxBroken]:
        """One a test: how it ended, or why nobody knows.

        Raises:
            MachineSpent: no other box would do better now.
            BoxesClosed: nothing is run any more.
        """
        try:
            for number in range(len(self._tests)):
                self._start(number)
                self._start(number + 1)
                try:
                    outcome: Outcome | BoxBroken = valid(await self._running[number])
                except MachineSpent:
                    raise
                except BoxBroken as broken:
                    outcome = broken
                del self._running[number]
                yield outcome
        finally:
            await to_its_end(self._end())

    async def _end(self) -> None:
        """Nothing is begun any more, and all that was is told to end before any of it is awaited.

        Else what wakes up meanwhile would begin something that nobody ends.
        """
        self._is_over = True
        while tasks := [*self._running.values(), *self._ready.values()]:
            self._running.clear()
            self._ready.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, number: int) -> None:
        if number < len(self._tests) and number not in self._running:
            self._running[number] = asyncio.create_task(self._run(number))

    def _prepare(self, number: int) -> None:
        if self._is_over:
            raise BoxesClosed
        if number < len(self._tests) and number not in self._ready:
            before = self._ready.get(number - 1)
            self._ready[number] = asyncio.create_task(self._made_ready(number, before))

    async def _made_ready(
        self, number: int, before: asyncio.Task[tuple[bytes, Cell | None]] | None
    ) -> tuple[bytes, Cell | None]:
        """In order. A cell that cannot be made now is tried again by its run, which complains."""
        if before:
            await asyncio.wait({before})
        stdin = await self._tests[number].load()
        try:
            return stdin, await self._runs.ready(self._box, stdin)
        except (BoxBroken, BoxesClosed):
            return stdin, None

    async def _run(self, number: int) -> Outcome:
        self._prepare(number)
        stdin, cell = await self._ready[number]
        del self._ready[number]
        if len(stdin) <= _SMALL_INPUT:
            self._prepare(number + 1)
        return await self._counted(stdin, cell)

    async def _counted(self, stdin: bytes, cell: Cell | None) -> Outcome:
        """What counts of up to three runs.

        Where wall time ran out while this server was late, it is run once more, and that counts:
        a program has its whole wall limit beside all that was lost, so being late again does not
        matter, unless it was for longer than the limit is put off: that is a fault. Where CPU time
        is over its limit, but not so far that it was ended, a second run that is within it counts.
        """
        outcome = await self._runs.run(self._box, stdin, cell)
        if self._repeats.may_for_lateness(outcome):
            outcome = await self._runs.run(self._box, stdin)
        if self._repeats.may_for_cpu_time(outcome, self._box.limits.kill_time_ms):
            again = await self._runs.run(self._box, stdin)
            if Excess.CPU_TIME not in again.excess and not again.is_doubtful:
                return again
        return outcome
