"""Which adapters there are of each port: a new one is a line in a table.

An entry is an async context manager over a folder of its own and a clock; it yields the adapter,
ready for use, and closes it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.filesystem.blob_store import FolderBlobStore
from adapters.memory.blob_store import HeldBlob, MemoryBlobStore
from adapters.memory.clock import ManualClock
from adapters.memory.storage import MemoryStorage
from adapters.memory.submissions import MemorySubmissionRepository
from adapters.sql.sqlite import SqliteEngine
from adapters.sql.storage import SqlStorage
from adapters.sql.submissions import SqlSubmissionRepository
from application.ports.blob_store import BlobStore
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from domain.ids import BlobKey

StorageFactory = Callable[[Path, ManualClock], AbstractAsyncContextManager[Storage]]
SubmissionsFactory = Callable[
    [Path, ManualClock], AbstractAsyncContextManager[SubmissionRepository]
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobStoreInHand:
    """A blob store; `damage` replaces stored bytes behind its back.

    `count_kept` counts what it keeps of blobs, finished or not (files, uploads under way).
    """

    store: BlobStore
    damage: Callable[[BlobKey, bytes], None]
    count_kept: Callable[[], int]


BlobStoreFactory = Callable[[Path, ManualClock], AbstractAsyncContextManager[BlobStoreInHand]]


@asynccontextmanager
async def memory_storage(_: Path, __: ManualClock) -> AsyncIterator[Storage]:
    storage = MemoryStorage()
    yield storage
    await storage.close()


@asynccontextmanager
async def memory_submissions(_: Path, __: ManualClock) -> AsyncIterator[SubmissionRepository]:
    submissions = MemorySubmissionRepository()
    yield submissions
    await submissions.close()


@asynccontextmanager
async def memory_blob_store(_: Path, clock: ManualClock) -> AsyncIterator[BlobStoreInHand]:
    held: dict[BlobKey, HeldBlob] = {}

    def damage(key: BlobKey, content: bytes) -> None:
        held[key] = HeldBlob(content=content, touched_at=held[key].touched_at)

    store = MemoryBlobStore(clock, held)
    yield BlobStoreInHand(store=store, damage=damage, count_kept=lambda: len(held))
    await store.close()


@asynccontextmanager
async def sqlite_storage(folder: Path, _: ManualClock) -> AsyncIterator[Storage]:
    storage = SqlStorage(SqliteEngine(folder / "assay.sqlite3"))
    yield storage
    await storage.close()


@asynccontextmanager
async def sqlite_submissions(folder: Path, _: ManualClock) -> AsyncIterator[SubmissionRepository]:
    submissions = SqlSubmissionRepository(SqliteEngine(folder / "assay.sqlite3"))
    yield submissions
    await submissions.close()


@asynccontextmanager
async def folder_blob_store(folder: Path, clock: ManualClock) -> AsyncIterator[BlobStoreInHand]:
    root = folder / "blobs"

    def damage(key: BlobKey, content: bytes) -> None:
        (root / key[:2] / key[2:]).write_bytes(content)

    def count_kept() -> int:
        return sum(path.is_file() for path in root.rglob("*"))

    store = FolderBlobStore(root, clock)
    yield BlobStoreInHand(store=store, damage=damage, count_kept=count_kept)
    await store.close()


STORAGES: dict[str, StorageFactory] = {
    "memory": memory_storage,
    "sqlite": sqlite_storage,
}
SUBMISSIONS: dict[str, SubmissionsFactory] = {
    "memory": memory_submissions,
    "sqlite": sqlite_submissions,
}
BLOB_STORES: dict[str, BlobStoreFactory] = {
    "memory": memory_blob_store,
    "folder": folder_blob_store,
}
