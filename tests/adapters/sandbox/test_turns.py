"""Who goes next where few may go at once."""

import asyncio

import pytest

from adapters.sandbox.turns import Turns


class _Hall:
    """Everyone who has a turn stays until sent away."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.inside: list[str] = []

    async def come(self, *names: str) -> None:
        for name in names:
            self._leave[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._stay(name))
        await _settled()

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await _settled()

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        await _settled()

    async def _stay(self, name: str) -> None:
        async with self._turns.turn(name):
            self.inside.append(name)
            await self._leave[name].wait()
            self.inside.remove(name)


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def turns() -> Turns:
    return Turns(2)


async def test_so_many_at_once_and_in_their_order(turns: Turns) -> None:
    hall = _Hall(turns)
    await hall.come("a", "b", "c", "d")
    assert hall.inside == ["a", "b"]

    await hall.leave("b")

    assert hall.inside == ["a", "c"]


@pytest.mark.parametrize("before", [True, False])
async def test_who_is_waited_for_goes_at_once_beside_the_others(
    turns: Turns, *, before: bool
) -> None:
    hall = _Hall(turns)
    if before:
        turns.hurry("d")
    await hall.come("a", "b", "c", "d")
    turns.hurry("d")
    await _settled()
    assert hall.inside == ["a", "b", "d"]

    await hall.leave("d")
    assert hall.inside == ["a", "b"]
    await hall.leave("a")

    assert hall.inside == ["b", "c"]


async def test_who_gives_up_takes_no_turn(turns: Turns) -> None:
    hall = _Hall(turns)
    await hall.come("a", "b", "c", "d")

    await hall.give_up("c")
    await hall.give_up("a")

    assert hall.inside[-1] == "d"
    await hall.leave("b")
    await hall.leave("d")
    await hall.come("e", "f", "g")
    assert hall.inside[-2:] == ["e", "f"]
