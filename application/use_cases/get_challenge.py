"""Staff open a challenge."""

from dataclasses import dataclass

from application import reading
from application.ports.storage import Storage
from domain.challenge import Challenge, ChallengeVersion
from domain.ids import ChallengeId


@dataclass(frozen=True, slots=True, kw_only=True)
class GetChallenge:
    storage: Storage

    async def __call__(self, challenge_id: ChallengeId) -> tuple[Challenge, ChallengeVersion]:
        """The challenge and its newest version.

        Raises:
            ChallengeNotFound: there is none.
        """
        async with self.storage.read() as unit:
            return await reading.newest(unit, challenge_id)
