"""Makes boxes and runs programs in them; knows which boxes there are now."""

import asyncio
import contextlib
import itertools
import os

from adapters.sandbox.box import Bind, Box, Boxing
from adapters.sandbox.cell import Cell
from adapters.sandbox.cgroups import Cgroups, leaf_prefix
from adapters.sandbox.lateness import Lateness
from adapters.sandbox.leaves import Leaf
from adapters.sandbox.outcome import BoxBroken, BoxesClosed, Outcome
from adapters.sandbox.session import Session
from adapters.sandbox.waiting import to_its_end
from adapters.sandbox.watching import Watch

_numbers = itertools.count(1)
"""One for the whole process, like the names of its groups."""


class Boxes:
    """Makes and runs boxes, and knows which are there now."""

    def __init__(self, boxing: Boxing, cgroups: Cgroups) -> None:
        self._boxing = boxing
        self._cgroups = cgroups
        self._folders = cgroups.folders()
        self._sessions: set[Session] = set()
        self._dying: list[Session] = []
        """Closed, but the kernel still held a process of theirs when we last looked."""
        self._lateness = Lateness()
        self._prefix = ""
        self._is_closed = False

    async def run(
        self, box: Box, slot: int, *, stdin: int | None = None, stdout: int | None = None
    ) -> Outcome:
        """Run it to its end in a box of its own; when cancelled, end it first.

        Descriptors that are given are the program's in place of `box.stdin` and of what is kept;
        they are closed here as soon as the box has them, or when it cannot be started.

        Raises:
            BoxBroken: the platform failed, not the program.
            MachineSpent: so it did, and would for every other box.
            BoxesClosed: this was closed before the program ended.
        """
        with contextlib.ExitStack() as given:
            for descriptor in (stdin, stdout):
                if descriptor is not None:
                    given.callback(os.close, descriptor)
            session = self.open(box.binds, slot)
            try:
                cell = self.prepare(session, box, stdout)
                if stdin is None:
                    await cell.fill(box.stdin)
                else:
                    cell.take(os.dup(stdin))
                given.close()
                return await self.go(cell)
            finally:
                await to_its_end(self.shut(session))

    def open(self, binds: tuple[Bind, ...], slot: int) -> Session:
        """A box that shows these, in which programs can be prepared and run; `shut` ends it.

        Raises:
            BoxBroken: the platform failed.
            BoxesClosed: this was closed.
        """
        if self._is_closed:
            raise BoxesClosed
        makers = self._cgroups.makers(f"{self._next_name()}-makers")
        session = Session(self._boxing, binds, slot, makers)
        self._sessions.add(session)
        return session

    async def shut(self, session: Session) -> None:
        """End it, what runs in it and what was prepared; return when nothing is left.

        Should the kernel take long to bury its processes, what it holds is removed later.
        """
        is_gone = await session.close()
        self._sessions.discard(session)
        self._dying = [one for one in self._dying if not one.is_gone()]
        if not is_gone:
            self._dying.append(session)

    def prepare(self, session: Session, box: Box, stdout: int | None = None) -> Cell:
        """What waits, when it is filled, for `go`, as long as its box is there.

        Raises:
            BoxBroken: the platform failed.
        """
        leaf = Leaf(self._folders, self._next_name(), session.spare)
        cell = Cell(session, leaf, box, is_weak=self._cgroups.memory is None)
        cell.prepare(stdout)
        return cell

    async def go(self, cell: Cell, after: Cell | None = None) -> Outcome:
        """Run what was prepared and filled to its end; when cancelled, end it first.

        Where another cell that was told to go is named, it starts when that one has ended.

        Raises:
            BoxBroken: the platform failed, not the program.
            BoxesClosed: this was closed before the program ended.
        """
        try:
            with self._lateness.measured() as late_ns:
                watch = Watch(cell, late_ns)
                await watch.to_the_end(after)
                if self._is_closed:
                    raise BoxesClosed
                return watch.outcome()
        except BoxBroken:
            if self._is_closed:
                raise BoxesClosed from None
            raise
        finally:
            cell.session.retire(cell)

    def owner(self, slot: int) -> int | None:
        """As whom the programs of a slot run; None where that is whoever runs this server."""
        return self._boxing.uid(slot)

    async def close(self) -> None:
        """End all that runs and wait until it is gone."""
        self._is_closed = True
        closing = (*self._sessions, *self._dying)
        await asyncio.gather(*(session.close() for session in closing))

    def _next_name(self) -> str:
        self._prefix = self._prefix or leaf_prefix()
        return f"{self._prefix}{next(_numbers)}"
