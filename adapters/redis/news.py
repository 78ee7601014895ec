"""Tells followers in this process which submissions have news, over one connection."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from adapters.redis.connection import RedisConnection
from domain.ids import SubmissionId

_SILENCE_S = 5.0
"""After so long without a word it is asked whether the connection still lives."""
_TRY_AGAIN_S = 0.5


class News:
    """Listens while there are followers. What it misses they find by looking now and then."""

    def __init__(self, connection: RedisConnection) -> None:
        self.channel = f"{connection.namespace}:progress"
        self._connection = connection
        self._followers: dict[SubmissionId, set[asyncio.Event]] = {}
        self._listening: asyncio.Task[None] | None = None

    def join(self, submission_id: SubmissionId) -> asyncio.Event:
        """An event that is set whenever the submission may have news."""
        news = asyncio.Event()
        self._followers.setdefault(submission_id, set()).add(news)
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        return news

    def leave(self, submission_id: SubmissionId, news: asyncio.Event) -> None:
        followers = self._followers.get(submission_id, set())
        followers.discard(news)
        if not followers:
            self._followers.pop(submission_id, None)
        if not self._followers and self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def close(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.wait({listening})

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError):
                await self._hear(self._connection.client)
            await asyncio.sleep(_TRY_AGAIN_S)

    async def _hear(self, redis: Redis) -> None:
        async with redis.pubsub() as channel:
            await channel.subscribe(self.channel)
            for followers in tuple(self._followers.values()):
                _wake(followers)  # for what came while nobody listened
            while (message := await _next(channel)) is not None:
                if message["type"] == "message":
                    submission_id = SubmissionId(message["data"].decode())
                    _wake(self._followers.get(submission_id, ()))


async def _next(channel: PubSub) -> dict[str, Any] | None:
    """The next message; None when the connection is dead."""
    message = await channel.get_message(timeout=_SILENCE_S)
    if message is None:
        await channel.ping()
        message = await channel.get_message(timeout=_SILENCE_S)
    return cast("dict[str, Any] | None", message)


def _wake(followers: Iterable[asyncio.Event]) -> None:
    for news in followers:
        news.set()
