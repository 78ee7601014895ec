"""Immutable bytes in a dictionary."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from datetime import datetime

from application.ports.blob_store import Blob, BlobCorrupt, BlobNotFound, BlobStore, StoredBlob
from application.ports.clock import Clock
from domain.ids import BlobKey

_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBlob:
    """Bytes, and when they were last put."""

    content: bytes
    touched_at: datetime


class MemoryBlobStore(BlobStore):
    """`held` may be handed in, so that blobs outlive one store, or come to harm."""

    def __init__(self, clock: Clock, held: dict[BlobKey, HeldBlob] | None = None) -> None:
        self._clock = clock
        self._held = {} if held is None else held
        self._owner: str | None = None

    async def put(self, chunks: AsyncIterable[bytes]) -> Blob:
        content = b"".join([chunk async for chunk in chunks])
        key = _key_of(content)
        self._held[key] = HeldBlob(content=content, touched_at=self._clock.now())
        return Blob(key=key, size_bytes=len(content))

    async def get(
        self, key: BlobKey, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        await asyncio.sleep(0)
        held = self._held.get(key)
        if held is None:
            raise BlobNotFound(key)
        whole = start == 0 and (length is None or length >= len(held.content))
        if whole and _key_of(held.content) != key:
            raise BlobCorrupt(key)
        end = len(held.content) if length is None else min(len(held.content), start + length)
        for piece in range(start, end, _PIECE_BYTES):
            yield held.content[piece : min(end, piece + _PIECE_BYTES)]

    async def delete(self, key: BlobKey, *, touched_until: datetime | None = None) -> bool:
        held = self._held.get(key)
        if held is None or (touched_until is not None and held.touched_at > touched_until):
            return False
        del self._held[key]
        return True

    async def list(self) -> AsyncGenerator[StoredBlob]:
        for key, held in tuple(self._held.items()):
            yield StoredBlob(key=key, size_bytes=len(held.content), touched_at=held.touched_at)

    async def remove_unfinished(self, begun_before: datetime) -> int:
        return 0

    async def owner(self) -> str | None:
        return self._owner

    async def claim(self, owner: str) -> None:
        self._owner = owner

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return


def _key_of(content: bytes) -> BlobKey:
    return BlobKey(hashlib.sha256(content).hexdigest())
