"""Reading test data, wherever it is kept."""

from collections.abc import AsyncGenerator

from application.ports.blob_store import BlobStore
from domain.challenge import TestData


async def whole(blobs: BlobStore, data: TestData) -> bytes:
    """All bytes of one input or expected output (at most 64 MiB).

    Raises:
        BlobNotFound, BlobCorrupt: the store lost them.
    """
    if data.inline is not None:
        return data.inline
    return b"".join([piece async for piece in blobs.get(data.key)])


async def beginning(blobs: BlobStore, data: TestData, length: int) -> bytes:
    """The first bytes of it, at most `length`."""
    if data.inline is not None:
        return data.inline[:length]
    return b"".join([piece async for piece in blobs.get(data.key, length=length)])


async def pieces(blobs: BlobStore, data: TestData) -> AsyncGenerator[bytes]:
    """All bytes, piece by piece."""
    if data.inline is not None:
        yield data.inline
        return
    async for piece in blobs.get(data.key):
        yield piece
