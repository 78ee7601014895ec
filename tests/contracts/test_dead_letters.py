"""Wake-ups that were given up: every adapter of `DeadLetters` keeps this contract."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain.errors import DeadLetterNotFound
from domain.submission import WorkClass
from tests.contracts.adapters_of import DEAD_LETTERS
from tests.contracts.in_hand import DeadLettersInHand
from tests.contracts.values import NOW

REASON = "RuntimeError: na\u00efve \U0001f680 'quoted'\nand more  "


@pytest.fixture(params=DEAD_LETTERS)
async def in_hand(request: pytest.FixtureRequest) -> AsyncIterator[DeadLettersInHand]:
    async with DEAD_LETTERS[request.param]() as in_hand:
        yield in_hand


async def test_at_first_there_is_none(in_hand: DeadLettersInHand) -> None:
    assert list(await in_hand.letters.newest(10)) == []


@pytest.mark.parametrize("work_class", WorkClass)
async def test_a_letter_says_what_died_of_what_and_when(
    in_hand: DeadLettersInHand, work_class: WorkClass
) -> None:
    died_at = NOW.replace(microsecond=123_000)
    letter_id = await in_hand.die(work_class, REASON, died_at)
    (letter,) = await in_hand.letters.newest(10)
    assert (letter.id, letter.work_class, letter.reason) == (letter_id, work_class, REASON)
    assert (letter.failed_at, letter.attempts) == (died_at, 4)


async def test_the_newest_come_first_and_no_more_than_asked(in_hand: DeadLettersInHand) -> None:
    ids = [
        await in_hand.die(work_class, REASON, NOW + timedelta(seconds=number))
        for number, work_class in enumerate([*WorkClass, *WorkClass])
    ]
    assert [letter.id for letter in await in_hand.letters.newest(4)] == ids[:1:-1]
    assert [letter.id for letter in await in_hand.letters.newest(100)] == ids[::-1]


async def test_looking_changes_nothing(in_hand: DeadLettersInHand) -> None:
    await in_hand.die(WorkClass.RUN, REASON, NOW)
    assert await in_hand.letters.newest(10) == await in_hand.letters.newest(10)


async def test_what_is_sent_again_wakes_a_worker_and_is_dead_no_more(
    in_hand: DeadLettersInHand,
) -> None:
    letter_id = await in_hand.die(WorkClass.REJUDGE, REASON, NOW)
    await in_hand.letters.resend(letter_id)
    assert await asyncio.wait_for(in_hand.woken(), timeout=60) is WorkClass.REJUDGE
    assert list(await in_hand.letters.newest(10)) == []


async def test_what_is_dropped_is_gone(in_hand: DeadLettersInHand) -> None:
    goes = await in_hand.die(WorkClass.RUN, REASON, NOW)
    stays = await in_hand.die(WorkClass.RUN, REASON, NOW)
    await in_hand.letters.drop(goes)
    assert [letter.id for letter in await in_hand.letters.newest(10)] == [stays]


@pytest.mark.parametrize("letter_id", ["", "x", "'; DROP", "\U0001f680"])
async def test_what_is_not_there_is_neither_sent_nor_dropped(
    in_hand: DeadLettersInHand, letter_id: str
) -> None:
    await in_hand.die(WorkClass.RUN, REASON, NOW)
    with pytest.raises(DeadLetterNotFound):
        await in_hand.letters.resend(letter_id)
    with pytest.raises(DeadLetterNotFound):
        await in_hand.letters.drop(letter_id)
    assert len(await in_hand.letters.newest(10)) == 1


async def test_a_letter_is_sent_again_once(in_hand: DeadLettersInHand) -> None:
    letter_id = await in_hand.die(WorkClass.RUN, REASON, NOW)
    await in_hand.letters.resend(letter_id)
    with pytest.raises(DeadLetterNotFound):
        await in_hand.letters.resend(letter_id)


async def test_closing_twice_is_harmless(in_hand: DeadLettersInHand) -> None:
    await in_hand.letters.close()
    await in_hand.letters.close()
