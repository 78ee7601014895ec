"""Blobs that no test refers to are removed, a day after they were last uploaded (decision 9)."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from application.ports.blob_store import BlobStore, StoredBlob
from application.ports.clock import Clock
from application.ports.storage import Storage
from domain.ids import BlobKey

UNTOUCHED_FOR = timedelta(hours=24)
"""Far longer than from an upload's first byte to the transaction that refers to it."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was removed, or would be; `unfinished` counts what killed uploads had left."""

    blobs: Sequence[StoredBlob]
    unfinished: int

    @property
    def size_bytes(self) -> int:
        """Of all the blobs together."""
        return sum(blob.size_bytes for blob in self.blobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectBlobs:
    storage: Storage
    blobs: BlobStore
    clock: Clock

    async def __call__(self, *, dry_run: bool = False) -> Collected:
        """One round; safe to repeat, and while tests are uploaded and submissions judged.

        Each blob is looked at again before it is removed: whoever uploads it meanwhile keeps it.
        A dry run removes nothing, and does not look for what killed uploads left.
        """
        untouched_since = self.clock.now() - UNTOUCHED_FOR
        collected: list[StoredBlob] = []
        async for blobs in _in_batches(self.blobs.list()):
            old = [blob for blob in blobs if blob.touched_at < untouched_since]
            referenced = await self._referenced([blob.key for blob in old])
            for blob in old:
                if blob.key not in referenced and (dry_run or await self._remove(blob)):
                    collected.append(blob)  # noqa: PERF401 - kept also as far as it came
        unfinished = 0 if dry_run else await self.blobs.remove_unfinished(untouched_since)
        return Collected(blobs=collected, unfinished=unfinished)

    async def _remove(self, blob: StoredBlob) -> bool:
        if await self._referenced([blob.key]):
            return False
        return await self.blobs.delete(blob.key, touched_until=blob.touched_at)

    async def _referenced(self, keys: Collection[BlobKey]) -> frozenset[BlobKey]:
        if not keys:
            return frozenset()
        async with self.storage.read() as unit:
            return await unit.test_cases.referenced_blobs(keys)


async def _in_batches(blobs: AsyncIterator[StoredBlob]) -> AsyncIterator[Sequence[StoredBlob]]:
    batch: list[StoredBlob] = []
    async for blob in blobs:
        batch.append(blob)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    yield batch
