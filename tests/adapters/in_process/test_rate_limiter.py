"""How the buckets in this process are bounded."""

from datetime import timedelta

from adapters.in_process.rate_limiter import InProcessRateLimiter
from adapters.memory.clock import ManualClock
from application.ports.rate_limiter import RatePolicy

HOURLY = RatePolicy(name="hourly", quota=10, window_s=3_600)
QUICK = RatePolicy(name="quick", quota=10, window_s=10)


async def test_many_keys_take_bounded_room(clock: ManualClock) -> None:
    limiter = InProcessRateLimiter(clock, most_buckets=100)
    for number in range(5_000):
        await limiter.take(HOURLY, f"{number}")
    assert _size(limiter) <= 100


async def test_full_buckets_are_dropped_before_there_are_many(clock: ManualClock) -> None:
    limiter = InProcessRateLimiter(clock)
    for number in range(20_000):
        clock.advance(timedelta(seconds=1))
        await limiter.take(QUICK, f"{number}")
    assert _size(limiter) <= 2_000


async def test_the_emptiest_buckets_outlive_a_flood_of_others(clock: ManualClock) -> None:
    limiter = InProcessRateLimiter(clock, most_buckets=100)
    for _ in range(10):
        await limiter.take(HOURLY, "greedy")
    for number in range(5_000):
        await limiter.take(HOURLY, f"{number}")
        await limiter.take(QUICK, f"{number}")
    assert not (await limiter.take(HOURLY, "greedy")).allowed


def _size(limiter: InProcessRateLimiter) -> int:
    return sum(len(part) for part in vars(limiter).values() if isinstance(part, dict))
