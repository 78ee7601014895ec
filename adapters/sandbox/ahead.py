"""One box for all runs of a program: the next run is made ready while this one goes on."""

import os

from adapters.sandbox.box import Bind, Box
from adapters.sandbox.cell import Cell
from adapters.sandbox.outcome import BoxBroken, BoxesClosed, MachineSpent, Outcome, broken_by
from adapters.sandbox.running import Boxes
from adapters.sandbox.session import Session
from adapters.sandbox.waiting import to_its_end


class RunsInOneBox:
    """Opens the box when it is first needed, and once more where it breaks."""

    def __init__(self, boxes: Boxes, slot: int) -> None:
        self._boxes = boxes
        self._slot = slot
        self._session: Session | None = None
        self._last: Cell | None = None
        self._has_broken = False
        self._is_closed = False

    def begin(self, binds: tuple[Bind, ...]) -> None:
        """Open the box while there is other work; where that fails, the first run says so."""
        try:
            self._session = self._boxes.open(binds, self._slot)
        except BoxBroken:
            return

    async def ready(self, box: Box, stdin: bytes) -> Cell:
        """What `run` takes; until then it waits.

        Raises:
            BoxBroken: the platform failed.
            MachineSpent: so it did, and would again.
            BoxesClosed: nothing is run any more.
        """
        session = await self._showing(box.binds)
        cell = self._boxes.prepare(session, box)
        await cell.fill(stdin)
        return cell

    async def joined(self, box: Box, stdin: int, stdout: int) -> Cell:
        """A cell for `boxes.go`, with the ends of others' pipes; these stay the caller's.

        Raises:
            BoxBroken: the platform failed.
            MachineSpent: so it did, and would again.
            BoxesClosed: nothing is run any more.
        """
        session = await self._showing(box.binds)
        cell = self._boxes.prepare(session, box, stdout)
        try:
            cell.take(os.dup(stdin))
        except OSError as error:
            cell.release()
            raise broken_by(error, "no end of a pipe could be given") from error
        return cell

    async def renewed(self) -> bool:
        """Whether another box takes the place of one that broke; only once."""
        if self._has_broken:
            return False
        self._has_broken = True
        await self._shut()
        return True

    async def run(self, box: Box, stdin: bytes, cell: Cell | None = None) -> Outcome:
        """Run it, in the cell that was made ready for it; in a new box where its own broke.

        It starts when the one before it has ended, whoever waits for that.

        Raises:
            BoxBroken: the platform failed, in two boxes.
            MachineSpent: it failed, and would for every other box.
            BoxesClosed: this was closed before the program ended.
        """
        try:
            cell = cell or await self.ready(box, stdin)
            return await self._go(cell)
        except MachineSpent:
            raise
        except BoxBroken:
            own = cell is None or cell.session is self._session
            if own and not await self.renewed():
                raise
            return await self._go(await self.ready(box, stdin))

    async def _go(self, cell: Cell) -> Outcome:
        before, self._last = self._last, cell
        return await self._boxes.go(cell, before)

    async def close(self) -> None:
        """End what runs and what waits, for good; return when nothing is left."""
        self._is_closed = True
        await self._shut()

    async def _shut(self) -> None:
        session, self._session = self._session, None
        if session:
            await to_its_end(self._boxes.shut(session))

    async def _showing(self, binds: tuple[Bind, ...]) -> Session:
        if self._session and self._session.binds != binds:
            await self._shut()
        if self._is_closed:
            raise BoxesClosed  # nobody would shut another
        if self._session is None:
            self._session = self._boxes.open(binds, self._slot)
        return self._session
