"""A candidate looks through the published challenges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from application.ports.challenges import ChallengeFilter
from application.ports.storage import Storage
from application.ports.submissions import ChallengeProgress, SubmissionRepository
from domain.challenge import Challenge, ChallengeStatus, ChallengeVersion
from domain.ids import ChallengeId, UserId


class ProgressFilter(StrEnum):
    """Which challenges by what the candidate has done on them."""

    SOLVED = "solved"
    ATTEMPTED = "attempted"
    """Tried and not solved."""
    TODO = "todo"
    """Never tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChallenge:
    """A published challenge and how far the candidate is with it (None: never tried)."""

    challenge: Challenge
    version: ChallengeVersion
    progress: ChallengeProgress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOpenChallenges:
    storage: Storage
    submissions: SubmissionRepository

    async def __call__(
        self,
        user_id: UserId,
        which: ChallengeFilter,
        *,
        progress: ProgressFilter | None,
        after: ChallengeId | None,
        limit: int,
    ) -> Sequence[OpenChallenge]:
        """Published challenges (whatever status `which` names), the oldest first, after `after`."""
        known = await self.submissions.progress_of(user_id)
        published = replace(which, status=ChallengeStatus.PUBLISHED)
        narrowed = _narrowed(published, progress, known)
        async with self.storage.read() as unit:
            found = await unit.challenges.list(narrowed, after=after, limit=limit)
            versions = await unit.challenges.versions([(c.id, c.published_version) for c in found])
        return [
            OpenChallenge(
                challenge=challenge,
                version=versions[challenge.id, challenge.published_version],
                progress=known.get(challenge.id),
            )
            for challenge in found
        ]


def _narrowed(
    which: ChallengeFilter,
    progress: ProgressFilter | None,
    known: Mapping[ChallengeId, ChallengeProgress],
) -> ChallengeFilter:
    match progress:
        case None:
            return which
        case ProgressFilter.SOLVED:
            return replace(which, only=frozenset(c for c, p in known.items() if p.solved))
        case ProgressFilter.ATTEMPTED:
            return replace(which, only=frozenset(c for c, p in known.items() if not p.solved))
        case ProgressFilter.TODO:
            return replace(which, without=frozenset(known))
