"""Whose the stored test data are: a store of blobs belongs to one database.

What that database does not name may be removed; what is uploaded for another would be lost to it.
"""

from collections.abc import AsyncIterator, Collection, Sequence

from application.ports.blob_store import BlobStore, StoredBlob
from application.ports.ids import Ids
from application.ports.storage import Storage, StoreRefused
from domain.ids import BlobKey

WHAT = "the store of test data"
NOBODYS = "it holds data of which this database knows nothing, and nobody has said whose they are"
ANOTHERS = "it belongs to another database than this one"
_REMEDY = (
    "give each deployment a bucket of its own, or, if no other deployment uses this one,"
    " run `assay gc --take-over`"
)
_AT_ONCE = 500


async def hold(storage: Storage, blobs: BlobStore, ids: Ids) -> None:
    """Return when the store of blobs is this database's: it takes one that is nobody's.

    One that holds data is taken only if this database names some of them.

    Raises:
        StoreRefused: it is another's, or may be.
    """
    deployment = await _settled(storage, ids)
    owner = await blobs.owner()
    if owner is None and await _may_be_ours(storage, blobs):
        await blobs.claim(deployment)
        owner = await blobs.owner()
    if owner != deployment:
        reason = NOBODYS if owner is None else ANOTHERS
        raise StoreRefused(WHAT, f"{reason}: {_REMEDY}")


async def take_over(storage: Storage, blobs: BlobStore, ids: Ids) -> None:
    """Make the store of blobs this database's, whosever it was."""
    await blobs.claim(await _settled(storage, ids))


async def why_not_ours(storage: Storage, blobs: BlobStore) -> str | None:
    """Why what this database does not name may not be removed; None if it may."""
    async with storage.read() as unit:
        deployment = await unit.deployment.known()
    owner = await blobs.owner()
    if owner is not None and owner == deployment:
        return None
    return f"{NOBODYS if owner is None else ANOTHERS}: {_REMEDY}"


async def in_batches(blobs: AsyncIterator[StoredBlob]) -> AsyncIterator[Sequence[StoredBlob]]:
    """All of them, so many at once as a database is well asked for."""
    batch: list[StoredBlob] = []
    async for blob in blobs:
        batch.append(blob)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def referenced(storage: Storage, keys: Collection[BlobKey]) -> frozenset[BlobKey]:
    """Those that a stored test refers to."""
    if not keys:
        return frozenset()
    async with storage.read() as unit:
        return await unit.test_cases.referenced_blobs(keys)


async def _settled(storage: Storage, ids: Ids) -> str:
    async with storage.read() as unit:
        known = await unit.deployment.known()
    if known is not None:
        return known
    async with storage.begin() as unit:
        return await unit.deployment.settle(ids.new())


async def _may_be_ours(storage: Storage, blobs: BlobStore) -> bool:
    is_empty = True
    async for batch in in_batches(blobs.list()):
        is_empty = False
        if await referenced(storage, [blob.key for blob in batch]):
            return True
    return is_empty
