"""Tests are stored several at once, and no more than memory has room for."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from adapters.memory.blob_store import MemoryBlobStore
from application.ports.blob_store import Blob
from application.ports.storage import StoreUnavailable
from tests.application.world import World, a_test

LARGE = b"x" * 1024 * 1024


class CrowdedBlobStore(MemoryBlobStore):
    """Knows how many puts were under way at once; may refuse one."""

    most = 0
    now = 0
    refused: bytes | None = None

    async def put(self, chunks: AsyncIterable[bytes]) -> Blob:
        async with self._counted():
            content = b"".join([chunk async for chunk in chunks])
            if content == self.refused:
                raise StoreUnavailable("S3")
            async with aclosing(_again(content)) as pieces:
                return await super().put(pieces)

    @asynccontextmanager
    async def _counted(self) -> AsyncGenerator[None]:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(20):  # all others have their turn
                await asyncio.sleep(0)
            yield
        finally:
            self.now -= 1


async def _again(content: bytes) -> AsyncGenerator[bytes]:
    yield content


@pytest.fixture
def world() -> World:
    world = World()
    world.blobs = CrowdedBlobStore(world.clock)
    return world


def crowded(world: World) -> CrowdedBlobStore:
    assert isinstance(world.blobs, CrowdedBlobStore)
    return world.blobs


async def test_many_tests_are_stored_at_once_and_stay_in_order(world: World) -> None:
    challenge = await world.a_challenge()
    tests = [replace(a_test(given=b"%d" % n, expected=b"=%d" % n), name=f"{n}") for n in range(60)]

    upload = await world.add_test_cases(challenge.id, tests, replacing=False)

    assert crowded(world).most == 16
    assert [test.name for test in upload.added] == [f"{n}" for n in range(60)]
    assert [test.position for test in upload.added] == list(range(60))


async def test_of_large_tests_few_are_in_memory_at_once(world: World) -> None:
    challenge = await world.a_challenge()
    tests = [a_test(given=LARGE + b"%d" % n, expected=b"") for n in range(8)]

    await world.add_test_cases(challenge.id, tests, replacing=False)

    assert crowded(world).most == 2


async def test_the_first_that_cannot_be_stored_ends_the_upload_with_its_own_error(
    world: World,
) -> None:
    challenge = await world.a_challenge()
    crowded(world).refused = b"7"
    tests = [a_test(given=b"%d" % n, expected=b"") for n in range(40)]

    with pytest.raises(StoreUnavailable, match="S3"):
        await world.add_test_cases(challenge.id, tests, replacing=False)
    assert crowded(world).now == 0
