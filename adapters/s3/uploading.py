"""How bytes become an object: at once, or in parts; whole under its name, or not at all."""

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from adapters.s3.client import Bucket
from adapters.s3.errors import WHAT, ObjectMissing
from adapters.s3.spool import Spool
from application.ports.storage import StoreUnavailable

PART_BYTES = 8 * 1024 * 1024
"""What is longer goes up in parts of this length."""
_AT_ONCE = 3


async def upload(bucket: Bucket, key: str, spool: Spool) -> None:
    """Store the bytes under that name, which is nobody else's; a failure leaves nothing there."""
    try:
        if spool.size_bytes <= PART_BYTES:
            await _put(bucket, key, await spool.read(0, PART_BYTES))
        else:
            await _put_in_parts(bucket, key, spool)
    except BaseException:
        await _to_its_end(_forget(bucket, key))
        raise


async def _put(bucket: Bucket, key: str, content: bytes) -> None:
    await bucket.send("put_object", content, Key=key, ChecksumSHA256=await _checksum(content))


async def _put_in_parts(bucket: Bucket, key: str, spool: Spool) -> None:
    beginning = asyncio.create_task(
        bucket.request("create_multipart_upload", Key=key, ChecksumAlgorithm="SHA256")
    )
    try:
        begun = await asyncio.shield(beginning)
        this = {"Key": key, "UploadId": begun["UploadId"]}
        parts = await _send_parts(bucket, this, spool)
        await _complete(bucket, this, parts)
    except BaseException:
        await _to_its_end(_abort(bucket, key, beginning))
        raise


async def _send_parts(bucket: Bucket, this: dict[str, str], spool: Spool) -> list[dict[str, Any]]:
    """A few at once, as one connection seldom fills the line."""
    starts = iter(range(0, spool.size_bytes, PART_BYTES))
    parts: list[dict[str, Any]] = []
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(_send_some(bucket, this, spool, starts, parts))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return sorted(parts, key=_number)


async def _send_some(
    bucket: Bucket,
    this: dict[str, str],
    spool: Spool,
    starts: Iterator[int],
    parts: list[dict[str, Any]],
) -> None:
    for start in starts:
        number = start // PART_BYTES + 1
        content = await spool.read(start, PART_BYTES)
        checksum = await _checksum(content)
        sent = await bucket.send(
            "upload_part", content, **this, PartNumber=number, ChecksumSHA256=checksum
        )
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum})


async def _complete(bucket: Bucket, this: dict[str, str], parts: list[dict[str, Any]]) -> None:
    try:
        await bucket.finish("complete_multipart_upload", **this, MultipartUpload={"Parts": parts})
    except ObjectMissing:  # done by the try before, whose answer was lost; or aborted by somebody
        found = await bucket.request("list_objects_v2", Prefix=this["Key"])
        if not found.get("Contents"):
            raise StoreUnavailable(WHAT) from None


async def _abort(bucket: Bucket, key: str, beginning: asyncio.Task[Any]) -> None:
    begun = await beginning
    await bucket.request("abort_multipart_upload", Key=key, UploadId=begun["UploadId"])


async def _forget(bucket: Bucket, key: str) -> None:
    await bucket.request("delete_object", Key=key)


async def _to_its_end(cleaning: Any) -> None:
    """Await it even when cancelled; what it cannot do is left to `remove_unfinished`."""
    with suppress(StoreUnavailable, ObjectMissing):
        await asyncio.shield(cleaning)


async def _checksum(content: bytes) -> str:
    digest = await asyncio.to_thread(hashlib.sha256, content)
    return base64.b64encode(digest.digest()).decode()


def _number(part: dict[str, Any]) -> int:
    return int(part["PartNumber"])
