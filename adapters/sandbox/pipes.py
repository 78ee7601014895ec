"""The descriptors between the server and a program: its input and its output."""

import asyncio
import contextlib
import fcntl
import io
import os
import stat
from collections.abc import Callable

PIPE_BYTES = 1 << 20
"""As much as the kernel lets an unprivileged process ask for."""
_COPIED_AT_ONCE = 256 * 1024
_LEAST_READ_BYTES = 64 * 1024
_REST_S = 0.004
_WASTE = bytearray(PIPE_BYTES)
"""What is over is read into this and looked at by nobody."""
_FIRST_FREE = 10


def sealed_input(data: bytes) -> int:
    """A descriptor to read `data` from: memory that nobody can change any more, opened afresh.

    The program may open /proc/self/fd/0 for writing, but the seals stand, and no offset and no
    file of this machine is shared with it.
    """
    writable = os.memfd_create("stdin", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(writable, rest) :]
        os.fchmod(writable, 0o444)
        seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        fcntl.fcntl(writable, fcntl.F_ADD_SEALS, seals)
        return above_standard(os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC))
    finally:
        os.close(writable)


async def input_of(data: bytes) -> int:
    """The same; copying much would hold up all that is judged."""
    if len(data) <= _COPIED_AT_ONCE:
        return sealed_input(data)
    copying = asyncio.ensure_future(asyncio.to_thread(sealed_input, data))
    try:
        return await asyncio.shield(copying)
    except asyncio.CancelledError:
        copying.add_done_callback(_closed)
        raise


def _closed(copying: asyncio.Future[int]) -> None:
    if not copying.cancelled() and copying.exception() is None:
        os.close(copying.result())


def open_pipe(owner: int | None, size: int | None = None) -> tuple[int, int]:
    """A pipe (to read, to write) that the box may open again under /dev/stdout, to write.

    Not to read: a compiler that is told to include its own output would wait for it for ever.
    """
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    try:
        os.set_blocking(read_end, False)
        os.fchmod(write_end, stat.S_IWUSR)
        if owner is not None:
            os.fchown(write_end, owner, owner)
        write_end = above_standard(write_end)
    except OSError:
        os.close(read_end)
        os.close(write_end)
        raise
    if size is not None:
        with contextlib.suppress(OSError):  # the user's share of pipe memory may be spent
            fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, size)
    return read_end, write_end


def above_standard(descriptor: int) -> int:
    """The same, away from 0 to 3: those are overwritten in the child, one after the other."""
    if descriptor >= _FIRST_FREE:
        return descriptor
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    os.close(descriptor)
    return moved


class Sink:
    """Reads a pipe to its end, keeps the first `cap` bytes and says when there are more.

    What is over is thrown away in large steps and at leisure, so that a flood costs its writer
    more time than us.
    """

    def __init__(self, descriptor: int, cap: int) -> None:
        self._descriptor = descriptor
        self._cap = cap
        self.on_overflow: Callable[[], None] | None = None
        self.on_more: Callable[[], None] | None = None
        self._kept = io.BytesIO()
        self._pause: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._is_reading = False

    def start(self) -> None:
        """Read whenever there is something; without it only `drain` does."""
        if not self._is_reading and not self.is_over and not self._pause:
            self._is_reading = True
            self._loop.add_reader(self._descriptor, self._read)

    @property
    def content(self) -> bytes:
        """Without a copy, as long as nothing more is written."""
        return self._kept.getvalue()

    @property
    def is_over(self) -> bool:
        return self.ended.done()

    def close(self) -> None:
        if not self.ended.done():
            if self._pause:
                self._pause.cancel()
            if self._is_reading:
                self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self.ended.set_result(None)

    def drain(self) -> None:
        """Read what is left of what is still kept, whatever the event loop was busy with."""
        while not self.ended.done() and not self._pause and self._read():
            pass

    def _read(self) -> bool:
        """Whether there was anything."""
        room = self._cap - self._kept.tell()
        # All that the pipe holds: where others hold the interpreter, each turn is waited for.
        size = min(max(room, _LEAST_READ_BYTES), PIPE_BYTES)
        try:
            chunk = os.read(self._descriptor, size)
        except (BlockingIOError, InterruptedError):
            return False
        if not chunk:
            self.close()
            return False
        self._kept.write(chunk[:room] if len(chunk) > room else chunk)
        if self.on_more:
            self.on_more()
        if len(chunk) > room:
            with contextlib.suppress(OSError):  # as for any other pipe
                fcntl.fcntl(self._descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            self._rest()
            if self.on_overflow:
                self.on_overflow()
        return True

    def _rest(self) -> None:
        if self._is_reading:
            self._loop.remove_reader(self._descriptor)
            self._is_reading = False
        self._pause = self._loop.call_later(_REST_S, self._discard)

    def _discard(self) -> None:
        try:
            is_at_end = os.readv(self._descriptor, [_WASTE]) == 0
        except (BlockingIOError, InterruptedError):
            self._is_reading = True
            self._loop.add_reader(self._descriptor, self._rest)
            return
        if is_at_end:
            self.close()
        else:
            self._rest()
