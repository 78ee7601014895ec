"""Challenges and their versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.challenge import Challenge, ChallengeStatus, ChallengeVersion, Difficulty
from domain.ids import ChallengeId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeFilter:
    """Which challenges; None does not narrow. `text` is looked for in title and slug."""

    status: ChallengeStatus | None = None
    difficulty: Difficulty | None = None
    tag: str | None = None
    text: str | None = None
    only: frozenset[ChallengeId] | None = None
    without: frozenset[ChallengeId] = frozenset()


class ChallengeRepository(Protocol):
    """Challenges and their immutable versions. The slug is unique."""

    async def add(self, challenge: Challenge) -> None:
        """Store a new challenge.

        Raises:
            SlugTaken: another challenge has that slug.
        """
        ...

    async def get(self, challenge_id: ChallengeId) -> Challenge | None:
        """The challenge, or None."""
        ...

    async def by_slug(self, slug: str) -> Challenge | None:
        """The challenge with that slug, or None."""
        ...

    async def by_ids(self, ids: Sequence[ChallengeId]) -> Mapping[ChallengeId, Challenge]:
        """Those of the challenges that exist."""
        ...

    async def update(self, challenge: Challenge, *, expected_revision: int) -> None:
        """Replace the stored challenge if it still has `expected_revision`.

        Raises:
            StaleRevision: it has another.
            SlugTaken: another challenge has the new slug.
        """
        ...

    async def list(
        self, which: ChallengeFilter, *, after: ChallengeId | None, limit: int
    ) -> Sequence[Challenge]:
        """Challenges by id (so by age), those after `after`."""
        ...

    async def add_version(self, version: ChallengeVersion) -> None:
        """Store a new version; its number is not yet used for that challenge."""
        ...

    async def version(self, challenge_id: ChallengeId, number: int) -> ChallengeVersion | None:
        """One version, or None."""
        ...

    async def versions(
        self, wanted: Sequence[tuple[ChallengeId, int]]
    ) -> Mapping[tuple[ChallengeId, int], ChallengeVersion]:
        """Those of the wanted versions that exist."""
        ...
