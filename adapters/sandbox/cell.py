"""A cell: what is made in a box for one run of a program, may wait for it, and goes with it."""

import asyncio
import contextlib
import os
import signal
import socket
import struct
import time

from adapters.sandbox.box import Box, order
from adapters.sandbox.cgroups import Cgroups, Leaf
from adapters.sandbox.outcome import BoxBroken, broken_by
from adapters.sandbox.pipes import PIPE_BYTES, Sink, open_pipe
from adapters.sandbox.processes import parent_of, pid_behind
from adapters.sandbox.session import Ended, Session

_STARTED = struct.Struct("=q")


class Cell:
    """One run of a program, from when it is prepared until nothing is left of it."""

    def __init__(
        self, session: Session, cgroups: Cgroups, name: str, box: Box, stdout: int | None
    ) -> None:
        """Raises BoxBroken where it cannot be made; a given descriptor stays the caller's."""
        self.session = session
        self.box = box
        self.started_ns: int | None = None
        self.killed_ns = 0
        self.end: Ended | None = None
        self.failure: BoxBroken | None = None
        self.is_weak = cgroups.memory is None
        self.is_sent = False
        self.stdin = -1
        self._reaper = -1
        self._is_released = False
        self.stdout: Sink | None = None
        self._number = int(name.rpartition("-")[2])
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            with contextlib.ExitStack() as undone:
                self._make(undone, cgroups, name, stdout)
                undone.pop_all()
        except OSError as error:
            raise broken_by(error, "no cell could be made") from error

    @property
    def is_over(self) -> bool:
        """Whether nobody will say more of it."""
        return self.ended.done()

    # --- making ---

    def _make(
        self, undone: contextlib.ExitStack, cgroups: Cgroups, name: str, stdout: int | None
    ) -> None:
        limits = self.box.limits
        self.leaf: Leaf = cgroups.leaf(
            name, memory_kib=limits.memory_kib, processes=limits.processes
        )
        undone.callback(self.leaf.remove)
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        undone.enter_context(self._socket)
        self._socket.setblocking(False)  # noqa: FBT003 - as socket has it
        with theirs, contextlib.ExitStack() as given:
            descriptors = [theirs.fileno(), *self._connect(undone, given, stdout)]
            for door in self.leaf.doors():
                given.callback(os.close, door)
                descriptors.append(door)
            cpu = self.session.boxing.cpu(self.session.slot)
            message = order(self.box, self._number, cpu, limits_address=self.is_weak)
            self.session.order(self._number, self, message, descriptors)

    def _connect(
        self, undone: contextlib.ExitStack, given: contextlib.ExitStack, stdout: int | None
    ) -> tuple[int, int]:
        """Our ends of the pipes, and theirs, which are closed here after."""
        owner = self.session.boxing.uid(self.session.slot)
        limits = self.box.limits
        if stdout is None:
            read_end, stdout = open_pipe(owner, PIPE_BYTES)
            given.callback(os.close, stdout)
            self.stdout = Sink(read_end, limits.stdout_bytes)
            undone.callback(self.stdout.close)
        read_end, stderr = open_pipe(owner)
        given.callback(os.close, stderr)
        self.stderr = Sink(read_end, limits.stderr_bytes)
        undone.callback(self.stderr.close)
        return stdout, stderr

    # --- running ---

    def go(self) -> None:
        """Let the program start, with what is its input by now.

        Raises:
            BoxBroken: the cell or its box has ended.
        """
        try:
            socket.send_fds(self._socket, [b"g"], [self.stdin])
        except OSError as error:
            self.session.hear()
            raise self.failure or broken_by(error, "the cell has ended") from error
        self.is_sent = True
        self.sent_ns = time.monotonic_ns()
        self._close_stdin()

    def _close_stdin(self) -> None:
        if self.stdin >= 0:
            os.close(self.stdin)
            self.stdin = -1

    def look_whether_started(self) -> bool:
        """Only asked for: nobody is woken up by it."""
        if self.started_ns is None:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                said, handles, _, _ = socket.recv_fds(self._socket, _STARTED.size, 1)
                if said:
                    (self.started_ns,) = _STARTED.unpack(said)
                    self._reaper = handles[0]
        return self.started_ns is not None

    # --- hearing of it ---

    def has_ended(self, ended: Ended) -> None:
        self.end = self.end or ended
        self._is_over()

    def has_failed(self, failure: BoxBroken) -> None:
        self.failure = self.failure or failure
        self._is_over()

    def _is_over(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def pid(self) -> int | None:
        """The keeper's: the program and all that it started is below it."""
        try:
            return parent_of(pid_behind(self._reaper)) if self._reaper >= 0 else None
        except OSError:
            return None

    # --- ending ---

    def kill(self) -> None:
        """End the program and all that it started. Harmless when it has ended."""
        self.killed_ns = self.killed_ns or time.monotonic_ns()
        if self.is_over:
            return
        if not self.is_sent:
            with contextlib.suppress(OSError):  # the box has ended
                self._socket.shutdown(socket.SHUT_WR)
        elif self.look_whether_started():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._reaper, signal.SIGKILL)
        else:
            self.session.kill()

    def release(self) -> None:
        """Free what is held; a program that was not told to go ends by it. Harmless twice."""
        if self._is_released:
            return
        self._is_released = True
        self._close_stdin()
        self._socket.close()
        if self._reaper >= 0:
            os.close(self._reaper)
        self.stderr.close()
        if self.stdout:
            self.stdout.close()
        self._is_over()
        self.session.forget(self._number, self.leaf.remove)
