"""Loading the demo may be repeated and broken off, and leaves alone what is there."""

import pytest

from application.ports.challenges import ChallengeFilter
from application.use_cases.list_challenges import ListChallenges
from domain.challenge import Challenge, ChallengeStatus, ChallengeVersion
from entrypoints.demo.loading import LoadDemo
from entrypoints.demo.reading import demo_challenges
from tests.application.world import World, a_test

SLUGS = [demo.slug for demo in demo_challenges()]


@pytest.fixture
def world() -> World:
    return World()


def _load(world: World) -> LoadDemo:
    return LoadDemo(
        list_challenges=ListChallenges(storage=world.storage),
        create_challenge=world.create_challenge,
        add_test_cases=world.add_test_cases,
    )


async def _stored(world: World) -> dict[str, tuple[Challenge, ChallengeVersion]]:
    found = await ListChallenges(storage=world.storage)(ChallengeFilter(), after=None, limit=100)
    return {challenge.slug: (challenge, version) for challenge, version in found}


async def test_every_challenge_is_published_with_all_its_tests(world: World) -> None:
    loaded = await _load(world)()

    stored = await _stored(world)
    assert loaded == SLUGS
    assert {slug: len(version.test_ids) for slug, (_, version) in stored.items()} == {
        demo.slug: len(demo.tests) for demo in demo_challenges()
    }
    assert all(challenge.is_open for challenge, _ in stored.values())


async def test_loading_again_changes_nothing(world: World) -> None:
    await _load(world)()
    before = await _stored(world)

    assert await _load(world)() == []
    assert await _stored(world) == before


async def test_a_challenge_of_somebody_else_with_the_slug_is_left_alone(world: World) -> None:
    own = await world.a_challenge(a_test(), slug=SLUGS[0])

    loaded = await _load(world)()

    assert loaded == SLUGS[1:]
    assert (await _stored(world))[SLUGS[0]][0] == own


async def test_a_slug_that_is_only_alike_does_not_count(world: World) -> None:
    await world.a_challenge(a_test(), slug=f"{SLUGS[0]}-2")

    assert await _load(world)() == SLUGS


async def test_a_load_that_was_broken_off_is_completed(world: World) -> None:
    first = demo_challenges()[0]
    await world.create_challenge(
        slug=first.slug,
        presentation=first.presentation,
        rules=first.rules,
        status=ChallengeStatus.PUBLISHED,
    )

    loaded = await _load(world)()

    _, version = (await _stored(world))[first.slug]
    assert loaded == SLUGS
    assert len(version.test_ids) == len(first.tests)
