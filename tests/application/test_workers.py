"""Which workers there are, as they say themselves."""

from datetime import timedelta

from application.announced import AnnouncedLanguages
from application.use_cases.announce_worker import AnnounceWorker
from application.use_cases.withdraw_worker import WithdrawWorker
from tests.application.world import PYTHON, World

ALIVE = timedelta(seconds=15)


async def test_a_worker_is_known_by_what_it_says(world: World) -> None:
    started_at = world.clock.now()
    world.clock.advance(timedelta(seconds=4))
    await _announce(world)(started_at)
    async with world.storage.read() as unit:
        (worker,) = await unit.workers.alive(world.clock.now() - ALIVE)
    assert (worker.id, worker.slots, worker.started_at) == ("w1", 1, started_at)
    assert [language.id for language in worker.languages] == [PYTHON]
    assert worker.seen_at == world.clock.now()


async def test_a_worker_that_stops_is_not_alive_and_its_languages_are_remembered(
    world: World,
) -> None:
    await _announce(world)(world.clock.now())
    await _withdraw(world)()
    async with world.storage.read() as unit:
        assert await unit.workers.alive(world.clock.now() - ALIVE) == []
    offer = AnnouncedLanguages(world.storage, world.clock)
    assert [language.id for language in await offer.languages()] == [PYTHON]


async def test_stopping_twice_or_unannounced_is_harmless(world: World) -> None:
    await _withdraw(world)()
    await _withdraw(world)()


def _announce(world: World) -> AnnounceWorker:
    return AnnounceWorker(storage=world.storage, judge=world.judge, clock=world.clock, worker="w1")


def _withdraw(world: World) -> WithdrawWorker:
    return WithdrawWorker(storage=world.storage, clock=world.clock, worker="w1")
