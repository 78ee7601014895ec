"""Unreferenced blobs go after a day; whoever uploads one again meanwhile keeps it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.blob_store import MemoryBlobStore
from adapters.memory.clock import ManualClock
from adapters.memory.storage import MemoryStorage
from application import ownership
from application.ports.blob_store import BlobStore
from application.ports.storage import StoreRefused, UnitOfWork
from application.use_cases.add_test_cases import AddTestCases
from application.use_cases.collect_blobs import UNTOUCHED_FOR, CollectBlobs, CollectionRefused
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
async def collect(world: World, blobs: BlobStore) -> CollectBlobs:
    await ownership.take_over(world.storage, blobs, world.ids)
    return CollectBlobs(storage=world.storage, blobs=blobs, clock=world.clock, ids=world.ids)


async def test_what_nothing_refers_to_goes_after_a_day(
    collect: CollectBlobs, blobs: BlobStore, clock: ManualClock
) -> None:
    first, second = await _put(blobs, b"1"), await _put(blobs, b"22")
    clock.advance(LONG_AGO)
    young = await _put(blobs, b"333")

    collected = await collect(even_if_most=True)

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


@pytest.mark.parametrize("looks_before", [0, 2], ids=["second-look", "removal"])
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

    collected = await collect(even_if_most=True)

    assert collected.blobs == []
    assert await _keys(blobs) == {key}
    assert [piece async for piece in blobs.get(key)] == [b"wanted again"]


async def test_more_than_one_batch_is_collected(world: World) -> None:
    collect = await _collecting(world)
    for number in range(1_001):
        await _put(world.blobs, f"{number}".encode())
    world.clock.advance(LONG_AGO)

    assert len((await collect(even_if_most=True)).blobs) == 1_001
    assert await _keys(world.blobs) == set()
    assert (await collect()).blobs == []


# --- whose the blobs are -----------------------------------------------------------------------


async def test_what_another_database_names_is_never_removed(clock: ManualClock) -> None:
    production = World(clock=clock)
    other = _beside(production)
    challenge = await production.a_challenge()
    await _upload(production, production.blobs, challenge, given=b"input", expected=b"answer")
    clock.advance(LONG_AGO)
    kept = await _keys(production.blobs)

    for collect in (_collect_of(other), await _known(other)):
        with pytest.raises(CollectionRefused, match="belongs to another database"):
            await collect(even_if_most=True)
        told = await collect(dry_run=True)
        assert "another database" in (told.refusal or "")
    assert await _keys(production.blobs) == kept


async def test_an_upload_into_the_store_of_another_database_is_refused(clock: ManualClock) -> None:
    production = World(clock=clock)
    staging = _beside(production)
    await _upload(
        production, production.blobs, await production.a_challenge(), given=b"1", expected=b"2"
    )
    before = await _keys(production.blobs)

    challenge = await staging.a_challenge()
    with pytest.raises(StoreRefused, match="take-over"):
        await _upload(staging, staging.blobs, challenge, given=b"3", expected=b"4")
    assert await _keys(production.blobs) == before


async def test_blobs_that_nobody_claimed_are_left_alone(world: World) -> None:
    key = await _put(world.blobs, b"of a version that claimed nothing")
    world.clock.advance(LONG_AGO)
    challenge = await world.a_challenge()

    with pytest.raises(CollectionRefused, match="nobody has said whose"):
        await _collect_of(world)(even_if_most=True)
    with pytest.raises(StoreRefused):
        await _upload(world, world.blobs, challenge, given=b"1", expected=b"2")
    assert await _keys(world.blobs) == {key}

    assert len((await _collect_of(world)(take_over=True, even_if_most=True)).blobs) == 1
    await _upload(world, world.blobs, challenge, given=b"1", expected=b"2")


async def test_an_upload_claims_what_nobody_claimed_if_the_database_names_some(
    world: World, clock: ManualClock
) -> None:
    challenge = await world.a_challenge()
    await _upload(world, world.blobs, challenge, given=b"1", expected=b"2")
    earlier, world.blobs = world.blobs, MemoryBlobStore(clock)
    async for blob in earlier.list():
        await world.blobs.put(earlier.get(blob.key))

    await _upload(world, world.blobs, challenge, given=b"3", expected=b"4")

    assert await world.blobs.owner() == await earlier.owner()


@pytest.mark.parametrize("referring", [True, False], ids=["more-than-half", "none-referenced"])
async def test_most_blobs_are_removed_only_on_demand(world: World, *, referring: bool) -> None:
    collect = await _collecting(world)
    challenge = await world.a_challenge()
    if referring:
        await _upload(world, world.blobs, challenge, given=b"1", expected=b"2")
    strays = {await _put(world.blobs, f"stray {number}".encode()) for number in range(3)}
    world.clock.advance(LONG_AGO)

    with pytest.raises(CollectionRefused, match="3 would go"):
        await collect()
    told = await collect(dry_run=True)
    assert {blob.key for blob in told.blobs} == strays
    assert "--even-if-most" in (told.refusal or "")
    assert strays <= await _keys(world.blobs)

    assert len((await collect(even_if_most=True)).blobs) == 3


def _beside(world: World) -> World:
    """Another platform that was given the same store of blobs."""
    other = World(clock=world.clock)
    other.blobs = world.blobs
    for _ in range(100):  # else two counters would give both the same id
        other.ids.new()
    return other


def _collect_of(world: World) -> CollectBlobs:
    return CollectBlobs(storage=world.storage, blobs=world.blobs, clock=world.clock, ids=world.ids)


async def _known(world: World) -> CollectBlobs:
    """The same, of a database that has an id."""
    async with world.storage.begin() as unit:
        await unit.deployment.settle(world.ids.new())
    return _collect_of(world)


async def _collecting(world: World) -> CollectBlobs:
    """The same, over a store that is this database's."""
    await ownership.take_over(world.storage, world.blobs, world.ids)
    return _collect_of(world)


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
