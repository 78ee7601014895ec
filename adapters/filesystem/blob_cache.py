"""Blobs of a remote store, kept on this machine's disk while there is room for them."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from datetime import datetime
from io import BufferedReader
from pathlib import Path

from adapters.filesystem.cache_folder import CacheFolder
from application.ports.blob_store import Blob, BlobStore, StoredBlob
from application.ports.clock import Clock
from domain.ids import BlobKey

DEFAULT_BYTES = 2 * 1024**3
_PIECE_BYTES = 1024 * 1024
_KEY = re.compile(r"[0-9a-f]{64}")


class CachedBlobStore(BlobStore):
    """What is read whole is kept, and read from here the next time, whole or in part.

    Its hash is checked when it is kept and before each use, so damage is never served. As blobs
    never change, one that was deleted by others may still be read here.
    """

    def __init__(
        self, remote: BlobStore, folder: Path, clock: Clock, *, limit_bytes: int = DEFAULT_BYTES
    ) -> None:
        self._remote = remote
        self._folder = CacheFolder(folder, limit_bytes)
        self._clock = clock

    async def put(self, chunks: AsyncIterable[bytes]) -> Blob:
        return await self._remote.put(chunks)

    async def get(
        self, key: BlobKey, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        is_key = _KEY.fullmatch(key) is not None
        kept = await self._open(key) if is_key else None
        if kept is not None:
            pieces = _pieces(kept, start, length)
        elif is_key and start == 0 and length is None:
            pieces = self._fetch(key)
        else:
            pieces = self._remote.get(key, start=start, length=length)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def delete(self, key: BlobKey, *, touched_until: datetime | None = None) -> bool:
        deleted = await self._remote.delete(key, touched_until=touched_until)
        if deleted:
            await asyncio.to_thread(self._folder.remove, key)
        return deleted

    async def list(self) -> AsyncGenerator[StoredBlob]:
        async for blob in self._remote.list():
            yield blob

    async def remove_unfinished(self, begun_before: datetime) -> int:
        return await self._remote.remove_unfinished(begun_before)

    async def owner(self) -> str | None:
        return await self._remote.owner()

    async def claim(self, owner: str) -> None:
        await self._remote.claim(owner)

    async def check(self) -> None:
        await self._remote.check()

    async def close(self) -> None:
        await self._remote.close()

    async def _open(self, key: BlobKey) -> BufferedReader | None:
        opening = asyncio.ensure_future(
            asyncio.to_thread(self._folder.open, key, self._clock.now())
        )
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_opened)
            raise

    async def _fetch(self, key: BlobKey) -> AsyncGenerator[bytes]:
        """The remote bytes, kept on their way if they come whole and there is room."""
        filling = self._folder.fill(key)
        try:
            async with aclosing(self._remote.get(key)) as pieces:
                async for piece in pieces:
                    await asyncio.to_thread(filling.write, piece)
                    yield piece
            await asyncio.to_thread(self._folder.keep, filling, self._clock.now())
        finally:
            await asyncio.shield(asyncio.to_thread(filling.discard))


async def _pieces(file: BufferedReader, start: int, length: int | None) -> AsyncGenerator[bytes]:
    try:
        left = length
        file.seek(start)
        while left is None or left > 0:
            count = _PIECE_BYTES if left is None else min(_PIECE_BYTES, left)
            piece = await asyncio.to_thread(file.read, count)
            if piece:
                yield piece
            if len(piece) < count:
                return
            left = None if left is None else left - count
    finally:
        file.close()


def _close_opened(opening: asyncio.Future[BufferedReader | None]) -> None:
    if not opening.cancelled() and opening.exception() is None and (file := opening.result()):
        file.close()
