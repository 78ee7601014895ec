"""Locks on files that the kernel frees when whoever holds them ends, however that comes about."""

import fcntl
import os
from enum import Enum
from pathlib import Path
from typing import Self


class Locked(Enum):
    """What became of asking for a lock."""

    MINE = "mine"
    HELD = "held"
    UNKNOWN = "unknown"
    """The file is not there, or its file system has no locks."""


class FileLock:
    """A lock on a file, for as long as this is open."""

    def __init__(self, path: Path, flags: int = 0) -> None:
        """Raises OSError where the file cannot be opened."""
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o644)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self) -> Locked:
        """For this process alone, unless anybody has it."""
        return self._asked(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def share(self) -> Locked:
        """With others who share it; waits for one who has it alone."""
        return self._asked(fcntl.LOCK_SH)

    def is_of(self, path: Path) -> bool:
        """Whether it is still this file that lies there."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), path.stat())
        except OSError:
            return False

    def close(self) -> None:
        """Harmless twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _asked(self, how: int) -> Locked:
        try:
            fcntl.flock(self._descriptor, how)
        except BlockingIOError:
            return Locked.HELD
        except OSError:
            return Locked.UNKNOWN
        return Locked.MINE
