"""What is special to cached blobs: what is kept, for how long, and what never is served."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.filesystem.blob_cache import CachedBlobStore
from adapters.memory.blob_store import MemoryBlobStore
from adapters.memory.clock import ManualClock
from application.ports.blob_store import BlobNotFound
from domain.ids import BlobKey

CONTENT = b"1 2\n"
LARGE = bytes(range(256)) * 4 * 1024 * 3
"""3 MiB: several pieces."""
BLOCK = 4096
ROOT = Path(__file__).parents[3]


class CountingBlobStore(MemoryBlobStore):
    """Tells how often it was read from."""

    reads = 0

    async def get(
        self, key: BlobKey, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        self.reads += 1
        async with aclosing(super().get(key, start=start, length=length)) as pieces:
            async for piece in pieces:
                yield piece


@pytest.fixture
def remote(clock: ManualClock) -> CountingBlobStore:
    return CountingBlobStore(clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "made" / "cache"


@pytest.fixture
def store(remote: CountingBlobStore, folder: Path, clock: ManualClock) -> CachedBlobStore:
    return CachedBlobStore(remote, folder, clock)


@pytest.mark.parametrize("content", [b"", CONTENT, LARGE], ids=["empty", "small", "large"])
async def test_what_was_read_is_not_fetched_again(
    store: CachedBlobStore, remote: CountingBlobStore, content: bytes
) -> None:
    key = await _put(store, content)
    assert [await _read(store, key) for _ in range(3)] == [content] * 3
    assert remote.reads == 1


async def test_nothing_is_made_before_something_is_kept(
    store: CachedBlobStore, folder: Path
) -> None:
    await _put(store, CONTENT)
    with pytest.raises(BlobNotFound):
        await _read(store, BlobKey("0" * 64))
    assert not folder.parent.exists()


@pytest.mark.parametrize(("start", "length"), [(0, 5), (1_048_575, 3), (7, None), (2**40, None)])
async def test_a_part_comes_from_what_is_kept(
    store: CachedBlobStore, remote: CountingBlobStore, start: int, length: int | None
) -> None:
    key = await _put(store, LARGE)
    await _read(store, key)
    end = None if length is None else start + length
    assert await _read(store, key, start=start, length=length) == LARGE[start:end]
    assert remote.reads == 1


async def test_a_part_that_is_not_here_is_fetched_alone(
    store: CachedBlobStore, folder: Path
) -> None:
    key = await _put(store, LARGE)
    assert await _read(store, key, start=5, length=5) == LARGE[5:10]
    assert _files(folder) == []


async def test_what_was_read_half_is_not_kept(store: CachedBlobStore, folder: Path) -> None:
    key = await _put(store, LARGE)
    reading = store.get(key)
    await anext(reading)
    await reading.aclose()
    assert _files(folder) == []


@pytest.mark.parametrize("place", [0, len(LARGE) // 2, len(LARGE) - 1])
async def test_damage_is_never_served(
    store: CachedBlobStore, remote: CountingBlobStore, folder: Path, place: int
) -> None:
    key = await _put(store, LARGE)
    await _read(store, key)
    _damage(folder, place)
    assert await _read(store, key, start=place, length=1) == LARGE[place : place + 1]
    _ = await _read(store, key)
    _damage(folder, place)
    assert await _read(store, key) == LARGE
    assert await _read(store, key) == LARGE
    assert remote.reads == 4


async def test_what_is_cut_or_empty_is_fetched_again(store: CachedBlobStore, folder: Path) -> None:
    key = await _put(store, CONTENT)
    for damaged in (CONTENT[:-1], b"", CONTENT + b"x"):
        await _read(store, key)
        _files(folder)[0].write_bytes(damaged)
        assert await _read(store, key) == CONTENT


async def test_what_was_not_used_for_longest_goes_first(
    remote: CountingBlobStore, folder: Path, clock: ManualClock
) -> None:
    store = CachedBlobStore(remote, folder, clock, limit_bytes=20 * BLOCK)
    first, *others = [await _put(store, f"{number}".encode()) for number in range(40)]
    for key in others:
        clock.advance(timedelta(seconds=1))
        await _read(store, key)
        await _read(store, first)
        assert len(_files(folder)) <= 20
    assert len(_files(folder)) > 10
    assert {first, others[-1]} <= {BlobKey(f"{f.parent.name}{f.name}") for f in _files(folder)}


async def test_what_is_larger_than_the_cache_is_served_and_not_kept(
    remote: CountingBlobStore, folder: Path, clock: ManualClock
) -> None:
    store = CachedBlobStore(remote, folder, clock, limit_bytes=len(LARGE) - 1)
    key = await _put(store, LARGE)
    assert await _read(store, key) == LARGE
    assert _files(folder) == []


async def test_a_file_in_the_place_of_the_folder_only_means_that_nothing_is_kept(
    remote: CountingBlobStore, tmp_path: Path, clock: ManualClock
) -> None:
    (tmp_path / "file").touch()
    store = CachedBlobStore(remote, tmp_path / "file" / "cache", clock)
    key = await _put(store, LARGE)
    assert [await _read(store, key) for _ in range(2)] == [LARGE] * 2


async def test_many_readers_of_one_blob_at_once_all_get_it(
    store: CachedBlobStore, folder: Path
) -> None:
    key = await _put(store, LARGE)
    read = await asyncio.gather(*(_read(store, key) for _ in range(10)))
    assert read == [LARGE] * 10
    assert [file.read_bytes() for file in _files(folder)] == [LARGE]


# --- several processes, and a disk that is full ------------------------------------------------

_PROGRAM = """
import asyncio, random, sys
from pathlib import Path
from adapters.filesystem.blob_cache import CachedBlobStore
from adapters.filesystem.blob_store import FolderBlobStore
from adapters.system.clock import SystemClock

remote = FolderBlobStore(Path(sys.argv[1]), SystemClock())
store = CachedBlobStore(remote, Path(sys.argv[2]), SystemClock(), limit_bytes=40 * 4096)

async def chunks(content):
    yield content

def content_of(number):
    return f"{number}".encode() * 3000

"""
_READ_MUCH = """
async def main():
    contents = [content_of(number) for number in range(60)]
    keys = [(await store._remote.put(chunks(content))).key for content in contents]
    for _ in range(150):
        number = random.randrange(60)
        read = b"".join([piece async for piece in store.get(keys[number])])
        assert read == contents[number]
    print("all right")

asyncio.run(main())
"""
_READ_MORE_THAN_FITS = """
async def main():
    for number in range(30):
        key = (await remote.put(chunks(content_of(number)))).key
        [piece async for piece in store.get(key)]
        kept = Path(sys.argv[2], key[:2], key[2:])
        assert kept.exists(), number
    print("all right")

asyncio.run(main())
"""
_STOP_HALF_WAY = """
async def main():
    key = (await remote.put(chunks(b"x" * 160_000))).key
    reading = store.get(key)
    await anext(reading)
    print("half way", flush=True)
    await asyncio.Event().wait()

remote_get = remote.get

async def in_two_pieces(key, **_):
    async for piece in remote_get(key):
        yield piece[:50_000]
        yield piece[50_000:]

remote.get = in_two_pieces
asyncio.run(main())
"""
_READ_TWICE = """
async def main():
    key = (await remote.put(chunks(b"x" * 160_000))).key
    for _ in range(2):
        assert b"".join([piece async for piece in store.get(key)]) == b"x" * 160_000
    print("all right", len([f for f in Path(sys.argv[2]).rglob("*") if f.is_file()]))

asyncio.run(main())
"""


async def test_processes_that_share_a_folder_read_right_and_keep_the_bound(
    tmp_path: Path, folder: Path
) -> None:
    readers = [await _python(_READ_MUCH, tmp_path / "remote", folder) for _ in range(2)]
    told = [await reader.communicate() for reader in readers]
    assert [out for out, _ in told] == [b"all right\n"] * 2
    assert 0 < sum(-(-file.stat().st_size // BLOCK) for file in _files(folder)) <= 40


async def test_a_process_killed_half_way_leaves_nothing_that_lasts(
    tmp_path: Path, folder: Path, remote: CountingBlobStore, clock: ManualClock
) -> None:
    killed = await _python(_STOP_HALF_WAY, tmp_path / "remote", folder)
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"half way\n"
    left = _files(folder)
    killed.kill()
    await killed.communicate()
    assert [file.suffix for file in left] == [".part"]

    store = CachedBlobStore(remote, folder, clock)
    key = await _put(store, CONTENT)
    await _read(store, key)

    assert [file.read_bytes() for file in _files(folder)] == [CONTENT]


async def test_what_another_process_is_filling_is_left_alone(
    tmp_path: Path, folder: Path, store: CachedBlobStore
) -> None:
    filling = await _python(_STOP_HALF_WAY, tmp_path / "remote", folder)
    assert filling.stdout is not None
    await filling.stdout.readline()

    await _read(store, await _put(store, CONTENT))

    assert ".part" in {file.suffix for file in _files(folder)}
    filling.kill()
    await filling.communicate()


async def test_a_full_disk_only_means_that_nothing_is_kept(tmp_path: Path) -> None:
    out = await _on_64_kib(_READ_TWICE, tmp_path)
    assert b"No space left on device" in out  # it was logged
    assert out.endswith(b"all right 0\n")


async def test_on_a_disk_that_is_full_too_early_the_oldest_goes(tmp_path: Path) -> None:
    out = await _on_64_kib(_READ_MORE_THAN_FITS, tmp_path)
    assert out == b"all right\n"


async def _on_64_kib(script: str, tmp_path: Path) -> bytes:
    """What the program says whose cache lies on a disk of that size, less than its limit."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = f'mount -t tmpfs -o size=64k none {small} && exec "$@"'
    own_mounts = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted, "sh")
    reader = await _python(script, tmp_path / "remote", small / "cache", own_mounts)
    out, _ = await reader.communicate()
    return out


async def _python(
    script: str, remote: Path, folder: Path, before: tuple[str, ...] = ()
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(*before, sys.executable, "-c", _PROGRAM + script, str(remote), str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )


def _damage(folder: Path, place: int) -> None:
    """Turn one byte, as a disk does: neither size nor time change."""
    (file,) = _files(folder)
    with file.open("r+b") as opened:
        opened.seek(place)
        byte = opened.read(1)[0]
        opened.seek(place)
        opened.write(bytes([byte ^ 1]))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def _put(store: CachedBlobStore, content: bytes) -> BlobKey:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    blob = await store.put(chunks())
    assert blob.key == hashlib.sha256(content).hexdigest()
    return blob.key


async def _read(
    store: CachedBlobStore, key: BlobKey, *, start: int = 0, length: int | None = None
) -> bytes:
    return b"".join([piece async for piece in store.get(key, start=start, length=length)])
