"""What waits for a server that is silent ends soon, and nothing else does."""

import asyncio
import time

import pytest

from adapters.sql.pulse import Pulse
from application.ports.storage import StoreUnavailable


async def test_what_is_quick_asks_nobody() -> None:
    asked: list[None] = []

    async def ask() -> None:
        asked.append(None)

    async with Pulse("it", ask).watching(5):
        pass
    assert not asked


async def test_what_is_slow_goes_on_while_there_are_answers() -> None:
    answers: list[None] = []
    enough = asyncio.Event()

    async def ask() -> None:
        answers.append(None)
        if len(answers) == 3:
            enough.set()

    pulse = Pulse("it", ask)
    async with pulse.watching(5):
        await enough.wait()
    await pulse.close()


async def test_what_waits_for_silence_ends_soon_and_by_name() -> None:
    pulse = Pulse("it", _silence)
    since = time.monotonic()
    results = await asyncio.gather(*(_wait(pulse) for _ in range(5)), return_exceptions=True)
    assert [str(result) for result in results] == ["it is not available"] * 5
    assert time.monotonic() - since < 15  # of the 30 that each may take
    await pulse.close()


async def test_what_was_asked_while_this_process_slept_is_asked_again() -> None:
    asked: list[None] = []
    enough = asyncio.Event()

    async def ask() -> None:
        asked.append(None)
        if len(asked) == 1:
            time.sleep(0.7)  # noqa: ASYNC251 - as a long computation in the loop would
            await asyncio.sleep(0)
        else:
            enough.set()

    pulse = Pulse("it", ask)
    async with pulse.watching(5):
        await enough.wait()
    await pulse.close()


async def test_even_with_answers_nothing_takes_longer_than_it_may() -> None:
    async def ask() -> None:
        return

    pulse = Pulse("it", ask)
    with pytest.raises(StoreUnavailable):
        async with pulse.watching(0.6):
            await asyncio.Event().wait()
    await pulse.close()


async def test_a_cancellation_from_outside_stays_one() -> None:
    pulse = Pulse("it", _silence)
    waiting = asyncio.create_task(_wait(pulse))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()


async def _silence() -> None:
    await asyncio.Event().wait()


async def _wait(pulse: Pulse) -> None:
    async with pulse.watching(30):
        await asyncio.Event().wait()
