"""Unreferenced blobs go after a day; whoever uploads one again meanwhile keeps it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.storage import MemoryStorage
from application.ports.blob_store import BlobStore
from application.ports.storage import UnitOfWork
from application.use_cases.add_test_cases import AddTestCases
from application.use_cases.collect_blobs import UNTOUCHED_FOR, CollectBlobs
from domain.challenge import Challenge
from domain.ids import BlobKey
from tests.application.world import World, a_test
from tests.contracts.adapters_of import BLOB_STORES

LONG_AGO = UNTOUCHED_FOR + timedelta(microseconds=1)


class WatchedStorage(MemoryStorage):
    """Tells when a look has ended, so that a test can act between a look and what follows it."""

    def __init__(self) -> None:
        super().__init__()
        self.after_look: list[Callable[[], Awaitable[None]]] = []
        """What is done after the first look, after the second, ..."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[UnitOfWork]:
        async with super().read() as unit:
            yield unit
        if self.after_look:
            await self.after_look.pop(0)()


@pytest.fixture
def storage() -> WatchedStorage:
    return WatchedStorage()


@pytest.fixture
def world(storage: WatchedStorage, clock: ManualClock) -> World:
    return World(storage=storage, clock=clock)


@pytest.fixture(params=BLOB_STORES)
async def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[BlobStore]:
    async with BLOB_STORES[request.param](tmp_path, clock) as in_hand:
        yield in_hand.store


@pytest.fixture
def collect(world: World, blobs: BlobStore) -> CollectBlobs:
    return CollectBlobs(storage=world.storage, blobs=blobs, clock=world.clock)


async def test_what_nothing_refers_to_goes_after_a_day(
    collect: CollectBlobs, blobs: BlobStore, clock: ManualClock
) -> None:
    first, second = await _put(blobs, b"1"), await _put(blobs, b"22")
    clock.advance(LONG_AGO)
    young = await _put(blobs, b"333")

    collected = await collect()

    assert {blob.key for blob in collected.blobs} == {first, second}
    assert collected.size_bytes == 3
    assert await _keys(blobs) == {young}


async def test_a_day_to_the_microsecond_is_not_yet_over(
    collect: CollectBlobs, blobs: BlobStore, clock: ManualClock
) -> None:
    key = await _put(blobs, b"1")
    clock.advance(UNTOUCHED_FOR)

    assert (await collect()).blobs == []
    assert await _keys(blobs) == {key}


async def test_what_a_test_refers_to_stays(
    collect: CollectBlobs, blobs: BlobStore, world: World
) -> None:
    challenge = await world.a_challenge()
    await _upload(world, blobs, challenge, given=b"input", expected=b"answer")
    stray = await _put(blobs, b"stray")
    world.clock.advance(LONG_AGO)

    collected = await collect()

    assert [blob.key for blob in collected.blobs] == [stray]
    assert len(await _keys(blobs)) == 2


async def test_a_dry_run_tells_and_removes_nothing(
    collect: CollectBlobs, blobs: BlobStore, clock: ManualClock
) -> None:
    key = await _put(blobs, b"1")
    clock.advance(LONG_AGO)

    collected = await collect(dry_run=True)

    assert [(blob.key, blob.size_bytes) for blob in collected.blobs] == [(key, 1)]
    assert await _keys(blobs) == {key}


@pytest.mark.parametrize("looks_before", [0, 1], ids=["second-look", "removal"])
async def test_what_is_uploaded_after_a_look_is_not_removed(
    collect: CollectBlobs,
    blobs: BlobStore,
    world: World,
    storage: WatchedStorage,
    looks_before: int,
) -> None:
    challenge = await world.a_challenge()
    key = await _put(blobs, b"wanted again")
    world.clock.advance(LONG_AGO)

    async def upload() -> None:
        await _upload(world, blobs, challenge, given=b"wanted again", expected=b"wanted again")

    storage.after_look = [*[_nothing] * looks_before, upload]

    collected = await collect()

    assert collected.blobs == []
    assert await _keys(blobs) == {key}
    assert [piece async for piece in blobs.get(key)] == [b"wanted again"]


async def test_more_than_one_batch_is_collected(world: World) -> None:
    collect = CollectBlobs(storage=world.storage, blobs=world.blobs, clock=world.clock)
    for number in range(1_001):
        await _put(world.blobs, f"{number}".encode())
    world.clock.advance(LONG_AGO)

    assert len((await collect()).blobs) == 1_001
    assert await _keys(world.blobs) == set()
    assert (await collect()).blobs == []


async def _nothing() -> None:
    return


async def _put(blobs: BlobStore, content: bytes) -> BlobKey:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return (await blobs.put(chunks())).key


async def _upload(
    world: World, blobs: BlobStore, challenge: Challenge, *, given: bytes, expected: bytes
) -> None:
    add = AddTestCases(
        storage=world.storage, blobs=blobs, offer=world.judge, clock=world.clock, ids=world.ids
    )
    await add(challenge.id, [a_test(given=given, expected=expected)], replacing=False)


async def _keys(blobs: BlobStore) -> set[BlobKey]:
    return {blob.key async for blob in blobs.list()}
