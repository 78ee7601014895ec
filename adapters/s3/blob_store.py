"""Immutable bytes as objects of an S3 bucket, each under its hash and when it was put."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from adapters.s3.client import QUICK_S, Bucket, S3Options
from adapters.s3.errors import BeyondTheEnd, ObjectMissing, Passing, told
from adapters.s3.names import OWNER, ObjectName, beginning, is_key
from adapters.s3.reading import Reading
from adapters.s3.spool import Spool
from adapters.s3.uploading import PART_BYTES, upload
from application.ports.blob_store import Blob, BlobNotFound, BlobStore, StoredBlob
from application.ports.clock import Clock
from application.ports.storage import StoreUnavailable
from application.ports.telemetry import SILENT, Telemetry
from domain.ids import BlobKey

_PIECE_BYTES = 256 * 1024
_REMEMBERED = 10_000


class S3BlobStore(BlobStore):
    """Every put makes an object of its own, whose name is never used again.

    The names of one blob begin with its hash; the newest is when it was touched. So a removal,
    however late it arrives, takes away only what was seen when it was decided: nothing that a put
    has returned for is lost, whatever is collected meanwhile, and no conditional request is
    needed, which not every server has. A put removes what was there before it, once it is done.

    The hash is known only at the end of the bytes, so these wait in a nameless temporary file (the
    first 8 MiB in memory), and go up with checksums, above 8 MiB in parts.

    Requests that carry no large body end within QUICK_S, also when the server hangs; a body may
    take any time as long as it moves. Every method may raise StoreRefused, a StoreUnavailable.
    """

    def __init__(self, options: S3Options, clock: Clock, telemetry: Telemetry = SILENT) -> None:
        self._bucket = Bucket(options, telemetry)
        self._prefix = options.prefix
        self._clock = clock
        self._newest: OrderedDict[BlobKey, str] = OrderedDict()
        """Where a blob was last seen; it may be gone from there."""

    async def put(self, chunks: AsyncIterable[bytes]) -> Blob:
        spool = await Spool.receive(chunks, memory_bytes=PART_BYTES)
        try:
            return await self._put(spool)
        finally:
            spool.close()

    async def get(
        self, key: BlobKey, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        if not is_key(key):
            raise BlobNotFound(key)
        if length == 0:
            await self._find(key)
            return
        reading = Reading(key, start, length)
        while not reading.done:
            async for piece in self._some(reading):
                yield piece

    async def delete(self, key: BlobKey, *, touched_until: datetime | None = None) -> bool:
        if not is_key(key):
            return False
        found = [name async for name, _ in self._objects(beginning(key))]
        kept = touched_until is not None and any(name.put_at > touched_until for name in found)
        if kept or not found:
            return False
        self._newest.pop(key, None)
        for name in found:
            await self._remove(name)
        return True

    async def list(self) -> AsyncGenerator[StoredBlob]:
        newest: StoredBlob | None = None  # objects come in the order of their names
        async for name, size_bytes in self._objects():
            if name.key is None:
                continue
            if newest is not None and newest.key != name.key:
                yield newest
            newest = StoredBlob(key=name.key, size_bytes=size_bytes, touched_at=name.put_at)
        if newest is not None:
            yield newest

    async def remove_unfinished(self, begun_before: datetime) -> int:
        """Besides uploads, those are objects of checks, and objects that a later put replaced.

        A put under way may still take back what it stored: only an old one has replaced another.
        """
        removed = await self._abort_uploads(begun_before)
        previous: ObjectName | None = None
        async for name, _ in self._objects():
            if name.put_at >= begun_before:
                continue
            if name.key is None:
                await self._remove(name)
                removed += 1
            elif previous is not None and previous.key == name.key:
                await self._remove(previous)
                removed += 1
            previous = name
        return removed

    async def owner(self) -> str | None:
        try:
            answer = await self._bucket.request("get_object", Key=self._prefix + OWNER)
        except ObjectMissing:
            return None
        try:
            size_bytes = answer["ContentLength"]
            return (await self._bucket.read(answer["Body"], size_bytes)).decode()
        finally:
            answer["Body"].close()

    async def claim(self, owner: str) -> None:
        await self._bucket.send("put_object", owner.encode(), Key=self._prefix + OWNER)

    async def check(self) -> None:
        name = self._new_name(None)
        with told(self._bucket.options.bucket):
            async with asyncio.timeout(QUICK_S):
                # some servers make a bucket that is not there when they are given an object
                await self._bucket.request("list_objects_v2", Prefix=name, MaxKeys=1)
                await self._bucket.send("put_object", b"?", Key=name)
                answer = await self._bucket.request("get_object", Key=name)
                await self._bucket.read(answer["Body"], 1)
                answer["Body"].close()
                await self._bucket.request("delete_object", Key=name)

    async def close(self) -> None:
        await self._bucket.close()

    async def _put(self, spool: Spool) -> Blob:
        key = spool.key
        earlier = await self._earlier(key)
        name = self._new_name(key)
        await upload(self._bucket, name, spool)
        self._remember(key, name)
        with suppress(StoreUnavailable):  # left to remove_unfinished
            for one in earlier:
                await self._bucket.request("delete_object", Key=one)
        return Blob(key=key, size_bytes=spool.size_bytes)

    async def _earlier(self, key: BlobKey) -> Sequence[str]:
        """The objects that a put replaces; where one is known, others are left to a collection."""
        known = self._newest.get(key)
        if known is not None:
            return (known,)
        return [self._prefix + name.text async for name, _ in self._objects(beginning(key))]

    async def _some(self, reading: Reading) -> AsyncGenerator[bytes]:
        """The bytes to come, until they or the connection end; it may be asked again for the rest.

        A reader may be slower than the server has patience.
        """
        body = await self._opened(reading)
        came_from = reading.next_byte
        try:
            while not reading.done:
                piece = await self._bucket.read(body, min(_PIECE_BYTES, reading.left))
                reading.take(piece)
                yield piece
        except Passing:
            if reading.next_byte == came_from:
                raise
        finally:
            if body is not None:
                body.close()

    async def _opened(self, reading: Reading) -> Any:
        """The answer's body; None if nothing is to come.

        Raises:
            BlobNotFound: there is no object.
        """
        missing: str | None = None
        while True:
            name = self._newest.get(reading.key) or await self._find(reading.key)
            if name == missing:
                raise BlobNotFound(reading.key)
            try:
                answer = await self._bucket.request("get_object", Key=name, **reading.range())
            except ObjectMissing:  # a later put has removed it: look for what that has put
                self._newest.pop(reading.key, None)
                missing = name
            except BeyondTheEnd:
                reading.begin(0)
                return None
            else:
                reading.begin(_size_of(answer))
                return answer["Body"]

    async def _find(self, key: BlobKey) -> str:
        """The name of the blob's newest object.

        Raises:
            BlobNotFound: there is none.
        """
        newest: ObjectName | None = None
        async for name, _ in self._objects(beginning(key)):
            newest = name
        if newest is None:
            raise BlobNotFound(key)
        self._remember(key, self._prefix + newest.text)
        return self._prefix + newest.text

    async def _objects(self, start: str = "") -> AsyncGenerator[tuple[ObjectName, int]]:
        """Every object of ours whose name begins so, in the order of names, and its size."""
        async for page in self._bucket.pages("list_objects_v2", Prefix=self._prefix + start):
            for one in page.get("Contents", ()):
                name = ObjectName.parse(one["Key"].removeprefix(self._prefix))
                if name is not None:
                    yield name, one["Size"]

    async def _abort_uploads(self, begun_before: datetime) -> int:
        aborted = 0
        async for page in self._bucket.pages("list_multipart_uploads", Prefix=self._prefix):
            for one in page.get("Uploads", ()):
                name = ObjectName.parse(one["Key"].removeprefix(self._prefix))
                if name is not None and name.put_at < begun_before:
                    with suppress(ObjectMissing):
                        this = {"Key": one["Key"], "UploadId": one["UploadId"]}
                        await self._bucket.request("abort_multipart_upload", **this)
                    aborted += 1
        return aborted

    async def _remove(self, name: ObjectName) -> None:
        await self._bucket.request("delete_object", Key=self._prefix + name.text)

    def _new_name(self, key: BlobKey | None) -> str:
        return self._prefix + ObjectName.new(key, self._clock.now()).text

    def _remember(self, key: BlobKey, name: str) -> None:
        self._newest[key] = name
        if len(self._newest) > _REMEMBERED:
            self._newest.popitem(last=False)


def _size_of(answer: Any) -> int:
    """The whole object's, also where the answer is a part of it."""
    of_all = answer.get("ContentRange", "").rpartition("/")[2]
    return int(of_all or answer["ContentLength"])
