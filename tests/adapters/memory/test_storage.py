"""How strict the storage in memory is where its contract leaves it open."""

import pytest

from adapters.memory.storage import MemoryStorage
from application.ports.storage import UnitOfWork
from tests.contracts.values import case, challenge, session, user, version


async def test_a_reader_cannot_write() -> None:
    async with MemoryStorage().read() as unit:
        with pytest.raises(RuntimeError):
            await unit.users.add(user())


async def test_nothing_is_written_after_the_end_of_a_block() -> None:
    storage = MemoryStorage()
    async with storage.begin() as unit:
        await unit.users.add(user())
    with pytest.raises(RuntimeError):
        await unit.users.add(user("bob"))


async def test_an_id_is_used_once() -> None:
    async with MemoryStorage().begin() as unit:
        await _add_all(unit)
        with pytest.raises(ValueError, match="stored already"):
            await unit.users.add(user(email="other@example.org"))
        with pytest.raises(ValueError, match="stored already"):
            await unit.sessions.add(session())
        with pytest.raises(ValueError, match="stored already"):
            await unit.challenges.add(challenge(slug="other"))
        with pytest.raises(ValueError, match="stored already"):
            await unit.challenges.add_version(version())
        with pytest.raises(ValueError, match="stored already"):
            await unit.test_cases.add([case()])


async def test_what_is_referred_to_must_be_there() -> None:
    async with MemoryStorage().begin() as unit:
        with pytest.raises(ValueError, match="there is no"):
            await unit.sessions.add(session())
        with pytest.raises(ValueError, match="there is no"):
            await unit.challenges.add_version(version())
        with pytest.raises(ValueError, match="there is no"):
            await unit.test_cases.add([case()])
        with pytest.raises(ValueError, match="there is no"):
            await unit.users.update(user())
        with pytest.raises(ValueError, match="there is no"):
            await unit.challenges.update(challenge(), expected_revision=1)


async def _add_all(unit: UnitOfWork) -> None:
    await unit.users.add(user())
    await unit.sessions.add(session())
    await unit.challenges.add(challenge())
    await unit.challenges.add_version(version())
    await unit.test_cases.add([case()])
