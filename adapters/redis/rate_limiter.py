"""Token buckets in Redis, shared by every server."""

from datetime import UTC, datetime, timedelta
from typing import cast

from redis.asyncio import Redis

from adapters.redis.connection import RedisAway, RedisConnection
from application.ports.clock import Clock
from application.ports.rate_limiter import Allowance, RateLimiter, RatePolicy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_TAKE = """
local now, quota = tonumber(ARGV[1]), tonumber(ARGV[2])
local token, spare_ms = tonumber(ARGV[3]), tonumber(ARGV[4])
local held = redis.call('HMGET', KEYS[1], 'at', 'missing')
local at, missing = tonumber(held[1]) or now, tonumber(held[2]) or 0
if now > at then
  missing = math.max(0, missing - (now - at) * quota)
  at = now
end
if quota * token - missing < token then
  return {0, missing}
end
missing = missing + token
local function whole(number) return string.format('%.0f', number) end
redis.call('HSET', KEYS[1], 'at', whole(at), 'missing', whole(missing))
redis.call('PEXPIRE', KEYS[1], math.ceil(missing / quota / 1000) + spare_ms)
return {1, missing}
"""
"""Of a bucket it keeps what is missing, in microseconds times the quota, and when that was so:
every sum is whole, and far below 2^53, where Lua's numbers begin to be rounded."""
_SPARE_MS = 60_000
"""A full bucket is kept for a while, since the clocks of servers differ."""


class RedisRateLimiter(RateLimiter):
    """Allows everything while Redis is away, and says so once in the log."""

    def __init__(self, connection: RedisConnection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def take(self, policy: RatePolicy, key: str) -> Allowance:
        now = (self._clock.now() - _EPOCH) // _MICROSECOND
        token = policy.window_s * _SECOND
        name = f"{self._connection.namespace}:rate:{policy.name}:{policy.quota}:{policy.window_s}"
        arguments = (now, policy.quota, token, _SPARE_MS)

        async def take(redis: Redis) -> list[int]:
            taken = redis.register_script(_TAKE)(keys=[f"{name}:{key}"], args=arguments)
            return cast("list[int]", await taken)

        try:
            allowed, missing = await self._connection.ask(take)
        except RedisAway:
            return Allowance(allowed=True, remaining=policy.quota - 1, reset_s=0, retry_after_s=0)
        left = policy.quota * token - missing
        return Allowance(
            allowed=bool(allowed),
            remaining=left // token if allowed else 0,
            reset_s=_seconds(missing, policy),
            retry_after_s=0 if allowed else _seconds(token - left, policy),
        )

    async def check(self) -> None:
        await self._connection.check()

    async def close(self) -> None:
        await self._connection.close()


def _seconds(amount: int, policy: RatePolicy) -> int:
    """How long it takes until that much has flowed in, rounded up."""
    return -(-amount // (policy.quota * _SECOND))
