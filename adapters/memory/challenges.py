"""Challenges and their versions in dictionaries."""

from collections.abc import Mapping, Sequence
from copy import deepcopy

from adapters.memory.tables import Tables, refuse_known, refuse_unknown
from application.ports.challenges import ChallengeFilter, ChallengeRepository
from domain.challenge import Challenge, ChallengeVersion
from domain.errors import SlugTaken, StaleRevision
from domain.ids import ChallengeId


class MemoryChallengeRepository(ChallengeRepository):
    """Challenges and versions hold dictionaries, so what goes in and comes out is copied."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, challenge: Challenge) -> None:
        tables = self._tables.to_write
        if challenge.slug in tables.slugs:
            raise SlugTaken(challenge.slug)
        refuse_known(challenge.id, tables.challenges)
        tables.challenges[challenge.id] = deepcopy(challenge)
        tables.slugs[challenge.slug] = challenge.id

    async def get(self, challenge_id: ChallengeId) -> Challenge | None:
        return deepcopy(self._tables.challenges.get(challenge_id))

    async def by_slug(self, slug: str) -> Challenge | None:
        challenge_id = self._tables.slugs.get(slug)
        return None if challenge_id is None else await self.get(challenge_id)

    async def by_ids(self, ids: Sequence[ChallengeId]) -> Mapping[ChallengeId, Challenge]:
        known = self._tables.challenges
        return {wanted: deepcopy(known[wanted]) for wanted in ids if wanted in known}

    async def update(self, challenge: Challenge, *, expected_revision: int) -> None:
        tables = self._tables.to_write
        refuse_unknown(challenge.id, tables.challenges)
        stored = tables.challenges[challenge.id]
        if stored.revision != expected_revision:
            raise StaleRevision(current=stored.revision)
        if tables.slugs.get(challenge.slug, challenge.id) != challenge.id:
            raise SlugTaken(challenge.slug)
        del tables.slugs[stored.slug]
        tables.slugs[challenge.slug] = challenge.id
        tables.challenges[challenge.id] = deepcopy(challenge)

    async def list(
        self, which: ChallengeFilter, *, after: ChallengeId | None, limit: int
    ) -> Sequence[Challenge]:
        found = [
            challenge
            for challenge in self._tables.challenges.values()
            if (after is None or challenge.id > after) and _matches(challenge, which)
        ]
        return deepcopy(sorted(found, key=lambda challenge: challenge.id)[:limit])

    async def add_version(self, version: ChallengeVersion) -> None:
        tables = self._tables.to_write
        key = (version.challenge_id, version.number)
        refuse_known(key, tables.versions)
        refuse_unknown(version.challenge_id, tables.challenges)
        tables.versions[key] = deepcopy(version)

    async def version(self, challenge_id: ChallengeId, number: int) -> ChallengeVersion | None:
        return deepcopy(self._tables.versions.get((challenge_id, number)))

    async def versions(
        self, wanted: Sequence[tuple[ChallengeId, int]]
    ) -> Mapping[tuple[ChallengeId, int], ChallengeVersion]:
        known = self._tables.versions
        return {key: deepcopy(known[key]) for key in wanted if key in known}


def _matches(challenge: Challenge, which: ChallengeFilter) -> bool:
    shown = challenge.presentation
    return (
        which.status in {None, challenge.status}
        and which.difficulty in {None, shown.difficulty}
        and (which.tag is None or which.tag in shown.tags)
        and (which.text is None or _mentions(challenge, which.text.casefold()))
        and (which.only is None or challenge.id in which.only)
        and challenge.id not in which.without
    )


def _mentions(challenge: Challenge, folded: str) -> bool:
    return folded in challenge.presentation.title.casefold() or folded in challenge.slug
