"""Runs one box from start to end: spawns it, feeds it, watches its limits, and says what it saw.

CPU time and memory are measured outside of the program and of this process. Wall time is, too, but
a program that waits for us to read its output has no part in how long that takes: its wall limit
is put off by what this process was late meanwhile, by MOST_LATE_MS at most.
"""

import asyncio
import contextlib
import errno
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from adapters.sandbox.box import ENVIRONMENT, Box, Boxing, BoxLimits, Place, command_line
from adapters.sandbox.cgroups import Cgroups, Leaf, Usage, leaf_prefix
from adapters.sandbox.lateness import Lateness
from adapters.sandbox.pipes import PIPE_BYTES, Kind, Record, Reports, Sink, open_pipe, sealed_input
from adapters.sandbox.processes import tree_usage
from adapters.sandbox.waiting import to_its_end
from domain.judging import Excess

_COPIED_AT_ONCE = 256 * 1024
_START_S = 20.0
"""A box starts in some 5 ms; a machine that needs this long cannot judge."""
_SHORTEST_LOOK_S = 0.004
_LONGEST_LOOK_S = 0.5
_WEAK_LOOK_S = 0.01
MOST_LATE_MS = 10_000
"""More than a lease lasts: then others have taken the work over."""
_BUSY_GROUP_TRIES, _QUICK_TRIES = 200, 20
SPENT = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM})
OUT_OF = SPENT | {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}
"""What a program cannot bring about from its box."""
_numbers = itertools.count(1)
"""One for the whole process, like the names of its groups."""


class BoxBroken(Exception):
    """A box could not be made or started; `reason` is for staff, never for a candidate."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MachineSpent(BoxBroken):
    """There are no descriptors or processes left, so that no other box would do better now."""


def broken_by(error: OSError, what: str) -> BoxBroken:
    kind = MachineSpent if error.errno in SPENT else BoxBroken
    return kind(f"{what}: {error}")


class BoxesClosed(Exception):
    """Nothing more is run, and what ran was ended before its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the program in a box ended; exactly one of `exit_code` and `signal` is set."""

    exit_code: int | None
    signal: int | None
    cpu_ms: int
    wall_ms: int
    memory_kib: int
    ended_ns: int
    """By the monotonic clock: of two that ran side by side, who ended first."""
    stdout: bytes
    stderr: bytes
    excess: frozenset[Excess]
    wall_limit_ms: int
    late_ms: int
    """For how long this process stood still or was too busy, while the program ran."""

    @property
    def is_success(self) -> bool:
        return self.exit_code == 0 and not self.excess

    @property
    def is_doubtful(self) -> bool:
        """Ended by wall time alone, while this process was late for a tenth of that or more."""
        by_wall = Excess.WALL_TIME in self.excess and Excess.CPU_TIME not in self.excess
        return by_wall and self.late_ms * 10 >= self.wall_limit_ms

    @property
    def is_void(self) -> bool:
        """Doubtful, and this process was late for longer than a wall limit is put off."""
        return self.is_doubtful and self.late_ms > MOST_LATE_MS


class Boxes:
    """Makes and runs boxes, and knows which are running now."""

    def __init__(self, boxing: Boxing, cgroups: Cgroups) -> None:
        self._boxing = boxing
        self._cgroups = cgroups
        self._running: set[_Running] = set()
        self._lateness = Lateness()
        self._is_closed = False

    async def run(
        self, box: Box, slot: int, *, stdin: int | None = None, stdout: int | None = None
    ) -> Outcome:
        """Run it to its end; when cancelled, end it first.

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
            if self._is_closed:
                raise BoxesClosed
            async with self._leaf(box.limits) as leaf:
                spot = _Spot(slot=slot, given=given, stdin=stdin, stdout=stdout, leaf=leaf)
                return await self._watched(box, spot)

    async def _watched(self, box: Box, spot: "_Spot") -> Outcome:
        with self._lateness.measured() as late_ns:
            running = await self._started(box, spot, late_ns)
            self._running.add(running)
            try:
                await running.watch()
            finally:
                await to_its_end(running.finish())
                self._running.discard(running)
            if self._is_closed:
                raise BoxesClosed
            return running.outcome()

    async def close(self) -> None:
        """End all that runs and wait until it is gone."""
        self._is_closed = True
        for running in tuple(self._running):
            running.kill()
        await asyncio.gather(*(running.gone.wait() for running in tuple(self._running)))

    async def _started(self, box: Box, spot: "_Spot", late_ns: Callable[[], int]) -> "_Running":
        weak = self._cgroups.memory is None
        with spot.given:
            if spot.stdin is not None:
                return _Running(self._boxing, box, spot, late_ns, weak=weak)
            async with _input(box.stdin) as stdin:
                if self._is_closed:
                    raise BoxesClosed
                spot = replace(spot, stdin=stdin)
                return _Running(self._boxing, box, spot, late_ns, weak=weak)

    @contextlib.asynccontextmanager
    async def _leaf(self, limits: BoxLimits) -> AsyncIterator[Leaf]:
        try:
            leaf = self._cgroups.leaf(
                f"{leaf_prefix()}{next(_numbers)}",
                memory_kib=limits.memory_kib,
                processes=limits.processes,
            )
        except OSError as error:
            raise broken_by(error, "no control group could be made") from error
        try:
            yield leaf
        finally:
            await to_its_end(_removed(leaf))


@contextlib.asynccontextmanager
async def _input(data: bytes) -> AsyncIterator[int]:
    """Its descriptor while a box is started; copying much would hold up all that is judged."""
    try:
        if len(data) <= _COPIED_AT_ONCE:
            descriptor = sealed_input(data)
        else:
            copying = asyncio.ensure_future(asyncio.to_thread(sealed_input, data))
            try:
                descriptor = await asyncio.shield(copying)
            except asyncio.CancelledError:
                copying.add_done_callback(_closed)
                raise
    except OSError as error:
        raise broken_by(error, "the input could not be kept") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _closed(copying: asyncio.Future[int]) -> None:
    if not copying.cancelled() and copying.exception() is None:
        os.close(copying.result())


async def _removed(leaf: Leaf) -> None:
    """The kernel may still be burying the last process; what stays is swept at the next start."""
    for attempt in range(_BUSY_GROUP_TRIES):
        if leaf.remove():
            return
        await asyncio.sleep(0.001 if attempt < _QUICK_TRIES else 0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """Where a box runs, and the descriptors that it was given; `given` closes those."""

    slot: int
    given: contextlib.ExitStack
    stdin: int | None
    stdout: int | None
    leaf: Leaf


class _Running:
    """One box that runs now."""

    def __init__(
        self, boxing: Boxing, box: Box, spot: _Spot, late_ns: Callable[[], int], *, weak: bool
    ) -> None:
        self._limits = box.limits
        self._late_so_far_ns = late_ns
        self._late_ns = 0
        """As it was when the program was last looked at."""
        self._leaf = spot.leaf
        self._weak = weak
        self._excess: set[Excess] = set()
        self._peak_kib = 0
        self._tree_cpu_ns = 0
        self._killed_ns = 0
        self.gone = asyncio.Event()
        self._ends: list[Sink | Reports] = []
        self._spawn(boxing, box, spot)

    # --- starting ---

    def _spawn(self, boxing: Boxing, box: Box, spot: _Spot) -> None:
        place = Place(
            slot=spot.slot,
            parent=os.getpid(),
            makers=self._leaf.makers,
            cgroups=self._leaf.folders,
            limits_address=self._weak,
        )
        try:
            with contextlib.ExitStack() as theirs:
                descriptors = self._connect(theirs, spot, boxing.uid(spot.slot))
                self._start(command_line(boxing, box, place), box, descriptors)
        except OSError as error:
            self._close_pipes()
            raise broken_by(error, "the launcher did not start") from error

    def _connect(
        self, theirs: contextlib.ExitStack, spot: _Spot, owner: int | None
    ) -> tuple[int, ...]:
        """Our ends of the pipes, and the descriptors that are the box's and closed here after."""
        their_ends = [-1 if spot.stdin is None else spot.stdin]

        def connected(size: int | None) -> int:
            read_end, write_end = open_pipe(owner, size)
            theirs.callback(os.close, write_end)
            their_ends.append(write_end)
            return read_end

        self._stdout: Sink | None = None
        if spot.stdout is None:
            self._stdout = Sink(connected(PIPE_BYTES), self._limits.stdout_bytes, self._on_flood)
            self._ends.append(self._stdout)
        else:
            their_ends.append(spot.stdout)
        self._stderr = Sink(connected(None), self._limits.stderr_bytes, lambda: None)
        self._ends.append(self._stderr)
        self._reports = Reports(connected(None))
        self._ends.append(self._reports)
        return tuple(their_ends)

    def _start(self, command: list[str], box: Box, descriptors: tuple[int, ...]) -> None:
        # Asyncio's own subprocesses cost a thread each, and a child watcher that may be another's.
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(descriptors)]
        environment = {**ENVIRONMENT, **box.variables}
        self._pid = os.posix_spawn(
            command[0], command, environment, file_actions=actions, setsid=True
        )
        try:
            self._pidfd = os.pidfd_open(self._pid)
        except OSError:
            os.killpg(self._pid, signal.SIGKILL)
            self._leaf.kill()
            os.waitpid(self._pid, 0)
            raise
        self._is_reaped = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._pidfd, self._reap)

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED)
        os.close(self._pidfd)
        self._is_reaped.set()

    # --- watching ---

    async def watch(self) -> None:
        """Return when the program has ended or was ended."""
        await asyncio.wait({self._reports.started}, timeout=_START_S)
        started = self._reports.records.get(Kind.STARTED)
        if started is None:
            return
        while not self._reports.ended.done():
            self._late_ns = self._late_so_far_ns()
            wall_ns = time.monotonic_ns() - started.time_ns
            delay = self._look(wall_ns)
            if delay is None:
                return
            await asyncio.wait({self._reports.ended}, timeout=delay)
        self._late_ns = self._late_so_far_ns()

    def _look(self, wall_ns: int) -> float | None:
        """How long the program may go on unwatched; None when it has ended or was just killed."""
        cpu_ns = self._cpu_so_far()
        excess = self._reached(cpu_ns, wall_ns)
        if excess is not None:
            # This server may have stood still: the program may have ended in time meanwhile.
            self._reports.drain()
            if not self._reports.ended.done():
                self._stop(excess)
            return None
        return None if self._killed_ns else self._next_look(cpu_ns, wall_ns)

    def _reached(self, cpu_ns: int, wall_ns: int) -> Excess | None:
        if cpu_ns >= self._limits.kill_time_ms * 1_000_000:
            return Excess.CPU_TIME
        if wall_ns >= self._wall_limit_ns():
            return Excess.WALL_TIME
        if self._weak and self._peak_kib > self._limits.memory_kib:
            return Excess.MEMORY
        return None

    def _wall_limit_ns(self) -> int:
        """Put off by the time in which nobody here read what the program wrote."""
        return self._limits.wall_time_ms * 1_000_000 + min(self._late_ns, MOST_LATE_MS * 1_000_000)

    def _next_look(self, cpu_ns: int, wall_ns: int) -> float:
        """No sooner than the program, using every core, could be over its CPU limit."""
        cpu_left = self._limits.kill_time_ms * 1_000_000 - cpu_ns
        wall_left = self._wall_limit_ns() - wall_ns
        delay = min(cpu_left / (os.cpu_count() or 1), wall_left) / 1e9
        longest = _WEAK_LOOK_S if self._weak else _LONGEST_LOOK_S
        return min(max(delay, _SHORTEST_LOOK_S), longest)

    def _cpu_so_far(self) -> int:
        cpu_ns = self._leaf.cpu_ns()
        if self._weak or cpu_ns is None:
            tree = tree_usage(self._pid)
            self._peak_kib = max(self._peak_kib, tree.memory_kib)
            self._tree_cpu_ns = max(self._tree_cpu_ns, tree.cpu_ns)
        return self._tree_cpu_ns if cpu_ns is None else cpu_ns

    def _on_flood(self) -> None:
        self._stop(Excess.OUTPUT)

    def _stop(self, excess: Excess) -> None:
        self._excess.add(excess)
        self.kill()

    # --- ending ---

    def kill(self) -> None:
        """End the box and all in it. Harmless when it has ended.

        The launcher leads a process group, which bubblewrap, its child and our init never leave;
        so it reaches a child that is not yet bound to its parent, too. The kernel ends all that is
        in the namespaces below.
        """
        self._killed_ns = self._killed_ns or time.monotonic_ns()
        if not self._is_reaped.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
        self._leaf.kill()

    async def finish(self) -> None:
        """Wait until nothing of the box is left."""
        try:
            if Kind.ENDED not in self._reports.records:
                self.kill()
            await self._is_reaped.wait()
            sinks = [sink for sink in (self._stdout, self._stderr) if sink]
            await asyncio.wait({sink.ended for sink in sinks}, timeout=_START_S)
            for sink in sinks:
                sink.drain()
        finally:
            self._close_pipes()
            self.gone.set()

    def _close_pipes(self) -> None:
        for end in self._ends:
            end.close()

    # --- what was seen ---

    def outcome(self) -> Outcome:
        """Raises BoxBroken where the program never ran, or nobody knows how it ended."""
        records = self._reports.records
        started, ended = records.get(Kind.STARTED), records.get(Kind.ENDED)
        is_known = ended is not None or self._killed_ns > 0
        if started is None or Kind.FAILED in records or not is_known:
            reason = self._stderr.content.decode(errors="replace").strip()
            failed = records.get(Kind.FAILED)
            kind = MachineSpent if failed and failed.value in SPENT else BoxBroken
            raise kind(reason or "the box ended and did not say why")
        status = os.waitstatus_to_exitcode(ended.value) if ended else -signal.SIGKILL
        ended_ns = ended.time_ns if ended else self._killed_ns
        wall_ns = ended_ns - started.time_ns
        usage = self._usage(ended)
        return Outcome(
            exit_code=status if status >= 0 else None,
            signal=-status if status < 0 else None,
            cpu_ms=_up_to_ms(usage.cpu_ns or 0),
            wall_ms=_up_to_ms(wall_ns),
            memory_kib=usage.peak_kib or 0,
            ended_ns=ended_ns,
            stdout=self._stdout.content if self._stdout else b"",
            stderr=self._stderr.content,
            excess=self._whole_excess(usage, wall_ns if ended else None),
            wall_limit_ms=self._limits.wall_time_ms,
            late_ms=_up_to_ms(self._late_ns),
        )

    def _usage(self, ended: Record | None) -> Usage:
        """The group's figures; where it has none, the larger of what was polled and reported."""
        usage = self._leaf.usage()
        cpu_ns, peak_kib = usage.cpu_ns, usage.peak_kib
        if cpu_ns is None:
            cpu_ns = max(self._tree_cpu_ns, ended.cpu_ns if ended else 0)
        if peak_kib is None:
            peak_kib = max(self._peak_kib, ended.max_rss_kib if ended else 0)
        return replace(usage, cpu_ns=cpu_ns, peak_kib=peak_kib)

    def _whole_excess(self, usage: Usage, wall_ns: int | None) -> frozenset[Excess]:
        """Times are judged by what was measured; how long the program ran, only init knows."""
        excess = self._excess | self._excess_of(usage)
        if wall_ns is not None:
            excess.discard(Excess.WALL_TIME)
            if wall_ns >= self._wall_limit_ns():
                excess.add(Excess.WALL_TIME)
        return frozenset(excess)

    def _excess_of(self, usage: Usage) -> set[Excess]:
        excess = set()
        is_fat = self._weak and (usage.peak_kib or 0) > self._limits.memory_kib
        if usage.was_out_of_memory or is_fat:
            excess.add(Excess.MEMORY)
        if (usage.cpu_ns or 0) > self._limits.time_ms * 1_000_000:
            excess.add(Excess.CPU_TIME)
        return excess


def _up_to_ms(nanoseconds: int) -> int:
    """Rounded up, so that a time over a limit never shows as within it."""
    return -(-nanoseconds // 1_000_000)
