"""Two boxes that talk: each one's output is the other's input, and nothing else passes.

This server keeps every end open until the program that had it is known to have ended: so what one
does because the other is gone always comes after that one's end, by both their clocks, and who
ended first is never a race. Who writes on to one that has ended is not ended by it: what it
writes is thrown away.
"""

import asyncio
import contextlib
import os
import stat
import time
from dataclasses import dataclass

from adapters.sandbox.box import Box
from adapters.sandbox.outcome import Outcome, broken_by
from adapters.sandbox.running import Boxes
from adapters.sandbox.waiting import cancelled

_CLOCKS_DIFFER_S = 0.005
"""A file's time, which tells when an interactor ended, may be this old when it is written."""
_DISCARDED_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """The boxes of a program and of the interactor that it talks with."""

    program: Box
    interactor: Box


async def played(boxes: Boxes, partners: Partners, slot: int) -> tuple[Outcome, Outcome]:
    """How both ended, the program first.

    Raises:
        BoxBroken, BoxesClosed: as of one box.
    """
    with contextlib.ExitStack() as ours:
        to_interactor = _Pipe(ours, boxes.owner(slot))
        to_program = _Pipe(ours, boxes.owner(slot))
        program = asyncio.create_task(
            _side(boxes, partners.program, slot, reads=to_program, writes=to_interactor)
        )
        interactor = asyncio.create_task(
            _side(boxes, partners.interactor, slot, reads=to_interactor, writes=to_program)
        )
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
        self._is_drained = False
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

    def drain(self) -> None:
        """Nobody reads it any more; whoever writes need not care."""
        os.set_blocking(self._read, False)
        self._loop.add_reader(self._read, self._discard)
        self._is_drained = True

    def _discard(self) -> None:
        with contextlib.suppress(BlockingIOError, InterruptedError):
            if not os.read(self._read, _DISCARDED_BYTES):
                self._stop()

    def _stop(self) -> None:
        if self._is_drained:
            self._loop.remove_reader(self._read)
            self._is_drained = False

    def _close(self) -> None:
        self._stop()
        self.end()
        os.close(self._read)


async def _side(boxes: Boxes, box: Box, slot: int, *, reads: _Pipe, writes: _Pipe) -> Outcome:
    outcome = await boxes.run(box, slot, stdin=reads.reader(), stdout=writes.writer())
    since_s = (time.monotonic_ns() - outcome.ended_ns) / 1e9
    await asyncio.sleep(max(0.0, _CLOCKS_DIFFER_S - since_s))
    writes.end()
    reads.drain()
    return outcome
