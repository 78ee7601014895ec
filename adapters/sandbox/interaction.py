"""Two boxes that talk: each one's output is the other's input, and nothing else passes.

This server keeps every end open until the program that had it is known to have ended: so what one
does because the other is gone always comes after that one's end, by both their clocks, and who
ended first is never a race. Who writes on to one that has ended is not ended by it: what it
writes is thrown away, at leisure, so that a flood costs its writer more time than this server. A
program is ended once that, or what came as far as its interactor, is more than it may write at all.
"""

import asyncio
import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from adapters.sandbox.ahead import RunsInOneBox
from adapters.sandbox.box import Box
from adapters.sandbox.cell import Cell
from adapters.sandbox.feedback import is_flood
from adapters.sandbox.outcome import Outcome, broken_by
from adapters.sandbox.pipes import PIPE_BYTES
from adapters.sandbox.running import Boxes
from adapters.sandbox.waiting import cancelled
from domain.run import Excess

_CLOCKS_DIFFER_S = 0.005
"""A file's time, which tells when an interactor ended, may be this old when it is written."""
_REST_S = 0.004
_WASTE = bytearray(PIPE_BYTES)
"""What nobody hears is read into this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One of the two, and in which box it is run; a cell of its own it has in each play."""

    box: Box
    among: RunsInOneBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """A program and the interactor that it talks with.

    `parting_ms` is how long the interactor may go on without the program.
    """

    program: Partner
    interactor: Partner
    parting_ms: int


async def played(boxes: Boxes, partners: Partners, slot: int) -> tuple[Outcome, Outcome]:
    """How both ended, the program first.

    Raises:
        BoxBroken, BoxesClosed: as of one box.
    """
    with contextlib.ExitStack() as ours:
        to_interactor = _Pipe(ours, boxes.owner(slot))
        to_program = _Pipe(ours, boxes.owner(slot))
        first = _Side(boxes, partners.program, reads=to_program, writes=to_interactor)
        second = _Side(boxes, partners.interactor, reads=to_interactor, writes=to_program)
        to_interactor.stop_at(partners.program.box.limits.stdout_bytes, first.stop_flood)
        second.on_flood = first.stop_flood
        first.on_end = partial(second.part_in, partners.parting_ms)
        program, interactor = asyncio.create_task(first.run()), asyncio.create_task(second.run())
        try:
            of_program, of_interactor = await asyncio.gather(program, interactor)
        finally:
            await cancelled(program)
            await cancelled(interactor)
    return of_program, of_interactor


class _Pipe:
    """A pipe of which boxes get copies of the ends."""

    def __init__(self, ours: contextlib.ExitStack, owner: int | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_awaited = False
        self._pause: asyncio.TimerHandle | None = None
        self._unheard = 0
        self._most_unheard: int | None = None
        self._on_overflow: Callable[[], None] = _nothing
        try:
            self._read, self._write = os.pipe2(os.O_CLOEXEC)
            ours.callback(self._close)
            os.fchmod(self._read, stat.S_IRUSR | stat.S_IWUSR)  # for /dev/stdin and /dev/stdout
            if owner is not None:
                os.fchown(self._read, owner, owner)
        except OSError as error:
            raise broken_by(error, "no pipe could be made") from error

    def reader(self) -> int:
        return os.dup(self._read)

    def writer(self) -> int:
        return os.dup(self._write)

    def end(self) -> None:
        """Whoever reads it sees that nothing comes any more."""
        if self._write >= 0:
            os.close(self._write)
            self._write = -1

    def stop_at(self, most: int, on_overflow: Callable[[], None]) -> None:
        """Whoever writes more than that to nobody is to be stopped."""
        self._most_unheard, self._on_overflow = most, on_overflow

    def drain(self) -> None:
        """Nobody reads it any more; whoever writes need not care."""
        os.set_blocking(self._read, False)
        with contextlib.suppress(OSError):  # the user's share of pipe memory may be spent
            fcntl.fcntl(self._read, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._discard()

    def _discard(self) -> None:
        """All that is there; then again when there is more, but not at once."""
        self._stop()
        try:
            size = os.readv(self._read, [_WASTE])
        except (BlockingIOError, InterruptedError):
            self._loop.add_reader(self._read, self._rest)
            self._is_awaited = True
            return
        self._unheard += size
        if self._most_unheard is not None and self._unheard > self._most_unheard:
            self._on_overflow()
        elif size:
            self._rest()

    def _rest(self) -> None:
        self._stop()
        self._pause = self._loop.call_later(_REST_S, self._discard)

    def _stop(self) -> None:
        if self._is_awaited:
            self._loop.remove_reader(self._read)
            self._is_awaited = False
        if self._pause:
            self._pause.cancel()
            self._pause = None

    def _close(self) -> None:
        self._stop()
        self.end()
        os.close(self._read)


class _Side:
    """One of the two, from when its cell is made until nobody hears it any more."""

    def __init__(self, boxes: Boxes, partner: Partner, *, reads: _Pipe, writes: _Pipe) -> None:
        self._boxes = boxes
        self._partner = partner
        self._reads = reads
        self._writes = writes
        self._cell: Cell | None = None
        self._excess: Excess | None = None
        self._parting: asyncio.TimerHandle | None = None
        self.on_end = _nothing
        self.on_flood = _nothing
        """When this one says that the other has said too much."""

    async def run(self) -> Outcome:
        try:
            outcome = await self._in_its_cell()
        finally:
            if self._parting:
                self._parting.cancel()
        since_s = (time.monotonic_ns() - outcome.ended_ns) / 1e9
        await asyncio.sleep(max(0.0, _CLOCKS_DIFFER_S - since_s))
        self._writes.end()
        self._reads.drain()
        self.on_end()
        if self._excess:
            outcome = replace(outcome, excess=outcome.excess | {self._excess})
        return outcome

    def stop_flood(self) -> None:
        self._stop(Excess.OUTPUT)

    def part_in(self, parting_ms: int) -> None:
        """The other has ended: this one has so long to do so, too."""
        if self._cell and not self._cell.is_over:
            loop = asyncio.get_running_loop()
            self._parting = loop.call_later(parting_ms / 1000, self._stop, Excess.WALL_TIME)

    def _stop(self, excess: Excess) -> None:
        """What a flood wrote in time counts, even where it has ended meanwhile."""
        if self._cell and self._cell.is_over and excess is not Excess.OUTPUT:
            return
        self._excess = excess
        if self._cell:
            self._cell.kill()

    async def _in_its_cell(self) -> Outcome:
        with contextlib.ExitStack() as given:
            reads, writes = self._reads.reader(), self._writes.writer()
            given.callback(os.close, reads)
            given.callback(os.close, writes)
            cell = await self._partner.among.joined(self._partner.box, reads, writes)
        self._cell = cell
        if cell.stderr:
            cell.stderr.on_more = self._listen
        return await self._boxes.go(cell)

    def _listen(self) -> None:
        said = self._cell.stderr if self._cell else None
        if said:
            said.on_more = None  # its first word tells
            if is_flood(said.content):
                self.on_flood()


def _nothing() -> None:
    pass
