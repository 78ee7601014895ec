"""Time: every adapter of `Clock` keeps this contract."""

import asyncio
from datetime import timedelta

import pytest

from application.ports.clock import Clock
from tests.contracts.adapters_of import CLOCKS
from tests.contracts.in_hand import ClockInHand


@pytest.fixture(params=CLOCKS)
async def in_hand(request: pytest.FixtureRequest) -> ClockInHand:
    return CLOCKS[request.param]()


@pytest.fixture
def clock(in_hand: ClockInHand) -> Clock:
    return in_hand.clock


async def test_the_present_is_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


async def test_time_does_not_run_backwards(clock: Clock) -> None:
    moments = [clock.now() for _ in range(1_000)]
    assert moments == sorted(moments)


async def test_time_passes(in_hand: ClockInHand) -> None:
    before = in_hand.clock.now()
    await in_hand.pass_time(0.01)
    assert in_hand.clock.now() - before >= timedelta(seconds=0.01)


async def test_a_sleeper_wakes_when_its_time_has_come(in_hand: ClockInHand) -> None:
    clock = in_hand.clock
    before = clock.now()
    sleeping = asyncio.create_task(clock.sleep(0.02))
    await in_hand.pass_time(0.03)
    await asyncio.wait_for(sleeping, timeout=60)
    assert clock.now() - before >= timedelta(seconds=0.02)


async def test_a_sleeper_does_not_wake_early(in_hand: ClockInHand) -> None:
    sleeping = asyncio.create_task(in_hand.clock.sleep(3_600))
    await in_hand.pass_time(0.01)
    await asyncio.sleep(0)
    assert not sleeping.done()
    sleeping.cancel()


@pytest.mark.parametrize("seconds", [0, 0.0, -1])
async def test_no_time_passes_at_once(clock: Clock, seconds: float) -> None:
    await clock.sleep(seconds)


async def test_sleepers_wake_in_the_order_of_their_times(in_hand: ClockInHand) -> None:
    woken: list[float] = []
    sleepers = [
        asyncio.create_task(_sleep(in_hand.clock, seconds, woken)) for seconds in (0.3, 0.1, 0.2)
    ]
    await in_hand.pass_time(0.5)
    await asyncio.gather(*sleepers)
    assert woken == [0.1, 0.2, 0.3]


async def test_a_cancelled_sleeper_disturbs_nobody(in_hand: ClockInHand) -> None:
    cancelled = asyncio.create_task(in_hand.clock.sleep(0.01))
    other = asyncio.create_task(in_hand.clock.sleep(0.02))
    await asyncio.sleep(0)
    cancelled.cancel()
    await in_hand.pass_time(0.03)
    await asyncio.wait_for(other, timeout=60)
    assert cancelled.cancelled()


async def _sleep(clock: Clock, seconds: float, woken: list[float]) -> None:
    await clock.sleep(seconds)
    woken.append(seconds)
