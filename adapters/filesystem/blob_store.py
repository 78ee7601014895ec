"""Immutable bytes as files of a folder: `ab/cdef...` holds what has the hash `abcdef...`."""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from io import BufferedWriter
from pathlib import Path
from threading import Lock

from adapters.filesystem.folders import (
    entries,
    in_thread,
    locked,
    make_folder,
    modified_at,
    nanoseconds,
    sync_folder,
)
from application.ports.blob_store import Blob, BlobCorrupt, BlobNotFound, BlobStore, StoredBlob
from application.ports.clock import Clock
from domain.ids import BlobKey

LEFTOVER_AGE = timedelta(hours=24)
"""An unfinished file that is older belongs to no upload under way."""

_PIECE_BYTES = 256 * 1024
_INCOMING = "incoming"
_OWNER = "deployment"
_UNFINISHED = re.compile(r"put-([0-9]{1,17})-\w+\.part")
"""The number is when it was begun, in microseconds since 1970."""
_KEY = re.compile(r"[0-9a-f]{64}")
_PREFIX_LENGTH = 2


class FolderBlobStore(BlobStore):
    """The folder is made at the first use, for its owner alone; files are touched in threads.

    Putting what exists writes it again, and so also mends what was damaged. A put's last step and a
    removal take turns by a lock on the subfolder, which holds between processes. A full disk and
    the like are StoreUnavailable; a folder that may not be used is not.
    """

    def __init__(self, root: Path, clock: Clock) -> None:
        self._root = root
        self._incoming = root / _INCOMING
        self._clock = clock
        self._prepared = False

    async def put(self, chunks: AsyncIterable[bytes]) -> Blob:
        await self._prepare()
        upload = _Upload(self._incoming, self._clock.now())
        try:
            async for piece in _in_pieces(chunks):
                await in_thread(upload.write, piece)
            return await in_thread(upload.finish, self._root, self._clock.now())
        finally:
            await asyncio.shield(in_thread(upload.discard))

    async def get(
        self, key: BlobKey, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        reading = await in_thread(_Reading, self._path(key), key, start, length)
        while piece := await in_thread(reading.next_piece):
            yield piece

    async def delete(self, key: BlobKey, *, touched_until: datetime | None = None) -> bool:
        try:
            return await in_thread(_remove, self._path(key), touched_until)
        except BlobNotFound:
            return False

    async def list(self) -> AsyncGenerator[StoredBlob]:
        for folder in await in_thread(_folders, self._root):
            for blob in await in_thread(_blobs, folder):
                yield blob

    async def remove_unfinished(self, begun_before: datetime) -> int:
        return await in_thread(_remove_leftovers, self._incoming, begun_before)

    async def owner(self) -> str | None:
        return await in_thread(_written_in, self._root / _OWNER)

    async def claim(self, owner: str) -> None:
        await self._prepare()
        await in_thread(_write, self._root / _OWNER, owner, self._incoming, self._clock.now())

    async def check(self) -> None:
        await self._prepare()
        upload = _Upload(self._incoming, self._clock.now())
        try:
            await in_thread(upload.write, b"?")
        finally:
            await asyncio.shield(in_thread(upload.discard))

    async def close(self) -> None:
        return

    async def _prepare(self) -> None:
        if not self._prepared:
            await in_thread(make_folder, self._incoming)
            before = self._clock.now() - LEFTOVER_AGE
            await in_thread(_remove_leftovers, self._incoming, before)
            self._prepared = True

    def _path(self, key: BlobKey) -> Path:
        """Where the bytes are; no path is ever made of what is not a hash.

        Raises:
            BlobNotFound: the key is none.
        """
        if not _KEY.fullmatch(key):
            raise BlobNotFound(key)
        return self._root / key[:_PREFIX_LENGTH] / key[_PREFIX_LENGTH:]


class _Upload:
    """A file that is being written, one step at a time.

    A step runs in a thread, which goes on when the task that waits for it is cancelled: hence the
    lock, and hence no step does anything after `discard`.
    """

    def __init__(self, incoming: Path, begun_at: datetime) -> None:
        self._incoming = incoming
        self._begun_at = begun_at
        self._lock = Lock()
        self._file: BufferedWriter | None = None
        self._path = incoming
        self._discarded = False
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, piece: bytes) -> None:
        with self._lock:
            if not self._discarded:
                self._opened().write(piece)
                self._digest.update(piece)
                self._size += len(piece)

    def finish(self, root: Path, now: datetime) -> Blob:
        """Make the file durable, then give it its name, durably too."""
        with self._lock:
            key = BlobKey(self._digest.hexdigest())
            if not self._discarded:
                file = self._opened()
                file.flush()
                os.utime(file.fileno(), ns=(nanoseconds(now), nanoseconds(now)))
                os.fsync(file.fileno())
                folder = root / key[:_PREFIX_LENGTH]
                make_folder(folder)
                with locked(folder):
                    self._path.rename(folder / key[_PREFIX_LENGTH:])
                sync_folder(folder)
            return Blob(key=key, size_bytes=self._size)

    def discard(self) -> None:
        """Leave nothing unfinished; harmless when it is finished."""
        with self._lock:
            self._discarded = True
            if self._file is not None:
                self._path.unlink(missing_ok=True)
                with suppress(OSError):  # a full disk, which the write before has told
                    self._file.close()

    def _opened(self) -> BufferedWriter:
        if self._file is None:
            self._path, self._file = _unfinished(self._incoming, self._begun_at)
        return self._file


class _Reading:
    """A part of a blob, piece by piece; nothing is held open between two pieces."""

    def __init__(self, path: Path, key: BlobKey, start: int, length: int | None) -> None:
        self._path = path
        self._key = key
        self._next = start
        with self._found():
            size = path.stat().st_size
        self._end = size if length is None else min(size, start + length)
        whole = start == 0 and self._end == size
        self._digest = hashlib.sha256() if whole else None
        if whole and size == 0:
            self._check()

    def next_piece(self) -> bytes:
        """The next piece, checked if it is the last of the whole; empty at the end."""
        count = min(_PIECE_BYTES, self._end - self._next)
        if count <= 0:
            return b""
        with self._found(), self._path.open("rb") as file:
            file.seek(self._next)
            piece = file.read(count)
        self._next += count
        if self._digest is not None:
            self._digest.update(piece)
        if self._next == self._end:
            self._check()
        return piece

    def _check(self) -> None:
        if self._digest is not None and self._digest.hexdigest() != self._key:
            raise BlobCorrupt(self._key)

    @contextmanager
    def _found(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise BlobNotFound(self._key) from None


async def _in_pieces(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """The chunks joined to pieces that are worth the way to a thread; at least one."""
    waiting: list[bytes] = []
    size = 0
    async for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _unfinished(incoming: Path, begun_at: datetime) -> tuple[Path, BufferedWriter]:
    """A file that `remove_unfinished` knows, if it does not get its name."""
    begun = nanoseconds(begun_at) // 1_000
    descriptor, name = tempfile.mkstemp(".part", f"put-{begun}-", incoming)
    return Path(name), os.fdopen(descriptor, "wb")


def _written_in(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None


def _write(path: Path, text: str, incoming: Path, now: datetime) -> None:
    unfinished, file = _unfinished(incoming, now)
    try:
        with file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


def _folders(root: Path) -> Sequence[Path]:
    return [folder for folder in entries(root) if len(folder.name) == _PREFIX_LENGTH]


def _blobs(folder: Path) -> Sequence[StoredBlob]:
    blobs: list[StoredBlob] = []
    for file in entries(folder):
        key = folder.name + file.name
        if not _KEY.fullmatch(key):
            continue
        with suppress(FileNotFoundError):  # deleted meanwhile
            status = file.stat()
            blobs.append(
                StoredBlob(
                    key=BlobKey(key), size_bytes=status.st_size, touched_at=modified_at(status)
                )
            )
    return blobs


def _remove(path: Path, touched_until: datetime | None) -> bool:
    try:
        with locked(path.parent):
            if touched_until is not None and modified_at(path.stat()) > touched_until:
                return False
            path.unlink()
    except FileNotFoundError:
        return False
    return True


def _remove_leftovers(incoming: Path, before: datetime) -> int:
    """Remove what killed processes did not finish, but no upload of a living one."""
    oldest = nanoseconds(before) // 1_000
    removed = 0
    for file in entries(incoming):
        unfinished = _UNFINISHED.fullmatch(file.name)
        if unfinished is not None and int(unfinished[1]) < oldest:
            file.unlink(missing_ok=True)
            removed += 1
    return removed
