"""Bringing the demo challenges into an installation, as often as one likes."""

from dataclasses import dataclass

from application.ports.challenges import ChallengeFilter
from application.use_cases.add_test_cases import AddTestCases
from application.use_cases.create_challenge import CreateChallenge
from application.use_cases.list_challenges import ListChallenges
from config.container import Container
from domain.challenge import ChallengeStatus
from domain.errors import SlugTaken
from domain.ids import ChallengeId
from entrypoints.demo.reading import DemoChallenge, demo_challenges

_MOST = 100
"""More challenges than this do not share a demo challenge's slug as a part of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A challenge that is here already; `lacks_tests` if it has never had any."""

    challenge_id: ChallengeId
    lacks_tests: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDemo:
    list_challenges: ListChallenges
    create_challenge: CreateChallenge
    add_test_cases: AddTestCases

    async def __call__(self) -> list[str]:
        """The slugs of what was new here; a challenge whose slug exists is left alone.

        Only one whose tests never arrived, as a load before was broken off, gets them now.
        """
        return [demo.slug for demo in demo_challenges() if await self._load(demo)]

    async def _load(self, demo: DemoChallenge) -> bool:
        known = await self._known(demo.slug)
        if known is not None and not known.lacks_tests:
            return False
        try:
            challenge_id = known.challenge_id if known is not None else await self._create(demo)
        except SlugTaken:
            return False  # somebody else was faster
        await self.add_test_cases(challenge_id, demo.tests, replacing=True)
        return True

    async def _known(self, slug: str) -> _Known | None:
        which = ChallengeFilter(text=slug)
        for challenge, newest in await self.list_challenges(which, after=None, limit=_MOST):
            if challenge.slug == slug:
                never = newest.number == 1 and not newest.test_ids
                return _Known(challenge_id=challenge.id, lacks_tests=never)
        return None

    async def _create(self, demo: DemoChallenge) -> ChallengeId:
        challenge, _ = await self.create_challenge(
            slug=demo.slug,
            presentation=demo.presentation,
            rules=demo.rules,
            status=ChallengeStatus.PUBLISHED,
        )
        return challenge.id


async def load_demo(container: Container) -> list[str]:
    """Load what is missing of the demo through this container; the slugs of what was new."""
    load = LoadDemo(
        list_challenges=container.list_challenges(),
        create_challenge=container.create_challenge(),
        add_test_cases=container.add_test_cases(),
    )
    return await load()
