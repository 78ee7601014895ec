"""Blobs in a bucket, each store under a prefix of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from adapters.memory.clock import ManualClock
from adapters.s3.blob_store import S3BlobStore
from adapters.s3.client import S3Options
from domain.ids import BlobKey
from tests.contracts.in_hand import BlobStoreInHand
from tests.services.s3 import S3Server, s3, sync_client


@asynccontextmanager
async def s3_blob_store(_: Path, clock: ManualClock) -> AsyncIterator[BlobStoreInHand]:
    options = options_of(s3())
    client = sync_client(s3())

    def damage(key: BlobKey, content: bytes) -> None:
        (name,) = [one for one in objects(client, options) if key in one]
        client.put_object(Bucket=options.bucket, Key=name, Body=content)

    def count_kept() -> int:
        return len(objects(client, options)) + len(uploads(client, options))

    store = S3BlobStore(options, clock)
    yield BlobStoreInHand(store=store, damage=damage, count_kept=count_kept)
    await store.close()
    client.close()


def options_of(server: S3Server, prefix: str | None = None) -> S3Options:
    """How to reach the tests' bucket, under a fresh prefix."""
    return S3Options(
        bucket=server.bucket,
        access_key=server.access_key,
        secret_key=server.secret_key,
        region=server.region,
        endpoint_url=server.url,
        prefix=f"{uuid4()}/" if prefix is None else prefix,
    )


def objects(client: Any, options: S3Options) -> list[str]:
    """The names of what is stored (a page of them is enough here)."""
    listed = client.list_objects_v2(Bucket=options.bucket, Prefix=options.prefix)
    return [one["Key"] for one in listed.get("Contents", ())]


def uploads(client: Any, options: S3Options) -> list[str]:
    """The names of uploads in parts that are under way."""
    listed = client.list_multipart_uploads(Bucket=options.bucket, Prefix=options.prefix)
    return [one["Key"] for one in listed.get("Uploads", ())]
