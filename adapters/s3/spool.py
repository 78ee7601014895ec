"""Bytes that wait for their hash: the first in memory, more of them in a file without a name."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterable, Callable
from threading import Lock
from typing import ParamSpec, Self, TypeVar

from application.ports.storage import StoreUnavailable
from domain.ids import BlobKey

_WHAT = "the folder for temporary files"
_WORTH_A_THREAD = 256 * 1024
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class Spool:
    """What is to be put, received whole.

    A file that has no name is gone with the process, however that ends. A step goes on in its
    thread when the task that waits for it is cancelled: hence the lock.
    """

    def __init__(self, memory_bytes: int) -> None:
        # SIM115: it lives as long as the spool, whose `close` closes it.
        self._file = tempfile.SpooledTemporaryFile(max_size=memory_bytes)  # noqa: SIM115
        self._lock = Lock()
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    @classmethod
    async def receive(cls, chunks: AsyncIterable[bytes], *, memory_bytes: int) -> Self:
        """Take all chunks.

        Raises:
            StoreUnavailable: there is no room for them.
        """
        spool = cls(memory_bytes)
        try:
            waiting = bytearray()
            async for chunk in chunks:
                waiting += chunk
                if len(waiting) >= _WORTH_A_THREAD:
                    await _in_thread(spool._write, bytes(waiting))
                    waiting.clear()
            await _in_thread(spool._write, bytes(waiting))
        except BaseException:
            spool.close()
            raise
        return spool

    @property
    def key(self) -> BlobKey:
        """The hash of all bytes."""
        return BlobKey(self._digest.hexdigest())

    async def read(self, start: int, count: int) -> bytes:
        """A part of the bytes."""
        return await _in_thread(self._read, start, count)

    def close(self) -> None:
        """Forget the bytes."""
        with self._lock:
            self._file.close()

    def _write(self, piece: bytes) -> None:
        with self._lock:
            if not self._file.closed:
                self._file.write(piece)
                self._digest.update(piece)
                self.size_bytes += len(piece)

    def _read(self, start: int, count: int) -> bytes:
        with self._lock:
            if self._file.closed:
                return b""
            self._file.seek(start)
            return self._file.read(count)


async def _in_thread(
    work: Callable[_Given, _Result], *arguments: _Given.args, **named: _Given.kwargs
) -> _Result:
    try:
        return await asyncio.to_thread(work, *arguments, **named)
    except OSError as error:
        raise StoreUnavailable(_WHAT) from error
