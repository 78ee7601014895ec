"""The folder of what a server keeps while it runs, and what is left of those that were killed.

Servers in other containers and on other machines may share it, whose processes cannot be seen from
here: each holds a lock, and who can take a lock knows that its server is no more.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from adapters.sandbox.cgroups import PREFIX, kill_group
from adapters.sandbox.leaves import remove_group
from adapters.sandbox.locks import FileLock, Locked
from adapters.sandbox.processes import Owner

BASES = "cgroup-bases"
_LIVE, _LOCK = "live", "lock"


class OwnFolder:
    """A folder for what this process keeps while it runs; leftovers of dead ones are removed."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where none can be made."""
        live = folder / _LIVE
        live.mkdir(parents=True, exist_ok=True)
        for left in live.iterdir():
            with contextlib.suppress(OSError):
                _sweep(left)
        self.path, self._lock = _made(live)
        self.path.chmod(0o755)

    def remove(self) -> None:
        """Harmless twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _made(live: Path) -> tuple[Path, FileLock]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"{Owner.this()}-", dir=live))
        with contextlib.suppress(FileNotFoundError):
            lock = FileLock(path / _LOCK, os.O_CREAT)
            if lock.take() is not Locked.HELD and lock.is_of(path / _LOCK):
                return path, lock
            lock.close()  # another server swept it before it was locked


def _sweep(left: Path) -> None:
    owner = Owner.named(left.name)
    if owner and owner.is_here and owner.is_alive:
        return
    is_known_dead = bool(owner and owner.is_here)
    try:
        lock = FileLock(left / _LOCK)
    except FileNotFoundError:  # one that is just being made, or was half removed
        if is_known_dead:
            _remove(left, owner)
        return
    with lock:
        taken = lock.take()
        if taken is Locked.MINE or (taken is Locked.UNKNOWN and is_known_dead):
            _remove(left, owner)


def _remove(left: Path, owner: Owner | None) -> None:
    if owner and owner.is_here:
        with contextlib.suppress(OSError):
            for base in (left / BASES).read_text().splitlines():
                for group in Path(base).glob(f"{PREFIX}-{owner}-*"):
                    kill_group(group)
                    remove_group(str(group))
    shutil.rmtree(left, ignore_errors=True)
