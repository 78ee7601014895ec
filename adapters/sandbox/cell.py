"""A cell: what is made in a box for one run of a program, may wait for it, and goes with it."""

import array
import asyncio
import contextlib
import os
import signal
import socket
import struct
import time
from typing import Self

from adapters.sandbox.box import Box, order
from adapters.sandbox.leaves import Leaf
from adapters.sandbox.outcome import BoxBroken, MachineSpent, broken_by
from adapters.sandbox.pipes import PIPE_BYTES, Sink, input_of, open_pipe
from adapters.sandbox.processes import kin_of, pid_behind
from adapters.sandbox.session import Ended, Session

_STARTED = struct.Struct("=q")


class Cell:
    """One run of a program, from when it is prepared until nothing is left of it."""

    def __init__(self, session: Session, leaf: Leaf, box: Box, *, is_weak: bool) -> None:
        self.session = session
        self.leaf = leaf
        self.box = box
        self.is_weak = is_weak
        self.is_sent = False
        self.sent_ns = 0
        self.started_ns: int | None = None
        self.killed_ns = 0
        self.end: Ended | None = None
        self.failure: BoxBroken | None = None
        self.stdout: Sink | None = None
        self.stderr: Sink | None = None
        self._number = 0
        self._stdin = self._reaper = -1
        self._socket: socket.socket | None = None
        self._is_released = False
        self._over = asyncio.Event()
        self._is_known = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether nobody will say more of it."""
        return self._over.is_set()

    @property
    def reaper(self) -> int:
        """A handle on the process that reaps the program; -1 as long as it is not `known`."""
        return self._reaper

    # --- making ---

    def prepare(self, stdout: int | None) -> None:
        """Have it made; a descriptor that is given stays the caller's.

        Raises:
            BoxBroken: the platform failed.
        """
        theirs: list[int] = []
        try:
            self._make(theirs, stdout)
        except OSError as error:
            self.release()
            raise broken_by(error, "no cell could be made") from error
        except BoxBroken:
            self.release()
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    def _make(self, theirs: list[int], stdout: int | None) -> None:
        session, limits = self.session, self.box.limits
        self.leaf.make()
        self.leaf.limit(memory_kib=limits.memory_kib, processes=limits.processes)
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.append(other.detach())
        self._socket.setblocking(False)  # noqa: FBT003 - as socket has it
        owner = session.boxing.uid(session.slot)
        if stdout is None:
            read_end, write_end = open_pipe(owner, PIPE_BYTES)
            self.stdout = Sink(read_end, limits.stdout_bytes)
            theirs.append(write_end)
        given = [theirs[0], theirs[-1] if stdout is None else stdout]
        read_end, write_end = open_pipe(owner)
        self.stderr = Sink(read_end, limits.stderr_bytes)
        doors = self.leaf.doors()
        theirs += [write_end, *doors]
        self._number = session.join(self)
        cpu = session.boxing.cpu(session.slot)
        words = session.words_of(self.box)
        message = order(self.box, words, self._number, cpu, limits_address=self.is_weak)
        session.order(message, [*given, write_end, *doors])

    async def fill(self, stdin: bytes) -> None:
        """Give it its input.

        Raises:
            BoxBroken: the input could not be kept.
        """
        try:
            self.take(await input_of(stdin))
        except OSError as error:
            raise broken_by(error, "the input could not be kept") from error

    def take(self, stdin: int) -> None:
        """Give it a descriptor of its own to read from."""
        self._stdin = stdin
        if self._is_released:
            self._close_stdin()

    # --- running ---

    def go(self, after: Self | None = None) -> None:
        """Let the program start, as soon as the one of another cell has ended, if one is named.

        That one was told to go itself, and is `known`.

        Raises:
            BoxBroken: the cell or its box has ended.
        """
        rights = array.array("i", [self._stdin])
        if after and not after.is_over:
            rights.append(after.reaper)
        try:
            if self._socket is None or self._is_released:
                raise self.failure or BoxBroken("the cell has ended")
            self._socket.sendmsg([b"g"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except OSError as error:
            self.session.hear()
            raise self.failure or broken_by(error, "the cell has ended") from error
        self.is_sent = True
        self.sent_ns = time.monotonic_ns()
        self._close_stdin()

    async def known(self) -> None:
        """Return when there is a handle on it, or never will be."""
        self._listen()
        if self.is_over or self._reaper >= 0 or self._socket is None:
            return
        loop, descriptor = asyncio.get_running_loop(), self._socket.fileno()
        loop.add_reader(descriptor, self._look_for_handle)
        try:
            await self._is_known.wait()
        finally:
            loop.remove_reader(descriptor)

    def _look_for_handle(self) -> None:
        self._listen()
        if self._reaper >= 0:
            self._is_known.set()

    def look_whether_started(self) -> bool:
        """Only asked for: nobody is woken up by it."""
        if self.started_ns is None:
            self._listen()
        return self.started_ns is not None

    def _listen(self) -> None:
        """Take what its own socket has brought: first a handle on it, then when it started."""
        if self._socket is None:
            return
        with contextlib.suppress(OSError):  # no more for now, or ever
            while self.started_ns is None:
                said, handles, _, _ = socket.recv_fds(
                    self._socket, _STARTED.size, 1, socket.MSG_CMSG_CLOEXEC
                )
                if len(said) == _STARTED.size:
                    (self.started_ns,) = _STARTED.unpack(said)
                elif not said:
                    return
                elif handles:
                    (self._reaper,) = handles
                else:
                    self._is_out_of_reach()

    def _is_out_of_reach(self) -> None:
        """There was no descriptor for the handle: only with the whole box can it be ended."""
        self.failure = self.failure or MachineSpent("no descriptor was left to end a cell by")
        self.session.kill()

    def roots(self) -> tuple[int, ...]:
        """Numbers of the processes that are, or are above, all that the program is and started."""
        try:
            return kin_of(pid_behind(self._reaper)) if self._reaper >= 0 else ()
        except OSError:
            return ()

    # --- hearing of it ---

    def has_ended(self, ended: Ended) -> None:
        self.end = self.end or ended
        self._now_over()

    def has_failed(self, failure: BoxBroken) -> None:
        self.failure = self.failure or failure
        self._now_over()

    async def over(self) -> None:
        """Return when it is."""
        await self._over.wait()

    def _now_over(self) -> None:
        self._over.set()
        self._is_known.set()

    # --- ending ---

    def kill(self) -> None:
        """End the program and all that it started. Harmless when it has ended."""
        self.killed_ns = self.killed_ns or time.monotonic_ns()
        if self.is_over:
            return
        if not self.is_sent or self._socket is None:
            self.release()
            return
        if not self.look_whether_started():
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # so that it cannot start any more
        if self.look_whether_started() and self._reaper >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._reaper, signal.SIGKILL)

    def release(self) -> None:
        """Free what is held; a program that was not told to go ends by it. Harmless twice."""
        if self._is_released:
            return
        self._is_released = True
        self._close_stdin()
        if self._socket:
            self._socket.close()
        if self._reaper >= 0:
            os.close(self._reaper)
        for sink in (self.stdout, self.stderr):
            if sink:
                sink.close()
        self._now_over()
        self.session.leave(self._number, self.leaf.remove)

    def _close_stdin(self) -> None:
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1
