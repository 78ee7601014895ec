"""What is special to blobs in a folder: names, permissions, leftovers, durable order."""

import hashlib
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.filesystem.blob_store import LEFTOVER_AGE, FolderBlobStore
from adapters.memory.clock import ManualClock
from application.ports.blob_store import BlobNotFound
from domain.ids import BlobKey

CONTENT = b"1 2\n"
KEY = BlobKey(hashlib.sha256(CONTENT).hexdigest())
LARGE = b"x" * 1024 * 1024
LARGE_KEY = BlobKey(hashlib.sha256(LARGE).hexdigest())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "made" / "blobs"


@pytest.fixture
def store(root: Path, clock: ManualClock) -> FolderBlobStore:
    return FolderBlobStore(root, clock)


async def test_nothing_is_made_before_the_first_use(store: FolderBlobStore, root: Path) -> None:
    with pytest.raises(BlobNotFound):
        await _read(store, KEY)
    assert [one async for one in store.list()] == []
    assert _modes(root.parent) == {}


async def test_a_blob_is_a_file_under_its_hash(store: FolderBlobStore, root: Path) -> None:
    await store.put(_chunks(CONTENT))
    assert (root / KEY[:2] / KEY[2:]).read_bytes() == CONTENT


async def test_files_and_folders_are_their_owners_alone(store: FolderBlobStore, root: Path) -> None:
    await store.put(_chunks(CONTENT))
    assert _modes(root.parent) == {
        "blobs": 0o700,
        "incoming": 0o700,
        KEY[:2]: 0o700,
        KEY[2:]: 0o600,
    }


@pytest.mark.parametrize("age", [timedelta(0), LEFTOVER_AGE])
async def test_what_may_be_under_way_is_left_alone(
    root: Path, clock: ManualClock, age: timedelta
) -> None:
    leftover = await _leave_unfinished(root, clock)
    clock.advance(age)
    await FolderBlobStore(root, clock).check()
    assert leftover.exists()


async def test_old_leftovers_of_a_killed_process_are_removed(
    root: Path, clock: ManualClock
) -> None:
    leftover = await _leave_unfinished(root, clock)
    stranger = leftover.with_name("notes.txt")
    stranger.touch()
    clock.advance(LEFTOVER_AGE + timedelta(microseconds=1))
    await FolderBlobStore(root, clock).check()
    assert not leftover.exists()
    assert stranger.exists()


async def test_unfinished_and_strange_files_are_no_blobs(
    store: FolderBlobStore, root: Path, clock: ManualClock
) -> None:
    await store.put(_chunks(CONTENT))
    await _leave_unfinished(root, clock)
    for name in ("README", "ab/cdef", "ab/.DS_Store", "zz"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    assert {one.key async for one in store.list()} == {KEY, LARGE_KEY}


async def test_putting_again_mends_what_was_damaged(store: FolderBlobStore, root: Path) -> None:
    await store.put(_chunks(CONTENT))
    (root / KEY[:2] / KEY[2:]).write_bytes(b"?")
    await store.put(_chunks(CONTENT))
    assert await _read(store, KEY) == CONTENT


@pytest.mark.parametrize("key", ["../secret", "..", "../../made/secret", "/etc/passwd"])
async def test_no_key_leads_out_of_the_folder(store: FolderBlobStore, root: Path, key: str) -> None:
    await store.put(_chunks(CONTENT))
    secret = root.parent / "secret"
    secret.write_bytes(b"secret")
    with pytest.raises(BlobNotFound):
        await _read(store, BlobKey(key))
    await store.delete(BlobKey(key))
    assert secret.exists()


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        await FolderBlobStore(tmp_path / "file" / "blobs", clock).check()


_PUT_TOO_MUCH = """
import asyncio, sys
from pathlib import Path
from adapters.filesystem.blob_store import FolderBlobStore
from adapters.system.clock import SystemClock
from application.ports.storage import StoreUnavailable

async def chunks():
    for _ in range(10):
        yield bytes(300_000)

async def main():
    store = FolderBlobStore(Path(sys.argv[1]), SystemClock())
    try:
        await store.put(chunks())
    except StoreUnavailable as outage:
        print(outage, [path.name for path in Path(sys.argv[1]).rglob("*")])

asyncio.run(main())
"""


def test_a_full_disk_is_an_outage_and_nothing_is_left(tmp_path: Path) -> None:
    mounted = f'mount -t tmpfs -o size=1m none {tmp_path} && exec "$@"'
    own_mounts = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted, "sh")
    put = subprocess.run(  # noqa: S603 - a program of this test
        [*own_mounts, sys.executable, "-c", _PUT_TOO_MUCH, str(tmp_path / "blobs")],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=True,
    )
    assert put.stdout == b"the folder of blobs is not available ['incoming']\n"


async def _leave_unfinished(root: Path, clock: ManualClock) -> Path:
    """What a process that is killed in the middle of a put leaves behind."""
    before = _unfinished(root)
    putting = FolderBlobStore(root, clock)
    seen: set[Path] = set()
    content: dict[Path, bytes] = {}

    async def chunks() -> AsyncIterator[bytes]:
        yield LARGE
        for path in _unfinished(root) - before:
            seen.add(path)
            content[path] = path.read_bytes()

    await putting.put(chunks())
    (left,) = seen
    left.write_bytes(content[left])
    return left


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def _unfinished(root: Path) -> set[Path]:
    return set((root / "incoming").glob("*"))


async def _chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def _read(store: FolderBlobStore, key: BlobKey) -> bytes:
    return b"".join([piece async for piece in store.get(key)])
