"""Blobs in an S3 that is killed, stopped still, or away."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pytest

from adapters.memory.clock import ManualClock
from adapters.s3.blob_store import S3BlobStore
from adapters.s3.client import QUICK_S, Bucket, S3Options
from application.ports.blob_store import StoredBlob
from application.ports.storage import StoreUnavailable
from domain.ids import BlobKey
from tests.contracts.s3_adapters import options_of, uploads
from tests.services.process import PrivateServer
from tests.services.s3 import S3Server, make_bucket, s3_server, sync_client

MIB = 1024 * 1024
LARGE = bytes(range(256)) * 4096 * 48
"""48 MiB: more than lies in the buffers between a server and a reader."""
_Answer = TypeVar("_Answer")
QUICK_ENOUGH_S = QUICK_S + 6
"""What is more than the promise is for a machine that is busy with other tests."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PrivateServer, S3Server]]:
    server, there = s3_server(tmp_path_factory.mktemp("s3"))
    server.start()
    make_bucket(there)
    yield server, there
    server.kill()


@pytest.fixture
def server(served: tuple[PrivateServer, S3Server]) -> Iterator[PrivateServer]:
    server, _ = served
    yield server
    server.thaw()


@pytest.fixture
def options(served: tuple[PrivateServer, S3Server]) -> S3Options:
    _, there = served
    return options_of(there)


@pytest.fixture
def client(served: tuple[PrivateServer, S3Server]) -> Iterator[Any]:
    client = sync_client(served[1])
    yield client
    client.close()


@pytest.fixture
async def store(options: S3Options, clock: ManualClock) -> AsyncIterator[S3BlobStore]:
    store = S3BlobStore(options, clock)
    yield store
    await store.close()


@pytest.fixture
async def impatient(options: S3Options, clock: ManualClock) -> AsyncIterator[S3BlobStore]:
    store = S3BlobStore(replace(options, stall_s=1.0), clock)
    yield store
    await store.close()


async def _check(store: S3BlobStore, _: BlobKey) -> None:
    await store.check()


async def _get(store: S3BlobStore, key: BlobKey) -> None:
    await _read(store, key)


async def _delete(store: S3BlobStore, key: BlobKey) -> None:
    await store.delete(key)


async def _list(store: S3BlobStore, _: BlobKey) -> None:
    await _listed(store)


async def _put_little(store: S3BlobStore, _: BlobKey) -> None:
    await _put(store, b"2")


async def _remove_unfinished(store: S3BlobStore, _: BlobKey) -> None:
    await store.remove_unfinished(ManualClock().now())


@pytest.mark.parametrize("operate", [_check, _get, _delete, _list, _put_little, _remove_unfinished])
async def test_a_server_that_hangs_is_not_waited_for(
    store: S3BlobStore,
    server: PrivateServer,
    operate: Callable[[S3BlobStore, BlobKey], Awaitable[None]],
) -> None:
    key = await _soon(partial(_put, store, b"1"))
    server.freeze()
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable) as outage:
        await operate(store, key)
    assert time.monotonic() - begun < QUICK_ENOUGH_S
    assert str(outage.value) == "S3 is not available"
    server.thaw()
    await _soon(store.check)


async def test_a_small_body_is_not_waited_for_longer_than_anything_small(
    store: S3BlobStore, server: PrivateServer, options: S3Options
) -> None:
    await _soon(store.check)
    bucket = Bucket(options)
    await bucket.send("put_object", b"warm", Key=f"{options.prefix}small")
    server.freeze()
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await bucket.send("put_object", b"x" * 34, Key=f"{options.prefix}small")
    assert time.monotonic() - begun < QUICK_ENOUGH_S
    server.thaw()
    await bucket.close()


async def test_a_server_that_hangs_in_the_middle_of_an_upload_is_given_up(
    store: S3BlobStore,
    impatient: S3BlobStore,
    server: PrivateServer,
    options: S3Options,
    client: Any,
) -> None:
    await _soon(store.check)
    putting = asyncio.create_task(_put(impatient, LARGE))
    while not uploads(client, options):  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.01)
    server.freeze()
    with pytest.raises(StoreUnavailable):
        await putting
    server.thaw()
    assert await _soon(partial(_listed, store)) == []


async def test_a_server_that_hangs_in_the_middle_of_a_download_is_given_up(
    store: S3BlobStore, impatient: S3BlobStore, server: PrivateServer
) -> None:
    key = await _soon(partial(_put, store, LARGE))
    reading = impatient.get(key)
    await anext(reading)
    server.freeze()
    with pytest.raises(StoreUnavailable):
        _ = [piece async for piece in reading]


async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    store: S3BlobStore, server: PrivateServer
) -> None:
    acknowledged: dict[BlobKey, bytes] = {}

    async def put_until_it_is_killed(writer: int) -> None:
        for number in itertools.takewhile(lambda _: server.process, itertools.count()):
            content = f"{writer} {number} ".encode() * 5_000
            with contextlib.suppress(StoreUnavailable):
                acknowledged[await _put(store, content)] = content

    async with asyncio.timeout(120):
        writing = [asyncio.create_task(put_until_it_is_killed(writer)) for writer in range(4)]
        while len(acknowledged) < 50:  # noqa: ASYNC110 - the writers wait for nobody
            await asyncio.sleep(0.01)
        server.kill()
        await asyncio.gather(*writing)

    server.start()

    for key, content in acknowledged.items():
        assert await _read_soon(store, key) == content
    await store.check()


async def test_a_server_that_is_away_is_said_to_be_and_found_again(
    store: S3BlobStore, server: PrivateServer
) -> None:
    key = await _soon(partial(_put, store, b"1"))
    server.kill()
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable) as outage:
        await _read(store, key)
    assert time.monotonic() - begun < QUICK_ENOUGH_S
    assert str(outage.value) == "S3 is not available"
    server.start()
    assert await _read_soon(store, key) == b"1"


async def test_a_download_goes_on_where_the_connection_broke(
    store: S3BlobStore, server: PrivateServer, options: S3Options, clock: ManualClock
) -> None:
    key = await _soon(partial(_put, store, LARGE))
    reading = store.get(key)
    pieces = [await anext(reading)]
    server.restart()
    other = S3BlobStore(options, clock)
    await _read_soon(other, key)
    await other.close()
    pieces += [piece async for piece in reading]
    assert b"".join(pieces) == LARGE


async def _listed(store: S3BlobStore) -> list[StoredBlob]:
    return [one async for one in store.list()]


async def _put(store: S3BlobStore, content: bytes) -> BlobKey:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), MIB):
            yield content[start : start + MIB]

    return (await store.put(chunks())).key


async def _read(store: S3BlobStore, key: BlobKey) -> bytes:
    return b"".join([piece async for piece in store.get(key)])


async def _read_soon(store: S3BlobStore, key: BlobKey) -> bytes:
    return await _soon(partial(_read, store, key))


async def _soon(ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """When the server, which listens before it knows what it has, can answer."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(StoreUnavailable):
                return await ask()
