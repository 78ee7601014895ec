"""What is special to blobs in S3: parts, generations, leftovers, and refusals."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from adapters.s3.blob_store import S3BlobStore
from adapters.s3.client import S3Options
from adapters.s3.names import ObjectName
from application.ports.blob_store import BlobNotFound
from application.ports.storage import StoreRefused, StoreUnavailable
from domain.ids import BlobKey
from tests.contracts.s3_adapters import objects, options_of, uploads
from tests.services.s3 import s3, sync_client

pytestmark = pytest.mark.usefixtures("patience")

MIB = 1024 * 1024
ROOT = Path(__file__).parents[3]
SOON_S = 0.01


@pytest.fixture
def options() -> S3Options:
    return options_of(s3())


@pytest.fixture
async def store(options: S3Options, clock: ManualClock) -> AsyncIterator[S3BlobStore]:
    store = S3BlobStore(options, clock)
    yield store
    await store.close()


@pytest.fixture
def client() -> Iterator[Any]:
    client = sync_client(s3())
    yield client
    client.close()


# --- parts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", [8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB], ids=["below", "8-mib", "above", "20-mib"]
)
async def test_large_bytes_come_back(
    store: S3BlobStore, options: S3Options, client: Any, size: int
) -> None:
    content = _content(size)
    key = await _put(store, content)
    assert await _read(store, key) == content
    assert await _read(store, key, start=size - 5) == content[-5:]
    assert len(objects(client, options)) == 1
    assert uploads(client, options) == []


async def test_an_upload_cancelled_between_its_parts_leaves_nothing(
    store: S3BlobStore, options: S3Options, client: Any
) -> None:
    putting = asyncio.create_task(_put(store, _content(80 * MIB)))
    await _until_uploading(client, options)
    putting.cancel()
    await asyncio.wait({putting})
    assert putting.cancelled()
    assert objects(client, options) == []
    assert uploads(client, options) == []


# --- generations -------------------------------------------------------------------------------


async def test_putting_again_leaves_one_object(
    store: S3BlobStore, options: S3Options, client: Any
) -> None:
    await _put(store, b"1")
    (before,) = objects(client, options)
    await _put(store, b"1")
    (after,) = objects(client, options)
    assert before != after


async def test_what_others_put_again_is_still_found(
    store: S3BlobStore, options: S3Options, clock: ManualClock
) -> None:
    key = await _put(store, b"1")
    other = S3BlobStore(options, clock)
    await _put(other, b"1")
    assert await _read(store, key) == b"1"
    await other.delete(key)
    with pytest.raises(BlobNotFound):
        await _read(store, key)
    await other.close()


async def test_putting_again_mends_what_was_damaged(
    store: S3BlobStore, options: S3Options, client: Any
) -> None:
    key = await _put(store, b"1")
    (name,) = objects(client, options)
    client.put_object(Bucket=options.bucket, Key=name, Body=b"2")
    await _put(store, b"1")
    assert await _read(store, key) == b"1"


async def test_a_listing_of_several_pages_is_whole(
    store: S3BlobStore, options: S3Options, client: Any, clock: ManualClock
) -> None:
    keys = [BlobKey(hashlib.sha256(f"{number}".encode()).hexdigest()) for number in range(1_005)]

    def put(key: BlobKey) -> None:
        name = options.prefix + ObjectName.new(key, clock.now()).text
        client.put_object(Bucket=options.bucket, Key=name, Body=b"1")

    with ThreadPool(4) as pool:
        pool.map(put, keys)
    assert [one.key async for one in store.list()] == sorted(keys)


async def test_strange_objects_are_no_blobs_and_stay(
    store: S3BlobStore, options: S3Options, client: Any, clock: ManualClock
) -> None:
    strange = ["README", "0" * 64, f"{'0' * 64}.20260101", "folder/file"]
    for name in strange:
        client.put_object(Bucket=options.bucket, Key=options.prefix + name, Body=b"1")
    assert [one async for one in store.list()] == []
    assert await store.remove_unfinished(clock.now()) == 0
    assert len(objects(client, options)) == len(strange)


# --- leftovers ---------------------------------------------------------------------------------

_PUT_MUCH = """
import asyncio, sys
from adapters.memory.clock import ManualClock
from adapters.s3.blob_store import S3BlobStore
from adapters.s3.client import S3Options

bucket, access_key, secret_key, region, endpoint_url, prefix = sys.argv[1:]
options = S3Options(bucket=bucket, access_key=access_key, secret_key=secret_key, region=region,
                    endpoint_url=endpoint_url, prefix=prefix)

async def chunks():
    for _ in range(200):
        yield bytes(1024 * 1024)

asyncio.run(S3BlobStore(options, ManualClock()).put(chunks()))
"""


async def test_what_a_killed_process_left_is_removed_when_it_is_old(
    store: S3BlobStore, options: S3Options, client: Any, clock: ManualClock
) -> None:
    begun_at = clock.now()
    putting = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PUT_MUCH, options.bucket, str(options.access_key)),
        *(str(options.secret_key), options.region, str(options.endpoint_url), options.prefix),
        cwd=ROOT,
    )
    await _until_uploading(client, options)
    putting.kill()
    await putting.wait()

    assert await store.remove_unfinished(begun_at) == 0
    assert len(uploads(client, options)) == 1
    assert await store.remove_unfinished(begun_at + timedelta(microseconds=1)) == 1
    assert uploads(client, options) == []


async def test_objects_that_were_replaced_and_those_of_checks_are_left_overs(
    store: S3BlobStore, options: S3Options, client: Any, clock: ManualClock
) -> None:
    key = await _put(store, b"1")
    (newest,) = objects(client, options)
    earlier = clock.now() - timedelta(hours=1)
    for name in (ObjectName.new(key, earlier), ObjectName.new(None, earlier)):
        client.put_object(Bucket=options.bucket, Key=options.prefix + name.text, Body=b"1")

    assert await store.remove_unfinished(clock.now()) == 1  # a put under way may take back its own
    assert len(objects(client, options)) == 2
    assert await store.remove_unfinished(clock.now() + timedelta(microseconds=1)) == 1

    assert objects(client, options) == [newest]


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (partial(replace, bucket="not-there"), "there is no bucket 'not-there'"),
        (partial(replace, bucket="?"), "'?' is no name of a bucket"),
        (partial(replace, access_key="nobody"), "the access key is not known"),
        (partial(replace, secret_key="wrong"), "the secret key does not fit the access key"),  # noqa: S106
    ],
    ids=["no-bucket", "no-bucket-name", "access-key", "secret-key"],
)
async def test_a_refusal_says_what_is_wrong(
    options: S3Options,
    clock: ManualClock,
    client: Any,
    wrong: Callable[[S3Options], S3Options],
    reason: str,
) -> None:
    store = S3BlobStore(wrong(options), clock)
    for operation in (store.check(), _put(store, b"1"), _read(store, BlobKey("0" * 64))):
        with pytest.raises(StoreRefused) as refusal:
            await operation
        assert str(refusal.value) == f"S3 refuses: {reason}"
    await store.close()
    assert "not-there" not in [one["Name"] for one in client.list_buckets()["Buckets"]]


async def test_the_secret_key_is_not_in_the_options_text(options: S3Options) -> None:
    assert str(options.secret_key) not in repr(options)


async def test_no_room_for_what_waits_is_said(
    store: S3BlobStore, options: S3Options, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    with pytest.raises(StoreUnavailable) as refusal:
        await _put(store, _content(9 * MIB))
    assert refusal.value.what == "the folder for temporary files"
    assert objects(client, options) == []


# --- what tests put and read with --------------------------------------------------------------


def _content(size: int) -> bytes:
    """Bytes that are not the same in any two parts."""
    block = b"".join(number.to_bytes(4) for number in range(MIB // 4))
    return b"".join(bytes([n]) + block[1:] for n in range(size // MIB + 1))[:size]


async def _until_uploading(client: Any, options: S3Options) -> None:
    while not uploads(client, options):  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(SOON_S)


async def _put(store: S3BlobStore, content: bytes) -> BlobKey:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), MIB):
            yield content[start : start + MIB]

    return (await store.put(chunks())).key


async def _read(
    store: S3BlobStore, key: BlobKey, *, start: int = 0, length: int | None = None
) -> bytes:
    return b"".join([piece async for piece in store.get(key, start=start, length=length)])
