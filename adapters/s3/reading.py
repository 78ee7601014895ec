"""How far the reading of a blob has come, and whether what was read has the hash that names it."""

import hashlib
from typing import Any

from application.ports.blob_store import BlobCorrupt
from domain.ids import BlobKey


class Reading:
    """The bytes from `start`, at most `length`; how many there are is known when it has begun."""

    def __init__(self, key: BlobKey, start: int, length: int | None) -> None:
        self.key = key
        self._start = start
        self._length = length
        self._next = start
        self._end: int | None = None
        self._digest: Any = None

    @property
    def next_byte(self) -> int:
        """Where it goes on."""
        return self._next

    @property
    def left(self) -> int:
        """How many bytes are to come, as far as is known."""
        return 0 if self._end is None else max(0, self._end - self._next)

    @property
    def done(self) -> bool:
        """Whether all is read."""
        return self._end is not None and self.left == 0

    def range(self) -> dict[str, str]:
        """What to ask for, as arguments; nothing for the whole (an empty object has no range)."""
        if self._next == 0 and self._length is None:
            return {}
        last = "" if self._length is None else self._start + self._length - 1
        return {"Range": f"bytes={self._next}-{last}"}

    def begin(self, size_bytes: int) -> None:
        """Take note of the blob's size; harmless when it goes on.

        Raises:
            BlobCorrupt: it is empty, and should not be.
        """
        if self._end is not None:
            return
        self._end = size_bytes
        if self._length is not None:
            self._end = min(size_bytes, self._start + self._length)
        if self._start == 0 and self._end == size_bytes:
            self._digest = hashlib.sha256()
        if size_bytes == 0:
            self._check()

    def take(self, piece: bytes) -> None:
        """Move on by what was read.

        Raises:
            BlobCorrupt: it was the last of the whole, which does not have its hash.
        """
        self._next += len(piece)
        if self._digest is not None:
            self._digest.update(piece)
        if self.done:
            self._check()

    def _check(self) -> None:
        if self._digest is not None and self._digest.hexdigest() != self.key:
            raise BlobCorrupt(self.key)
