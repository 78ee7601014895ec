"""A bounded folder of bytes under their hashes, shared by processes: it may lose, it never lies."""

import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from io import BufferedReader, FileIO
from pathlib import Path
from threading import Lock

import structlog

from adapters.filesystem.folders import entries, nanoseconds
from domain.ids import BlobKey

_INCOMING = "incoming"
_PREFIX_LENGTH = 2
_BLOCK_BYTES = 4096
_UNSEEN_SHARE = 0.05
"""How much a process adds before it counts anew what all have added."""
_FULL_SHARE = 0.9
"""From here on room is made: two processes may each add something that the other has not seen."""
_KEPT_SHARE = 0.85

_log = structlog.get_logger(__name__)


class CacheFolder:
    """At most `limit_bytes` of whole blobs; what was not used for longest goes first.

    Several processes may share it: with two of them the limit holds, each further one may exceed it
    by a twentieth. Where the disk is full before the limit is reached, the oldest goes; where it
    fails or there is no more to remove, less or nothing is kept, and that is logged.
    Every method blocks, and none raises.
    """

    def __init__(self, root: Path, limit_bytes: int) -> None:
        self._root = root
        self._limit = limit_bytes
        self._lock = Lock()
        self._unseen: int | None = None
        """What was added since all was counted; None before."""
        self._failing = False

    def open(self, key: BlobKey, now: datetime) -> BufferedReader | None:
        """The blob's file, at its beginning, proven to have that hash; None if it is not here."""
        path = self._path(key)
        try:
            file = path.open("rb")
        except OSError:
            return None
        if self._is_sound(file, key, now):
            return file
        file.close()
        self.remove(key)
        return None

    def remove(self, key: BlobKey) -> None:
        """Forget the blob; harmless if it is not here."""
        with suppress(OSError):
            self._path(key).unlink()

    def fill(self, key: BlobKey) -> "Filling":
        """Begin to keep a blob; what is longer than the limit will not be."""
        path = self._path(key)
        return Filling(self._root / _INCOMING, path, key, self._limit, self._give_back)

    def keep(self, filling: "Filling", now: datetime) -> None:
        """Keep what was filled, if it is whole, and make room for it."""
        size = filling.finish(now)
        if filling.failure is not None and not self._failing:
            _log.warning("blobs cannot be cached", error=str(filling.failure))
        self._failing = filling.failure is not None
        with self._lock:
            if self._unseen is None or self._unseen + size > self._limit * _UNSEEN_SHARE:
                self._make_room()
                self._unseen = 0
            else:
                self._unseen += size

    def _is_sound(self, file: BufferedReader, key: BlobKey, now: datetime) -> bool:
        try:
            if hashlib.file_digest(file, "sha256").hexdigest() != key:
                _log.warning("a cached blob is damaged", key=key)
                return False
            file.seek(0)
            os.utime(file.fileno(), ns=(nanoseconds(now), nanoseconds(now)))
        except OSError as error:
            _log.warning("a cached blob cannot be read", key=key, error=str(error))
            return False
        return True

    def _make_room(self) -> None:
        """Count what is there, whoever put it there, and remove the oldest if that is too much."""
        _remove_abandoned(self._root / _INCOMING)
        files = sorted(_files(self._root))
        used = sum(size for _, size, _ in files)
        if used <= self._limit * _FULL_SHARE:
            return
        for _, size, path in files:
            with suppress(OSError):
                path.unlink()
                used -= size
            if used <= self._limit * _KEPT_SHARE:
                return

    def _give_back(self, wanted: int) -> bool:
        """Remove the oldest, for a disk that is full: so much, and a twentieth of all at least.

        Whether there was anything.
        """
        incoming = self._root / _INCOMING
        files = sorted(one for one in _files(self._root) if one[2].parent != incoming)
        left = max(wanted, int(sum(size for _, size, _ in files) * _UNSEEN_SHARE))
        for _, size, path in files:
            if left <= 0:
                break
            with suppress(OSError):
                path.unlink()
                left -= size
        return bool(files)

    def _path(self, key: BlobKey) -> Path:
        return self._root / key[:_PREFIX_LENGTH] / key[_PREFIX_LENGTH:]


class Filling:
    """A file on its way into the cache; what goes wrong with it only means that it is not kept.

    A step goes on in its thread when the task that waits for it is cancelled: hence the lock, and
    hence no step does anything after `discard`. The file is locked as long as it is open, which
    ends with the process at the latest: so others know whether it is abandoned.
    """

    def __init__(
        self,
        incoming: Path,
        path: Path,
        key: BlobKey,
        limit_bytes: int,
        give_back: Callable[[int], bool],
    ) -> None:
        self.failure: OSError | None = None
        self._incoming = incoming
        self._path = path
        self._key = key
        self._limit = limit_bytes
        self._give_back = give_back
        self._size = 0
        self._digest = hashlib.sha256()
        self._lock = Lock()
        self._part = incoming
        self._file: FileIO | None = None
        self._over = False

    def write(self, piece: bytes) -> None:
        """Add what was read."""
        with self._lock:
            self._size += len(piece)
            self._digest.update(piece)
            if self._size > self._limit:
                self._discard()
            if not self._over:
                self._succeeds(lambda: self._write_all(piece))

    def finish(self, now: datetime) -> int:
        """Give the file its name if it is whole; how much room it takes, 0 if it is not kept."""
        with self._lock:
            whole = not self._over and self._digest.hexdigest() == self._key
            if whole and self._succeeds(lambda: self._name(now)):
                return _room(self._size)
            return 0

    def discard(self) -> None:
        """Leave nothing unfinished; harmless when it is finished, or discarded."""
        with self._lock:
            self._discard()

    def _succeeds(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except OSError as error:
            self.failure = error
            self._discard()
            return False
        return True

    def _opened(self) -> FileIO:
        while self._file is None:
            self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(".part", dir=self._incoming)
            file = FileIO(descriptor, "wb")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                self._file, self._part = file, Path(name)
            else:  # before it was locked, another process took it for abandoned
                file.close()
        return self._file

    def _write_all(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            left = left[self._written(left) :]

    def _written(self, piece: memoryview) -> int:
        """How much of it was; a full disk is made less full as long as there is what may go."""
        while True:
            try:
                return self._opened().write(piece)
            except OSError as error:
                if error.errno != errno.ENOSPC or not self._give_back(_room(len(piece))):
                    raise

    def _name(self, now: datetime) -> None:
        os.utime(self._opened().fileno(), ns=(nanoseconds(now), nanoseconds(now)))
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        self._part.rename(self._path)

    def _discard(self) -> None:
        self._over = True
        if self._file is not None:
            with suppress(OSError):
                self._part.unlink(missing_ok=True)
            self._file.close()


def _files(root: Path) -> Iterator[tuple[int, int, Path]]:
    """When each was last used, the room it takes, and where it is; also what is being filled."""
    for folder in entries(root):
        for file in entries(folder):
            with suppress(OSError):  # removed meanwhile
                status = file.stat()
                yield status.st_mtime_ns, _room(status.st_size), file


def _remove_abandoned(incoming: Path) -> None:
    """Remove the files of processes that were killed."""
    for part in entries(incoming):
        with suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def _room(size_bytes: int) -> int:
    """Small files take a block as well."""
    return max(1, -(-size_bytes // _BLOCK_BYTES)) * _BLOCK_BYTES
