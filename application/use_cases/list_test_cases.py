"""Staff look through the tests of a challenge."""

from collections.abc import Sequence
from dataclasses import dataclass

from application import reading
from application.ports.storage import Storage
from domain.challenge import ChallengeVersion, TestCase
from domain.ids import ChallengeId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTestCases:
    storage: Storage

    async def __call__(
        self, challenge_id: ChallengeId, *, after: int, limit: int
    ) -> tuple[ChallengeVersion, Sequence[TestCase]]:
        """Tests of the newest version in judging order, those after the ordinal `after`.

        Raises:
            ChallengeNotFound: there is none.
        """
        async with self.storage.read() as unit:
            _, version = await reading.newest(unit, challenge_id)
            tests = await unit.test_cases.of_version(version)
        return version, tests[after : after + limit]
