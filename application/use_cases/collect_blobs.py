"""Blobs that no test refers to are removed, a day after they were last uploaded (decision 9)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from application import ownership
from application.ports.blob_store import BlobStore, StoredBlob
from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.storage import Storage

UNTOUCHED_FOR = timedelta(hours=24)
"""Far longer than from an upload's first byte to the transaction that refers to it."""


class CollectionRefused(Exception):
    """What was found does not look as if it might go; nothing was removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was removed, or would be; `unfinished` counts what killed uploads had left.

    `refusal` is why a dry run would not be followed by a removal; None if it would.
    """

    blobs: Sequence[StoredBlob]
    unfinished: int
    refusal: str | None = None

    @property
    def size_bytes(self) -> int:
        """Of all the blobs together."""
        return sum(blob.size_bytes for blob in self.blobs)


@dataclass(slots=True, kw_only=True)
class _Found:
    """What a look at the whole store has found; `strays` are unreferenced and old."""

    total: int = 0
    referenced: int = 0
    strays: list[StoredBlob] = field(default_factory=list)

    def why_too_much(self) -> str | None:
        found = (
            f"of {self.total} blobs, tests of this database refer to {self.referenced},"
            f" and {len(self.strays)} would go"
        )
        if self.strays and not self.referenced:
            return f"{found}: is it the right database? `--even-if-most` removes them"
        if len(self.strays) * 2 > self.total:
            return f"{found}, which is more than half: `--even-if-most` removes them"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectBlobs:
    storage: Storage
    blobs: BlobStore
    clock: Clock
    ids: Ids

    async def __call__(
        self, *, dry_run: bool = False, even_if_most: bool = False, take_over: bool = False
    ) -> Collected:
        """One round; safe to repeat, and while tests are uploaded and submissions judged.

        Each blob is looked at again before it is removed: whoever uploads it meanwhile keeps it.
        A dry run removes nothing, and does not look for what killed uploads left. `take_over`
        makes the store this database's before, whosever it was.

        Raises:
            CollectionRefused: the blobs are another database's, or may be; or, without
                `even_if_most`, more than half of them would go, or no test refers to any.
        """
        if take_over and not dry_run:
            await ownership.take_over(self.storage, self.blobs, self.ids)
        untouched_since = self.clock.now() - UNTOUCHED_FOR
        found = _Found()
        async for batch in ownership.in_batches(self.blobs.list()):
            referenced = await ownership.referenced(self.storage, [blob.key for blob in batch])
            found.total += len(batch)
            found.referenced += len(referenced)
            found.strays += [
                blob
                for blob in batch
                if blob.key not in referenced and blob.touched_at < untouched_since
            ]
        refusal = await self._refusal(found, even_if_most=even_if_most, take_over=take_over)
        if dry_run:
            return Collected(blobs=found.strays, unfinished=0, refusal=refusal)
        if refusal is not None:
            raise CollectionRefused(refusal)
        removed = [blob for blob in found.strays if await self._remove(blob)]
        unfinished = await self.blobs.remove_unfinished(untouched_since)
        return Collected(blobs=removed, unfinished=unfinished)

    async def _refusal(self, found: _Found, *, even_if_most: bool, take_over: bool) -> str | None:
        if found.total and not take_over:
            why = await ownership.why_not_ours(self.storage, self.blobs)
            if why is not None:
                return f"{ownership.WHAT} with its {found.total} blobs: {why}"
        return None if even_if_most else found.why_too_much()

    async def _remove(self, blob: StoredBlob) -> bool:
        if await ownership.referenced(self.storage, [blob.key]):
            return False
        return await self.blobs.delete(blob.key, touched_until=blob.touched_at)
