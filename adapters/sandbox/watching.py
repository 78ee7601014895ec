"""Watches the limits of one run, and says what was seen of it.

CPU time and memory are measured outside of the program and of this process. Wall time is, too, but
a program that waits for us to read its output has no part in how long that takes: its wall limit
is put off by what this process was late meanwhile, by MOST_LATE_MS at most.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace

from adapters.sandbox.cell import Cell
from adapters.sandbox.leaves import Usage
from adapters.sandbox.outcome import MOST_LATE_MS, BoxBroken, Outcome, broken_by
from adapters.sandbox.processes import tree_usage
from adapters.sandbox.waiting import to_its_end
from domain.run import Excess

_START_S = 20.0
"""A program starts in some 5 ms; a machine that needs this long cannot judge."""
_SHORTEST_LOOK_S = 0.004
_LONGEST_LOOK_S = 0.5
_WEAK_LOOK_S = 0.01


class Watch:
    """Of one cell. `late_ns` says how late this process was since it is to go."""

    def __init__(self, cell: Cell, late_ns: Callable[[], int]) -> None:
        self._cell = cell
        self._limits = cell.box.limits
        self._sinks = [sink for sink in (cell.stdout, cell.stderr) if sink]
        self._late_so_far_ns = late_ns
        self._late_before_ns = 0
        self._late_ns = 0
        """As it was when the program was last looked at."""
        self._excess: set[Excess] = set()
        self._peak_kib = 0
        self._tree_cpu_ns = 0
        self._seen_cpu_ns = 0
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        if cell.stdout:
            cell.stdout.on_overflow = self._on_flood

    async def to_the_end(self, after: Cell | None) -> None:
        """Let it go; return when it and all that it started are gone; cancelled, end it first.

        Where another is named, it goes when that one has ended.

        Raises:
            BoxBroken: it could not be told to go.
        """
        cell = self._cell
        if after:
            await after.known()
        cell.go(after)
        cell.session.tidy()
        try:
            if after:
                await after.over()
                self._forget_lateness_before(after)
            await self._ended()
        finally:
            if not cell.is_over:
                cell.kill()
                await to_its_end(cell.over())
            if self._timer:
                self._timer.cancel()

    async def _ended(self) -> None:
        cell = self._cell
        cell.sent_ns = time.monotonic_ns()
        self._timer = self._loop.call_later(_SHORTEST_LOOK_S, self._first_look)
        await cell.over()
        self._note_lateness()
        for sink in self._sinks:
            sink.drain()
            if not sink.is_over:
                sink.start()
                await asyncio.wait({sink.ended}, timeout=_START_S)

    def outcome(self) -> Outcome:
        """Raises BoxBroken where the program never ran, or nobody knows how it ended."""
        cell, end = self._cell, self._cell.end
        if not cell.look_whether_started() or cell.started_ns is None:
            raise cell.failure or BoxBroken("the program was not started")
        if cell.failure and not (cell.killed_ns and end is None):
            raise cell.failure
        status = os.waitstatus_to_exitcode(end.status) if end else -signal.SIGKILL
        ended_ns = end.time_ns if end else cell.killed_ns
        wall_ns = ended_ns - cell.started_ns
        usage = self._usage()
        return Outcome(
            exit_code=status if status >= 0 else None,
            signal=-status if status < 0 else None,
            cpu_ms=_up_to_ms(usage.cpu_ns or 0),
            wall_ms=_up_to_ms(wall_ns),
            memory_kib=usage.peak_kib or 0,
            ended_ns=ended_ns,
            stdout=cell.stdout.content if cell.stdout else b"",
            stderr=cell.stderr.content if cell.stderr else b"",
            excess=self._whole_excess(usage, wall_ns if end else None),
            wall_limit_ms=self._limits.wall_time_ms,
            late_ms=_up_to_ms(self._late_ns),
        )

    # --- watching ---

    def _first_look(self) -> None:
        """What ends before it needs nobody to read its pipes meanwhile."""
        for sink in self._sinks:
            sink.start()
        self._look()

    def _look(self) -> None:
        cell, now_ns = self._cell, time.monotonic_ns()
        self._note_lateness()
        if cell.killed_ns or not cell.look_whether_started() or cell.started_ns is None:
            delay = _SHORTEST_LOOK_S
            if now_ns - (cell.killed_ns or cell.sent_ns) > _START_S * 1e9:
                cell.session.kill()
        else:
            delay = self._look_at_limits(now_ns - cell.started_ns)
        if not cell.is_over:
            self._timer = self._loop.call_later(delay, self._look)

    def _note_lateness(self) -> None:
        """Being late after it was ended gives it no more time."""
        if not self._cell.killed_ns:
            self._late_ns = self._late_so_far_ns() - self._late_before_ns

    def _forget_lateness_before(self, after: Cell) -> None:
        """What was lost while the other ran is not this one's; it may run for a while already."""
        now_ns = time.monotonic_ns()
        free_ns = after.end.time_ns if after.end else now_ns
        self._late_before_ns = max(0, self._late_so_far_ns() - (now_ns - free_ns))

    def _look_at_limits(self, wall_ns: int) -> float:
        """How long the program may go on unwatched."""
        with contextlib.suppress(OSError):  # no descriptor to look by, for now
            self._seen_cpu_ns = self._cpu_so_far()
        cpu_ns = self._seen_cpu_ns
        excess = self._reached(cpu_ns, wall_ns)
        if excess is not None:
            self._stop(excess)
        return self._next_look(cpu_ns, wall_ns)

    def _reached(self, cpu_ns: int, wall_ns: int) -> Excess | None:
        if cpu_ns >= self._limits.kill_time_ms * 1_000_000:
            return Excess.CPU_TIME
        if wall_ns >= self._wall_limit_ns():
            return Excess.WALL_TIME
        if self._cell.is_weak and self._peak_kib > self._limits.memory_kib:
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
        longest = _WEAK_LOOK_S if self._cell.is_weak else _LONGEST_LOOK_S
        return min(max(delay, _SHORTEST_LOOK_S), longest)

    def _cpu_so_far(self) -> int:
        cpu_ns = self._cell.leaf.cpu_ns()
        self._peak_kib = max(self._peak_kib, self._cell.leaf.memory_kib() or 0)
        if self._cell.is_weak or cpu_ns is None:
            tree = tree_usage(*self._cell.roots())
            self._peak_kib = max(self._peak_kib, tree.memory_kib)
            self._tree_cpu_ns = max(self._tree_cpu_ns, tree.cpu_ns)
        return self._tree_cpu_ns if cpu_ns is None else cpu_ns

    def _on_flood(self) -> None:
        self._stop(Excess.OUTPUT)

    def _stop(self, excess: Excess) -> None:
        """What has been said by now counts: this server may have stood still meanwhile."""
        self._cell.session.hear()
        if not self._cell.is_over or excess is Excess.OUTPUT:
            self._excess.add(excess)
            self._cell.kill()

    # --- what was seen ---

    def _usage(self) -> Usage:
        """The group's figures; where it has none, the larger of what was polled and reported."""
        try:
            usage, end = self._cell.leaf.usage(), self._cell.end
        except OSError as error:
            raise broken_by(error, "what a program used could not be read") from error
        cpu_ns, peak_kib = usage.cpu_ns, usage.peak_kib
        if cpu_ns is None:
            cpu_ns = max(self._tree_cpu_ns, end.cpu_ns if end else 0)
        if peak_kib is None:
            peak_kib = max(self._peak_kib, end.max_rss_kib if end else 0)
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
        is_fat = self._cell.is_weak and (usage.peak_kib or 0) > self._limits.memory_kib
        if usage.was_out_of_memory or is_fat:
            excess.add(Excess.MEMORY)
        if (usage.cpu_ns or 0) > self._limits.time_ms * 1_000_000:
            excess.add(Excess.CPU_TIME)
        return excess


def _up_to_ms(nanoseconds: int) -> int:
    """Rounded up, so that a time over a limit never shows as within it."""
    return -(-nanoseconds // 1_000_000)
