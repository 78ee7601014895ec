"""Staff open a challenge."""

from dataclasses import dataclass

from application.ports.storage import Storage
from domain.challenge import Challenge, ChallengeVersion
from domain.errors import ChallengeNotFound
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
            challenge = await unit.challenges.get(challenge_id)
            if challenge is None:
                raise ChallengeNotFound(challenge_id)
            version = await unit.challenges.version(challenge_id, challenge.version)
        if version is None:
            raise ChallengeNotFound(challenge_id)
        return challenge, version
