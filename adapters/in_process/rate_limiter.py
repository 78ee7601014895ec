"""Token buckets in this process."""

from datetime import UTC, datetime, timedelta

from application.ports.clock import Clock
from application.ports.rate_limiter import Allowance, RateLimiter, RatePolicy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000
_FIRST_SWEEP = 1_024


class InProcessRateLimiter(RateLimiter):
    """Of each bucket it keeps when it will be full, which says how many tokens are in it now.

    That is in microseconds since 1970 times the quota, so that every sum is whole. A bucket that
    is full says nothing and is dropped; so is the fuller half, where there are too many.
    """

    def __init__(self, clock: Clock, *, most_buckets: int = 100_000) -> None:
        self._clock = clock
        self._most_buckets = most_buckets
        self._full_at: dict[tuple[RatePolicy, str], int] = {}
        self._sweep_at = min(_FIRST_SWEEP, most_buckets)

    async def take(self, policy: RatePolicy, key: str) -> Allowance:
        now = (self._clock.now() - _EPOCH) // _MICROSECOND
        if len(self._full_at) >= self._sweep_at:
            self._sweep(now)
        present = now * policy.quota
        missing = max(self._full_at.get((policy, key), present) - present, 0)
        token = policy.window_s * _SECOND
        left = policy.quota * token - missing
        if left < token:
            return Allowance(
                allowed=False,
                remaining=0,
                reset_s=_seconds(missing, policy),
                retry_after_s=_seconds(token - left, policy),
            )
        self._full_at[policy, key] = present + missing + token
        return Allowance(
            allowed=True,
            remaining=(left - token) // token,
            reset_s=_seconds(missing + token, policy),
            retry_after_s=0,
        )

    async def close(self) -> None:
        self._full_at.clear()

    def _sweep(self, now: int) -> None:
        """The next one comes when there are twice as many buckets, so that each costs little."""
        left = {
            (policy, key): full_at
            for (policy, key), full_at in self._full_at.items()
            if full_at > now * policy.quota
        }
        if len(left) >= self._most_buckets:
            fullest_first = sorted(left.items(), key=lambda item: item[1] / item[0][0].quota)
            left = dict(fullest_first[(len(left) + 1) // 2 :])
        self._full_at = left
        self._sweep_at = min(self._most_buckets, max(_FIRST_SWEEP, 2 * len(left)))


def _seconds(amount: int, policy: RatePolicy) -> int:
    """How long it takes until that much has flowed in, rounded up."""
    return -(-amount // (policy.quota * _SECOND))
