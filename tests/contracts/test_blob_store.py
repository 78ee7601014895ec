"""Immutable bytes under their hash: every adapter of `BlobStore` keeps this contract."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from application.ports.blob_store import Blob, BlobCorrupt, BlobNotFound, BlobStore, StoredBlob
from domain.ids import BlobKey
from tests.contracts.adapters_of import BLOB_STORES
from tests.contracts.in_hand import BlobStoreInHand

LARGE = bytes(range(256)) * 4 * 1024 * 3
"""3 MiB: several pieces, wherever pieces are cut."""
CONTENTS = {
    "empty": b"",
    "blank": b" ",
    "line": b"1 2\r\n",
    "not-utf-8": b"\x00\xff\xfe\x80",
    "64-kib": b"x" * 65_536,
    "64-kib-and-1": b"x" * 65_537,
    "large": LARGE,
}


@pytest.fixture(params=BLOB_STORES)
async def in_hand(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[BlobStoreInHand]:
    async with BLOB_STORES[request.param](tmp_path, clock) as in_hand:
        yield in_hand


@pytest.fixture
def store(in_hand: BlobStoreInHand) -> BlobStore:
    return in_hand.store


# --- put and get -------------------------------------------------------------------------------


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
async def test_bytes_come_back_under_their_hash(store: BlobStore, content: bytes) -> None:
    blob = await store.put(_in_pieces(content, 100_000))
    assert blob == Blob(key=_key_of(content), size_bytes=len(content))
    assert await _read(store, blob.key) == content


async def test_no_chunks_and_empty_chunks_are_the_empty_blob(store: BlobStore) -> None:
    assert await store.put(_chunks()) == await store.put(_chunks(b"", b"", b""))
    assert await _read(store, _key_of(b"")) == b""


async def test_how_bytes_were_cut_does_not_matter(store: BlobStore) -> None:
    whole = await store.put(_chunks(LARGE))
    assert await store.put(_in_pieces(LARGE, 65_537)) == whole
    assert await _listed_keys(store) == [whole.key]


async def test_bytes_are_read_in_pieces(store: BlobStore) -> None:
    blob = await store.put(_chunks(LARGE))
    pieces = [piece async for piece in store.get(blob.key)]
    assert max(len(piece) for piece in pieces) <= 1024 * 1024
    assert all(pieces)


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, None), (0, 0), (0, 1), (1, None), (70_000, 100_000), (3, 3), (len(LARGE) - 1, None),
     (len(LARGE) - 1, 5), (len(LARGE), None), (len(LARGE), 1), (len(LARGE) + 1, None),
     (0, len(LARGE)), (0, len(LARGE) + 1), (2**40, 2**40)],
)  # fmt: skip
async def test_a_part_is_what_slicing_gives(
    store: BlobStore, start: int, length: int | None
) -> None:
    blob = await store.put(_chunks(LARGE))
    end = None if length is None else start + length
    assert await _read(store, blob.key, start=start, length=length) == LARGE[start:end]


@pytest.mark.parametrize(
    "key",
    ["0" * 64, "", ".", "..", "../secret", "/etc/passwd", "a\x00b", "*", "\u00e9", "x" * 5_000],
)
async def test_what_is_not_there_is_not_found(store: BlobStore, key: str) -> None:
    await store.put(_chunks(b"1"))
    with pytest.raises(BlobNotFound) as refusal:
        await _read(store, BlobKey(key))
    assert refusal.value.key == key


@pytest.mark.parametrize(("start", "length"), [(0, 0), (5, None), (5, 5)])
async def test_a_part_of_what_is_not_there_is_not_found(
    store: BlobStore, start: int, length: int | None
) -> None:
    with pytest.raises(BlobNotFound):
        await _read(store, _key_of(b"1"), start=start, length=length)


async def test_a_key_counts_to_the_letter(store: BlobStore) -> None:
    blob = await store.put(_chunks(b"1"))
    with pytest.raises(BlobNotFound):
        await _read(store, BlobKey(blob.key.upper()))


async def test_a_reader_may_stop_half_way(store: BlobStore) -> None:
    blob = await store.put(_chunks(LARGE))
    reading = store.get(blob.key)
    await anext(reading)
    await reading.aclose()
    assert await _read(store, blob.key) == LARGE


async def test_many_puts_of_the_same_bytes_at_once_are_one_blob(store: BlobStore) -> None:
    blobs = await asyncio.gather(*(store.put(_in_pieces(LARGE, 99_999)) for _ in range(10)))
    assert {blob.key for blob in blobs} == {_key_of(LARGE)}
    assert await _listed_keys(store) == [_key_of(LARGE)]
    assert await _read(store, _key_of(LARGE)) == LARGE


async def test_many_blobs_at_once_do_not_mix(store: BlobStore) -> None:
    contents = [f"{n}".encode() * 50_000 for n in range(30)]
    blobs = await asyncio.gather(*(store.put(_in_pieces(one, 7_777)) for one in contents))
    assert await asyncio.gather(*(_read(store, blob.key) for blob in blobs)) == contents


# --- failures ----------------------------------------------------------------------------------


async def test_chunks_that_fail_half_way_leave_nothing(in_hand: BlobStoreInHand) -> None:
    with pytest.raises(ConnectionResetError):
        await in_hand.store.put(_breaking_off(LARGE))
    assert await _listed_keys(in_hand.store) == []
    assert in_hand.count_kept() == 0


async def test_a_put_that_is_cancelled_leaves_nothing(in_hand: BlobStoreInHand) -> None:
    stuck = asyncio.Event()
    putting = asyncio.create_task(_put(in_hand.store, _stopping(LARGE, stuck)))
    await stuck.wait()
    putting.cancel()
    await asyncio.wait({putting})
    assert putting.cancelled()
    assert await _listed_keys(in_hand.store) == []
    assert in_hand.count_kept() == 0


async def test_a_failed_put_does_not_harm_what_is_there(in_hand: BlobStoreInHand) -> None:
    blob = await in_hand.store.put(_chunks(LARGE))
    with pytest.raises(ConnectionResetError):
        await in_hand.store.put(_breaking_off(LARGE))
    assert await _read(in_hand.store, blob.key) == LARGE
    assert in_hand.count_kept() == 1


@pytest.mark.parametrize(
    "damaged",
    [b"", LARGE[:-1], LARGE + b"x", b"\x01" + LARGE[1:], LARGE[:-1] + b"\x00"],
    ids=["emptied", "cut", "longer", "first-byte", "last-byte"],
)
async def test_damage_is_seen_before_the_last_piece(
    in_hand: BlobStoreInHand, damaged: bytes
) -> None:
    blob = await in_hand.store.put(_chunks(LARGE))
    in_hand.damage(blob.key, damaged)
    given: list[bytes] = []
    with pytest.raises(BlobCorrupt) as refusal:
        await _read_into(given, in_hand.store, blob.key)
    assert refusal.value.key == blob.key
    assert b"".join(given) != damaged or not damaged


async def test_damage_of_the_empty_blob_is_seen(in_hand: BlobStoreInHand) -> None:
    blob = await in_hand.store.put(_chunks())
    in_hand.damage(blob.key, b"x")
    with pytest.raises(BlobCorrupt):
        await _read(in_hand.store, blob.key)


# --- listing, touching, deleting ---------------------------------------------------------------


async def test_an_empty_store_lists_nothing(store: BlobStore) -> None:
    assert await _listed(store) == []


async def test_a_listing_names_every_blob_with_size_and_time(
    store: BlobStore, clock: ManualClock
) -> None:
    before = clock.now()
    contents = [b"", b"1", LARGE]
    for content in contents:
        await store.put(_chunks(content))
    listed = await _listed(store)
    assert {(one.key, one.size_bytes) for one in listed} == {
        (_key_of(content), len(content)) for content in contents
    }
    assert {one.touched_at for one in listed} == {before}


async def test_putting_what_exists_touches_it(store: BlobStore, clock: ManualClock) -> None:
    first = await store.put(_chunks(b"1"))
    second = await store.put(_chunks(b"2"))
    earlier = clock.now()
    clock.advance(timedelta(hours=25, microseconds=1))
    await store.put(_chunks(b"1"))
    touched = {one.key: one.touched_at for one in await _listed(store)}
    assert touched == {first.key: clock.now(), second.key: earlier}


async def test_reading_does_not_touch(store: BlobStore, clock: ManualClock) -> None:
    earlier = clock.now()
    blob = await store.put(_chunks(b"1"))
    clock.advance(timedelta(hours=1))
    await _read(store, blob.key)
    assert [one.touched_at for one in await _listed(store)] == [earlier]


async def test_what_is_deleted_is_gone(in_hand: BlobStoreInHand) -> None:
    blob = await in_hand.store.put(_chunks(b"1"))
    other = await in_hand.store.put(_chunks(b"2"))
    await in_hand.store.delete(blob.key)
    with pytest.raises(BlobNotFound):
        await _read(in_hand.store, blob.key)
    assert await _listed_keys(in_hand.store) == [other.key]
    assert in_hand.count_kept() == 1


@pytest.mark.parametrize("key", ["0" * 64, "", "..", "../..", "a\x00b", "x" * 5_000])
async def test_deleting_what_is_not_there_is_harmless(store: BlobStore, key: str) -> None:
    blob = await store.put(_chunks(b"1"))
    await store.delete(BlobKey(key))
    assert await _read(store, blob.key) == b"1"


async def test_a_deletion_tells_whether_there_was_something(store: BlobStore) -> None:
    blob = await store.put(_chunks(b"1"))
    assert await store.delete(blob.key)
    assert not await store.delete(blob.key)


async def test_what_was_touched_since_is_not_deleted(
    in_hand: BlobStoreInHand, clock: ManualClock
) -> None:
    blob = await in_hand.store.put(_chunks(b"1"))
    seen = clock.now()
    clock.advance(timedelta(microseconds=1))
    await in_hand.store.put(_chunks(b"1"))
    assert not await in_hand.store.delete(blob.key, touched_until=seen)
    assert await _read(in_hand.store, blob.key) == b"1"
    assert await in_hand.store.delete(blob.key, touched_until=clock.now())
    assert in_hand.count_kept() == 0


async def test_a_put_at_the_moment_of_a_deletion_is_not_lost(
    store: BlobStore, clock: ManualClock
) -> None:
    blob = await store.put(_chunks(LARGE))
    for _ in range(10):
        seen = clock.now()
        clock.advance(timedelta(hours=25))
        await asyncio.gather(
            store.put(_in_pieces(LARGE, 1_000_000)), store.delete(blob.key, touched_until=seen)
        )
        assert await _read(store, blob.key) == LARGE


async def test_nothing_that_is_finished_is_removed_as_unfinished(
    store: BlobStore, clock: ManualClock
) -> None:
    blob = await store.put(_chunks(b"1"))
    assert await store.remove_unfinished(clock.now() + timedelta(days=1)) == 0
    assert await _read(store, blob.key) == b"1"


async def test_what_was_deleted_may_be_put_again(store: BlobStore) -> None:
    blob = await store.put(_chunks(b"1"))
    await store.delete(blob.key)
    await store.delete(blob.key)
    await store.put(_chunks(b"1"))
    assert await _read(store, blob.key) == b"1"


async def test_blobs_may_be_deleted_while_they_are_listed(store: BlobStore) -> None:
    for number in range(20):
        await store.put(_chunks(f"{number}".encode()))
    async for one in store.list():
        await store.delete(one.key)
    assert await _listed(store) == []


async def test_a_check_leaves_nothing_behind(in_hand: BlobStoreInHand) -> None:
    await in_hand.store.check()
    assert await _listed(in_hand.store) == []
    assert in_hand.count_kept() == 0


async def test_a_store_is_nobodys_until_somebody_claims_it(store: BlobStore) -> None:
    assert await store.owner() is None
    await store.claim("first")
    assert await store.owner() == "first"
    await store.claim("b" * 255)
    assert await store.owner() == "b" * 255


async def test_who_owns_a_store_is_no_blob(store: BlobStore, clock: ManualClock) -> None:
    await store.claim("a deployment")
    blob = await store.put(_chunks(b"1"))
    assert await _listed_keys(store) == [blob.key]
    assert await store.remove_unfinished(clock.now() + timedelta(days=1)) == 0
    assert await store.owner() == "a deployment"


async def test_closing_twice_is_harmless(store: BlobStore) -> None:
    await store.close()
    await store.close()


# --- what tests put and read with --------------------------------------------------------------


async def _chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def _in_pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        await asyncio.sleep(0)
        yield content[start : start + size]


async def _breaking_off(content: bytes) -> AsyncIterator[bytes]:
    yield content
    raise ConnectionResetError


async def _stopping(content: bytes, stuck: asyncio.Event) -> AsyncIterator[bytes]:
    yield content
    stuck.set()
    await asyncio.Event().wait()


async def _put(store: BlobStore, chunks: AsyncIterator[bytes]) -> Blob:
    return await store.put(chunks)


async def _read(
    store: BlobStore, key: BlobKey, *, start: int = 0, length: int | None = None
) -> bytes:
    return b"".join([piece async for piece in store.get(key, start=start, length=length)])


async def _read_into(given: list[bytes], store: BlobStore, key: BlobKey) -> None:
    async for piece in store.get(key):
        given.append(piece)  # noqa: PERF401 - kept also where the reading fails


async def _listed(store: BlobStore) -> list[StoredBlob]:
    return [one async for one in store.list()]


async def _listed_keys(store: BlobStore) -> list[BlobKey]:
    return [one.key for one in await _listed(store)]


def _key_of(content: bytes) -> BlobKey:
    return BlobKey(hashlib.sha256(content).hexdigest())
