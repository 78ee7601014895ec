"""One box for all runs of a program: what makes it, what it says, and how it is ended."""

import array
import asyncio
import contextlib
import os
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from adapters.sandbox.box import Bind, Box, Boxing, Place, command_line, words_of
from adapters.sandbox.leaves import Counter, Makers
from adapters.sandbox.outcome import BoxBroken, broken, broken_by
from adapters.sandbox.pipes import Sink, above_standard, open_pipe
from adapters.sandbox.waiting import until_gone

_RECORD = struct.Struct("=iiiiqqqq")
_LONGEST_REPORT = 1024
_LOG_BYTES = 4096
_ENDED, _FAILED = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How init saw the first process of a program end; `status` is as wait gives it."""

    status: int
    time_ns: int
    cpu_ns: int
    max_rss_kib: int


class Listener(Protocol):
    """Whom a report may concern: one cell."""

    def has_ended(self, ended: Ended) -> None: ...

    def has_failed(self, failure: BoxBroken) -> None: ...

    @property
    def is_sent(self) -> bool: ...

    def release(self) -> None: ...


class Session:
    """A box that waits for orders, and the launcher and bubblewrap that made it.

    What is ordered before it is up is done when it is. It ends when it is closed, when one of its
    processes is killed, or with this server; then every cell of it has failed.
    """

    def __init__(
        self, boxing: Boxing, binds: tuple[Bind, ...], slot: int, makers: Makers | None
    ) -> None:
        """Raises BoxBroken where nothing can be started."""
        self.boxing = boxing
        self.binds = binds
        self.slot = slot
        self._makers = makers
        self._listeners: dict[int, Listener] = {}
        self._failure: BoxBroken | None = None
        self._loop = asyncio.get_running_loop()
        self._is_reaped = asyncio.Event()
        self._is_empty = asyncio.Event()
        self._last = 0
        self._words: tuple[Box, bytes] | None = None
        self._retired: list[Listener] = []
        self._left: list[Callable[[], bool]] = []
        self.spare: list[Counter] = []
        """Groups that have served a cell, for the next; cells add theirs to this very list."""
        try:
            with contextlib.ExitStack() as undone:
                self._start(undone)
                undone.pop_all()
        except OSError as error:
            raise broken_by(error, "the launcher did not start") from error

    @property
    def is_dead(self) -> bool:
        return self._is_reaped.is_set()

    def words_of(self, box: Box) -> bytes:
        """Those of its order; most often it is the same box again."""
        if self._words is None or self._words[0] is not box:
            self._words = (box, words_of(box))
        return self._words[1]

    def join(self, listener: Listener) -> int:
        """The number of a new cell, of which that one will hear."""
        self._last += 1
        self._listeners[self._last] = listener
        self._is_empty.clear()
        return self._last

    def order(self, message: bytes, descriptors: list[int]) -> None:
        """Have a cell made.

        Raises:
            BoxBroken: the box takes no orders any more.
        """
        if self._failure or self.is_dead:
            raise self._failure or BoxBroken("the box has ended")
        rights = array.array("i", descriptors)
        try:
            self._control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except OSError as error:
            raise broken_by(error, "the box takes no orders") from error

    def leave(self, cell: int, remove: Callable[[], bool]) -> None:
        """Nobody wants to hear of it any more; what it leaves is removed when it can be."""
        self._listeners.pop(cell, None)
        self._left.append(remove)
        if not self._listeners:
            self._is_empty.set()

    def retire(self, cell: Listener) -> None:
        """Release it when there is time, which is when the next program runs."""
        self._retired.append(cell)
        if self.is_dead:
            self.tidy()

    def tidy(self) -> None:
        """Release and remove what can be now."""
        for cell in self._retired:
            cell.release()
        self._retired.clear()
        if self._left:
            self._remove_what_is_left()

    def _remove_what_is_left(self) -> bool:
        self._left = [remove for remove in self._left if not remove()]
        return not self._left

    def _remove_spare(self) -> bool:
        self.spare[:] = [counter for counter in self.spare if not counter.remove()]
        return not self.spare

    def hear(self) -> None:
        """Take what has been said by now, whatever the event loop was busy with."""
        while report := self._report():
            self._take(report)

    def kill(self) -> None:
        """End the box and all in it. Harmless when it has ended.

        The launcher leads a process group, which bubblewrap, its child and our init never leave;
        so it reaches a child that is not yet bound to its parent, too. The kernel ends all that is
        in the namespaces below.
        """
        if not self.is_dead:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
        if self._makers:
            self._makers.kill()

    async def close(self) -> bool:
        """End it and wait until nothing is left of it.

        Whether that came about in time: where it did not, `is_gone` tries once more.
        """
        self.kill()
        await self._is_reaped.wait()
        self.tidy()
        for listener in tuple(self._listeners.values()):
            if not listener.is_sent:
                listener.release()
        if self._listeners:
            await self._is_empty.wait()
        return await until_gone(self.is_gone)

    def is_gone(self) -> bool:
        """Whether no group of it is there now; of one that was closed, what can be is removed.

        A process that was killed may die slowly: all its memory and its last mounts go first.
        """
        return (
            self._remove_what_is_left()
            and self._remove_spare()
            and (self._makers is None or self._makers.remove())
        )

    # --- starting ---

    def _start(self, undone: contextlib.ExitStack) -> None:
        if self._makers:
            self._makers.make()
            undone.callback(self._makers.remove)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        undone.enter_context(self._control)
        self._control.setblocking(False)  # noqa: FBT003 - as socket has it
        with theirs, contextlib.ExitStack() as given:
            log, write_end = open_pipe(None)
            given.callback(os.close, write_end)
            self._log = Sink(log, _LOG_BYTES)
            self._log.start()
            undone.callback(self._log.close)
            nothing = above_standard(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
            given.callback(os.close, nothing)
            control = above_standard(os.dup(theirs.fileno()))
            given.callback(os.close, control)
            self._spawn((nothing, write_end, write_end, control))
        self._loop.add_reader(self._control, self._hear)

    def _spawn(self, descriptors: tuple[int, ...]) -> None:
        makers = self._makers.folder if self._makers else None
        place = Place(slot=self.slot, parent=os.getpid(), makers=makers)
        command = command_line(self.boxing, self.binds, place)
        # Asyncio's own subprocesses cost a thread each, and a child watcher that may be another's.
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(descriptors)]
        self._pid = os.posix_spawn(
            command[0], command, {"PATH": "/usr/bin:/bin"}, file_actions=actions, setsid=True
        )
        try:
            self._pidfd = os.pidfd_open(self._pid)
        except OSError:
            self.kill()
            os.waitpid(self._pid, 0)
            raise
        self._loop.add_reader(self._pidfd, self._reap)

    # --- listening ---

    def _hear(self) -> None:
        report = self._report()
        if report:
            self._take(report)
        elif report is not None:
            self._loop.remove_reader(self._control)

    def _report(self) -> bytes | None:
        """The next one; None when there is none now, empty when there will be none."""
        try:
            return self._control.recv(_LONGEST_REPORT)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:  # the box is gone
            return b""

    def _take(self, report: bytes) -> None:
        kind, cell, value, _, time_ns, user_us, system_us, max_rss_kib = _RECORD.unpack_from(report)
        listener = self._listeners.get(cell)
        if kind == _FAILED:
            reason = report[_RECORD.size :].decode(errors="replace")
            self._take_failure(listener, broken(value, reason))
        elif listener:
            listener.has_ended(
                Ended(
                    status=value,
                    time_ns=time_ns,
                    cpu_ns=(user_us + system_us) * 1000,
                    max_rss_kib=max_rss_kib,
                )
            )

    def _take_failure(self, listener: Listener | None, failure: BoxBroken) -> None:
        if listener:
            listener.has_failed(failure)
        else:
            self._failure = self._failure or failure

    # --- ending ---

    def _reap(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED)
        os.close(self._pidfd)
        self._is_reaped.set()
        self._hear_the_last()
        for listener in tuple(self._listeners.values()):
            listener.has_failed(self._failure or BoxBroken("the box ended and did not say why"))

    def _hear_the_last(self) -> None:
        self.hear()
        self._loop.remove_reader(self._control)
        self._control.close()
        self._log.drain()
        said = self._log.content.decode(errors="replace").strip()
        self._log.close()
        if said and not self._failure:
            self._failure = BoxBroken(said)
