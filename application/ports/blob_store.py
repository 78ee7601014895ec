"""Immutable bytes under the hash of their content."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import BlobKey


class BlobNotFound(Exception):
    """There are no such bytes."""

    def __init__(self, key: BlobKey) -> None:
        super().__init__(f"there is no blob {key}")
        self.key = key


class BlobCorrupt(Exception):
    """What is stored does not have the hash that names it."""

    def __init__(self, key: BlobKey) -> None:
        super().__init__(f"blob {key} is damaged")
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """The name and size of stored bytes."""

    key: BlobKey
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """One entry of a listing; `touched_at` is when it was last put."""

    key: BlobKey
    size_bytes: int
    touched_at: datetime


class BlobStore(Protocol):
    """Content-addressed: the key is the SHA-256 of the bytes, so nothing is ever overwritten.

    Every method may raise StoreUnavailable: the store cannot be reached now.
    """

    async def put(self, chunks: AsyncIterable[bytes]) -> Blob:
        """Store the bytes durably and name them; putting what exists touches it.

        A failure half-way, also of `chunks` itself, leaves nothing behind.
        """
        ...

    def get(
        self, key: BlobKey, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        """The bytes from `start` (at most `length`), in pieces; beyond the end there are none.

        A read from start to end checks the hash before the last piece is given.

        Raises:
            BlobNotFound: there are no such bytes.
            BlobCorrupt: they do not have the hash that names them.
        """
        ...

    async def delete(self, key: BlobKey, *, touched_until: datetime | None = None) -> bool:
        """Remove the bytes, and tell whether any were; harmless where there are none.

        With `touched_until`, only what was last put then or before. A put that comes at the same
        moment, or while a removal is delayed on its way, is never lost: either nothing is removed,
        or the put stores the bytes afresh.
        """
        ...

    def list(self) -> AsyncIterator[StoredBlob]:
        """Every stored blob, in no promised order."""
        ...

    async def remove_unfinished(self, begun_before: datetime) -> int:
        """Remove what killed processes left of puts that they began before then; how many."""
        ...

    async def owner(self) -> str | None:
        """Which deployment has said that the store is its own; None if none has."""
        ...

    async def claim(self, owner: str) -> None:
        """Say durably that the store is that deployment's, whosever it was (at most 255 letters).

        Of two at the same moment one holds: whoever has to know asks for the owner afterwards.
        """
        ...

    async def check(self) -> None:
        """Return if the store can be read and written; raise whatever says why not."""
        ...

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...
