"""Staff look through all challenges, drafts and archived ones too."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.challenges import ChallengeFilter
from application.ports.storage import Storage
from domain.challenge import Challenge, ChallengeVersion
from domain.ids import ChallengeId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChallenges:
    storage: Storage

    async def __call__(
        self, which: ChallengeFilter, *, after: ChallengeId | None, limit: int
    ) -> Sequence[tuple[Challenge, ChallengeVersion]]:
        """Challenges with their newest versions, the oldest first, those after `after`."""
        async with self.storage.read() as unit:
            found = await unit.challenges.list(which, after=after, limit=limit)
            versions = await unit.challenges.versions([(c.id, c.version) for c in found])
        return [(challenge, versions[challenge.id, challenge.version]) for challenge in found]
