"""How the program in a box ended, or why nobody knows."""

import errno
from dataclasses import dataclass

from domain.run import Excess

MOST_LATE_MS = 10_000
"""More than a lease lasts: then others have taken the work over."""
SPENT = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM})
OUT_OF = SPENT | {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}
"""What a program cannot bring about from its box."""


class BoxBroken(Exception):
    """A box could not be made or started; `reason` is for staff, never for a candidate."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MachineSpent(BoxBroken):
    """There are no descriptors or processes left, so that no other box would do better now."""


class BoxesClosed(Exception):
    """Nothing more is run, and what ran was ended before its time."""


def broken_by(error: OSError, what: str) -> BoxBroken:
    return broken(error.errno or 0, f"{what}: {error}")


def broken(number: int, reason: str) -> BoxBroken:
    """For a failure with this error number."""
    return (MachineSpent if number in SPENT else BoxBroken)(reason)


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
