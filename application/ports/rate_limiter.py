"""How often someone may do something."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePolicy:
    """A token bucket: `quota` at once, refilled evenly over `window_s` seconds."""

    name: str
    quota: int
    window_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left after an attempt; `retry_after_s` is 0 where it was allowed."""

    allowed: bool
    remaining: int
    reset_s: int
    """Seconds until the bucket is full again."""
    retry_after_s: int


class RateLimiter(Protocol):
    """Token buckets, atomic; what is forgotten (a restart) only ever allows more."""

    async def take(self, policy: RatePolicy, key: str) -> Allowance:
        """Take one token of the bucket of `key` under `policy`, if there is one."""
        ...

    async def check(self) -> None:
        """Return if rates are limited; else raise what says why not."""
        return

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...
