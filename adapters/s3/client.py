"""Requests to one bucket: the client is made at the first, none waits for ever."""

import asyncio
import functools
import io
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session

from adapters.s3.errors import Passing, told
from application.ports.telemetry import SILENT, Telemetry

QUICK_S = 1.4
"""How long a request without a large body may take, tries and all."""
_AGAIN_AFTER_S = (0.05, 0.25)
_CONNECTIONS = 64
_SMALL_BYTES = 64 * 1024
"""A body that lies in the buffers of a connection as soon as that is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """A bucket; without keys those of the machine's role are used, without an endpoint AWS.

    `prefix` stands before every name, for stores that share a bucket. `stall_s` is how long no byte
    of a large body may move, nor the answer to it come.
    """

    bucket: str
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)
    region: str
    endpoint_url: str | None
    prefix: str = ""
    stall_s: float = 10.0


class Bucket:
    """Every method may raise StoreUnavailable, and StoreRefused, which is one."""

    def __init__(self, options: S3Options, telemetry: Telemetry = SILENT) -> None:
        self.options: Final = options
        self._telemetry = telemetry
        self._open = AsyncExitStack()
        self._making = asyncio.Lock()
        self._client: Any = None

    async def request(self, operation: str, **arguments: Any) -> Any:
        """The answer to a small request, within QUICK_S.

        Raises:
            ObjectMissing, BeyondTheEnd: as they say.
        """
        client = await self._made()
        with self._telemetry.dependency("s3", operation), told(self.options.bucket):
            async with asyncio.timeout(QUICK_S):
                return await self._tried(getattr(client, operation), arguments)

    async def send(self, operation: str, content: bytes, **arguments: Any) -> Any:
        """The answer to a request with a body, which may take long while it moves if it is large.

        Raises:
            ObjectMissing: the upload is gone.
        """
        client = await self._made()
        with self._telemetry.dependency("s3", operation), told(self.options.bucket):
            stall_s = QUICK_S if len(content) <= _SMALL_BYTES else self.options.stall_s
            async with asyncio.timeout(stall_s) as limit:
                # what goes out at once does not show that anything moves
                body = _MovingBody(content, limit, stall_s if len(content) > _SMALL_BYTES else None)
                return await self._tried(getattr(client, operation), arguments, body)

    async def finish(self, operation: str, **arguments: Any) -> Any:
        """The answer to a request that makes the server work for long.

        Raises:
            ObjectMissing: the upload is gone.
        """
        client = await self._made()
        with self._telemetry.dependency("s3", operation), told(self.options.bucket):
            # how long it is silent is limited in the client
            return await self._tried(getattr(client, operation), arguments)

    async def read(self, body: Any, count: int) -> bytes:
        """Some of the next `count` bytes of an answer's body, which has not come to its end."""
        with told(self.options.bucket):
            async with asyncio.timeout(self.options.stall_s):
                piece: bytes = await body.read(count)
        if not piece:
            raise Passing
        return piece

    async def pages(self, operation: str, **arguments: Any) -> AsyncGenerator[Any]:
        """Every page of a listing; each is asked for when it is wanted."""
        next_page = _NEXT_PAGE[operation]
        more: dict[str, Any] = {}
        while True:
            page = await self.request(operation, **arguments, **more)
            yield page
            if not page.get("IsTruncated"):
                return
            more = {ask: page[answer] for ask, answer in next_page.items() if page.get(answer)}

    async def close(self) -> None:
        """Free the connections; harmless when called twice."""
        self._client = None
        await self._open.aclose()

    async def _made(self) -> Any:
        if self._client is None:
            async with self._making:
                if self._client is None:
                    self._client = await self._open.enter_async_context(self._new_client())
        return self._client

    def _new_client(self) -> Any:
        options = self.options
        return _session().create_client(
            "s3",
            region_name=options.region,
            endpoint_url=options.endpoint_url,
            aws_access_key_id=options.access_key,
            aws_secret_access_key=options.secret_key,
            config=AioConfig(
                signature_version="s3v4",
                s3={"addressing_style": "path" if options.endpoint_url else "auto"},
                connect_timeout=QUICK_S,
                read_timeout=options.stall_s,
                max_pool_connections=_CONNECTIONS,
                retries={"total_max_attempts": 1},  # its waits are too long for what is quick
                request_checksum_calculation="when_required",  # ours are given with the request
                response_checksum_validation="when_required",  # the hash is looked at instead
            ),
        )

    async def _tried(
        self, ask: Any, arguments: dict[str, Any], body: "_MovingBody | None" = None
    ) -> Any:
        """Ask, again where trouble may be over: every request of ours may be repeated."""
        arguments = {"Bucket": self.options.bucket, **arguments}
        for again_after_s in _AGAIN_AFTER_S:
            try:
                with told(self.options.bucket):
                    return await ask(**arguments, **_fresh(body))
            except Passing:
                await asyncio.sleep(again_after_s)
        return await ask(**arguments, **_fresh(body))


_NEXT_PAGE = {
    "list_objects_v2": {"ContinuationToken": "NextContinuationToken"},
    "list_multipart_uploads": {
        "KeyMarker": "NextKeyMarker",
        "UploadIdMarker": "NextUploadIdMarker",
    },
}


class _MovingBody(io.BytesIO):
    """Bytes on their way out: each piece that is taken puts off the end of patience."""

    def __init__(self, content: bytes, limit: asyncio.Timeout, stall_s: float | None) -> None:
        super().__init__(content)
        self._limit = limit
        self._stall_s = stall_s

    def read(self, size: int | None = -1, /) -> bytes:
        if self._stall_s is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + self._stall_s)
        return super().read(size)


def _fresh(body: _MovingBody | None) -> dict[str, Any]:
    if body is None:
        return {}
    body.seek(0)
    return {"Body": body}


@functools.cache
def _session() -> AioSession:
    """Kept, as it reads megabytes of descriptions of services; it holds no connection."""
    return get_session()
