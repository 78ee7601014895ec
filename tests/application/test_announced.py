"""A server without a judge of its own offers what its workers can judge."""

from datetime import timedelta

from application.announced import ALIVE, REMEMBERED, AnnouncedLanguages
from application.ports.workers import Worker
from domain.ids import LanguageId
from domain.language import Language
from tests.application.world import World

LONG_ENOUGH = timedelta(seconds=3)
"""For what is remembered of the workers to be read anew."""


async def test_what_any_living_worker_judges_is_offered(world: World) -> None:
    await _announced(world, "one", python3="3.11", bash="5.2")
    await _announced(world, "two", c="14", bash="5.3")

    assert await _offered(world) == {"bash": "5.3", "c": "14", "python3": "3.11"}


async def test_checkers_are_run_where_any_living_worker_runs_them(world: World) -> None:
    await _announced(world, "able", bash="5.2")
    await _announced(world, "unable", runs_checkers=False, bash="5.3", c="14")

    offered = await AnnouncedLanguages(world.storage, world.clock).languages()

    assert [(one.id, one.runs_checkers) for one in offered] == [("bash", True), ("c", False)]


async def test_dead_workers_do_not_count_beside_living_ones(world: World) -> None:
    await _announced(world, "dead", perl="5.36")
    world.clock.advance(ALIVE)
    await _announced(world, "living", bash="5.2")

    assert await _offered(world) == {"bash": "5.2"}


async def test_while_none_lives_the_dead_ones_languages_are_taken_in(world: World) -> None:
    await _announced(world, "dead", bash="5.2")
    world.clock.advance(REMEMBERED - timedelta(seconds=1))

    assert await _offered(world) == {"bash": "5.2"}


async def test_what_nobody_has_judged_for_a_day_is_not_offered(world: World) -> None:
    await _announced(world, "dead", bash="5.2")
    world.clock.advance(REMEMBERED + timedelta(microseconds=1))

    assert await _offered(world) == {}


async def test_a_new_worker_is_seen_within_seconds(world: World) -> None:
    offer = AnnouncedLanguages(world.storage, world.clock)
    before = await offer.languages()
    await _announced(world, "new", bash="5.2")

    world.clock.advance(LONG_ENOUGH)

    assert (len(before), len(await offer.languages())) == (0, 1)


async def _offered(world: World) -> dict[str, str]:
    offer = AnnouncedLanguages(world.storage, world.clock)
    return {language.id: language.version for language in await offer.languages()}


async def _announced(
    world: World, name: str, *, runs_checkers: bool = True, **versions: str
) -> None:
    world.clock.advance(timedelta(microseconds=1))
    now = world.clock.now()
    languages = tuple(
        Language(
            id=LanguageId(language),
            name=language.title(),
            version=version,
            file_name="main",
            compile_command=None,
            run_command="run",
            runs_checkers=runs_checkers,
        )
        for language, version in versions.items()
    )
    worker = Worker(id=name, slots=1, languages=languages, started_at=now, seen_at=now)
    async with world.storage.begin() as unit:
        await unit.workers.announce(worker)
