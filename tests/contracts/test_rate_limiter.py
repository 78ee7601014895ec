"""Token buckets: every adapter of `RateLimiter` keeps this contract."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.memory.clock import ManualClock
from application.ports.rate_limiter import Allowance, RateLimiter, RatePolicy
from tests.contracts.adapters_of import RATE_LIMITERS

TEN_A_MINUTE = RatePolicy(name="submit", quota=10, window_s=60)
ODD = RatePolicy(name="odd", quota=7, window_s=60)


@pytest.fixture(params=RATE_LIMITERS)
async def limiter(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[RateLimiter]:
    async with RATE_LIMITERS[request.param](clock) as limiter:
        yield limiter


async def test_the_first_take_leaves_the_rest(limiter: RateLimiter) -> None:
    assert await limiter.take(TEN_A_MINUTE, "alice") == Allowance(
        allowed=True, remaining=9, reset_s=6, retry_after_s=0
    )


async def test_the_quota_may_be_taken_at_once_and_no_more(limiter: RateLimiter) -> None:
    taken = [await limiter.take(TEN_A_MINUTE, "alice") for _ in range(11)]
    assert [one.allowed for one in taken] == [True] * 10 + [False]
    assert [one.remaining for one in taken] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert taken[-1] == Allowance(allowed=False, remaining=0, reset_s=60, retry_after_s=6)


async def test_a_refusal_takes_nothing(limiter: RateLimiter, clock: ManualClock) -> None:
    await _take(limiter, TEN_A_MINUTE, 100)
    clock.advance(timedelta(seconds=6))
    assert (await limiter.take(TEN_A_MINUTE, "alice")).allowed


async def test_waiting_as_told_is_enough_and_a_moment_less_is_not(
    limiter: RateLimiter, clock: ManualClock
) -> None:
    await _take(limiter, TEN_A_MINUTE, 10)
    clock.advance(timedelta(seconds=6) - timedelta(microseconds=1))
    early = await limiter.take(TEN_A_MINUTE, "alice")
    clock.advance(timedelta(microseconds=1))
    in_time = await limiter.take(TEN_A_MINUTE, "alice")
    assert (early.allowed, early.retry_after_s) == (False, 1)
    assert (in_time.allowed, in_time.remaining) == (True, 0)


async def test_a_bucket_fills_evenly_and_never_over(
    limiter: RateLimiter, clock: ManualClock
) -> None:
    await _take(limiter, TEN_A_MINUTE, 10)
    clock.advance(timedelta(seconds=30))
    half = await _take(limiter, TEN_A_MINUTE, 10)
    clock.advance(timedelta(days=30))
    full = await _take(limiter, TEN_A_MINUTE, 20)
    assert (half, full) == (5, 10)


async def test_times_are_rounded_up_to_whole_seconds(limiter: RateLimiter) -> None:
    first = await limiter.take(ODD, "alice")
    await _take(limiter, ODD, 6)
    refused = await limiter.take(ODD, "alice")
    assert (first.reset_s, refused.retry_after_s, refused.reset_s) == (9, 9, 60)


async def test_in_the_long_run_the_rate_is_exact(limiter: RateLimiter, clock: ManualClock) -> None:
    await _take(limiter, ODD, 7)
    taken = [await _after(limiter, clock, timedelta(seconds=1)) for _ in range(600)]
    assert sum(taken) == 70


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        (TEN_A_MINUTE, "Alice"),
        (TEN_A_MINUTE, "alice "),
        (TEN_A_MINUTE, ""),
        (TEN_A_MINUTE, "\U0001f680"),
        (RatePolicy(name="log_in", quota=10, window_s=60), "alice"),
    ],
)
async def test_each_policy_and_key_has_a_bucket_of_its_own(
    limiter: RateLimiter, policy: RatePolicy, key: str
) -> None:
    await _take(limiter, TEN_A_MINUTE, 10)
    assert (await limiter.take(policy, key)).remaining == 9


async def test_of_many_takes_at_once_only_the_quota_is_allowed(limiter: RateLimiter) -> None:
    taken = await asyncio.gather(*(limiter.take(TEN_A_MINUTE, "alice") for _ in range(50)))
    assert sum(one.allowed for one in taken) == 10


async def test_a_quota_of_one_is_one(limiter: RateLimiter, clock: ManualClock) -> None:
    once_a_day = RatePolicy(name="once", quota=1, window_s=86_400)
    first = await limiter.take(once_a_day, "alice")
    second = await limiter.take(once_a_day, "alice")
    clock.advance(timedelta(days=1))
    third = await limiter.take(once_a_day, "alice")
    assert [first.allowed, second.allowed, third.allowed] == [True, False, True]
    assert (first.remaining, first.reset_s, second.retry_after_s) == (0, 86_400, 86_400)


async def test_closing_twice_is_harmless(limiter: RateLimiter) -> None:
    await limiter.close()
    await limiter.close()


async def _take(limiter: RateLimiter, policy: RatePolicy, times: int) -> int:
    """How many of that many takes were allowed."""
    taken = [await limiter.take(policy, "alice") for _ in range(times)]
    return sum(one.allowed for one in taken)


async def _after(limiter: RateLimiter, clock: ManualClock, wait: timedelta) -> bool:
    clock.advance(wait)
    return (await limiter.take(ODD, "alice")).allowed
