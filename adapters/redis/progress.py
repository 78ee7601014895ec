"""Recent events of submissions in Redis streams, for readers at any server."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import cast

from redis.asyncio import Redis

from adapters.redis.connection import RedisAway, RedisConnection
from adapters.redis.events import read, stream_id, written
from adapters.redis.news import News
from application.ports.progress import Done, EventId, ProgressEvent, ProgressStream
from domain.ids import SubmissionId

MOST_EVENTS = 1_000
MOST_BYTES = 256 * 1024
"""Of one submission; large events push out more of the old ones than small ones do."""
FEWEST_EVENTS = 8
MOST_BYTES_IN_ALL = 64 * 1024 * 1024
"""Of all submissions; what would be more is not told: Redis has to have room for other things."""
KEPT_S = 600
"""After the last event: from then on the store tells the rest."""
KEPT_WHEN_DONE_S = 60
_BATCH = 64
_LOOK_AGAIN_S = 1.0
"""News may be lost, so a follower looks by itself now and then."""

_ADD = """
local held, sizes = KEYS[3], KEYS[4]
local id, size, kept_s = ARGV[6], #ARGV[3] + #ARGV[4], tonumber(ARGV[5])
local function number(field) return tonumber(redis.call('HGET', sizes, field)) or 0 end
local now = tonumber(redis.call('TIME')[1])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('HINCRBY', sizes, 'all', -number(gone))
  redis.call('HDEL', sizes, gone)
  redis.call('ZREM', held, gone)
end
local before = number(id)
local after = math.min(before + size, math.max(tonumber(ARGV[7]), size * 8))
if number('all') - before + after > tonumber(ARGV[8]) then
  return 0
end
local added = redis.pcall(
  'XADD', KEYS[1], 'MAXLEN', '=', ARGV[2], ARGV[1], ARGV[3], ARGV[4])
if type(added) == 'table' and added.err then
  local is_too_late = string.find(added.err, 'equal or smaller', 1, true)
  return is_too_late and 0 or added
end
redis.call('EXPIRE', KEYS[1], kept_s)
redis.call('HSET', sizes, id, after)
redis.call('HINCRBY', sizes, 'all', after - before)
redis.call('ZADD', held, now + kept_s, id)
redis.call('EXPIRE', held, 2 * kept_s + 600)
redis.call('EXPIRE', sizes, 2 * kept_s + 600)
redis.call('PUBLISH', KEYS[2], ARGV[6])
return 1
"""

_Entries = Sequence[tuple[bytes, dict[bytes, bytes]]]


class RedisProgressStream(ProgressStream):
    """A stream a submission, whose entries' ids are the events' own; bounded, and forgotten soon.

    Texts are cut to what a reader looks at; the store has the rest. What is held of all is counted
    with it, for as long as it is held, so that events never take the room of queue and limits.
    An event that is not later than those before it is dropped, by Redis. While Redis is away
    events are lost, and followers wait: what matters is in the store.
    """

    def __init__(
        self, connection: RedisConnection, *, most_bytes_in_all: int = MOST_BYTES_IN_ALL
    ) -> None:
        self._connection = connection
        self._most_bytes_in_all = most_bytes_in_all
        self._news = News(connection)

    async def publish(self, submission_id: SubmissionId, event: ProgressEvent) -> None:
        key = self._key(submission_id)
        kind, text = written(event.what)
        kept_s = KEPT_WHEN_DONE_S if isinstance(event.what, Done) else KEPT_S
        budget = f"{self._connection.namespace}:progress-bytes"
        most = max(min(MOST_EVENTS, MOST_BYTES // len(text)), FEWEST_EVENTS)

        async def add(redis: Redis) -> None:
            event_id = stream_id(event.id)
            bounds = (MOST_BYTES, self._most_bytes_in_all)
            arguments = (event_id, most, kind, text, kept_s, submission_id, *bounds)
            keys = [key, self._news.channel, f"{budget}:held", f"{budget}:sizes"]
            await redis.register_script(_ADD)(keys=keys, args=arguments)

        with contextlib.suppress(RedisAway):
            await self._connection.ask(add)

    async def follow(
        self, submission_id: SubmissionId, after: EventId | None
    ) -> AsyncGenerator[ProgressEvent]:
        seen = after
        news = self._news.join(submission_id)
        try:
            while True:
                news.clear()
                while events := await self._held(submission_id, seen):
                    for event in events:
                        seen = event.id
                        yield event
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), _LOOK_AGAIN_S)
        finally:
            self._news.leave(submission_id, news)

    async def check(self) -> None:
        await self._connection.check()

    async def close(self) -> None:
        await self._news.close()
        await self._connection.close()

    async def _held(
        self, submission_id: SubmissionId, seen: EventId | None
    ) -> Sequence[ProgressEvent]:
        """The next held events after that one; none where there are none, or Redis is away."""
        least = "-" if seen is None else f"({stream_id(seen)}"

        async def look(redis: Redis) -> _Entries:
            return cast(
                "_Entries", await redis.xrange(self._key(submission_id), least, "+", _BATCH)
            )

        try:
            entries = await self._connection.ask(look)
        except RedisAway:
            return ()
        return [read(entry_id, fields) for entry_id, fields in entries]

    def _key(self, submission_id: SubmissionId) -> str:
        return f"{self._connection.namespace}:progress:{submission_id}"
