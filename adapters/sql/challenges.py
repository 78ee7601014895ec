"""Challenges and their versions, in a SQL database."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, false, func, insert, or_, select, tuple_, update

from adapters.sql.engine import Clash, Transaction, change, every, every_of, first
from adapters.sql.tables import challenge_versions, challenges, values_of
from application.ports.challenges import ChallengeFilter, ChallengeRepository
from domain.challenge import Challenge, ChallengeVersion
from domain.errors import SlugTaken, StaleRevision
from domain.ids import ChallengeId

_columns = challenges.c
_FOR_FILTERS = (_columns.difficulty, _columns.tags, _columns.folded_title)
"""What repeats parts of the presentation."""
_CHALLENGE = select(*(column for column in _columns if column not in frozenset(_FOR_FILTERS)))
_BETWEEN_TAGS = "\n"
"""Stands around each tag; no tag holds it."""


class SqlChallengeRepository(ChallengeRepository):
    """A challenge that is read in order to be changed is locked until the transaction ends."""

    def __init__(self, transaction: Transaction, *, for_change: bool) -> None:
        self._transaction = transaction
        self._one = _CHALLENGE.with_for_update() if for_change else _CHALLENGE

    async def add(self, challenge: Challenge) -> None:
        try:
            await change(self._transaction, insert(challenges).values(_row(challenge)))
        except Clash:
            same = _columns.slug == challenge.slug
            if await first(self._transaction, _CHALLENGE.where(same)) is None:
                raise
            raise SlugTaken(challenge.slug) from None

    async def get(self, challenge_id: ChallengeId) -> Challenge | None:
        row = await first(self._transaction, self._one.where(_columns.id == challenge_id))
        return None if row is None else Challenge(**row)

    async def by_slug(self, slug: str) -> Challenge | None:
        row = await first(self._transaction, self._one.where(_columns.slug == slug))
        return None if row is None else Challenge(**row)

    async def by_ids(self, ids: Sequence[ChallengeId]) -> Mapping[ChallengeId, Challenge]:
        rows = await every_of(self._transaction, _CHALLENGE, _columns.id, ids)
        return {row["id"]: Challenge(**row) for row in rows}

    async def update(self, challenge: Challenge, *, expected_revision: int) -> None:
        unchanged = and_(_columns.id == challenge.id, _columns.revision == expected_revision)
        replaced = update(challenges).where(unchanged).values(_row(challenge))
        try:
            found = await change(self._transaction, replaced)
        except Clash:
            raise SlugTaken(challenge.slug) from None
        if not found:
            raise StaleRevision(current=await self._revision(challenge.id))

    async def list(
        self, which: ChallengeFilter, *, after: ChallengeId | None, limit: int
    ) -> Sequence[Challenge]:
        page = _CHALLENGE.where(*_conditions(which)).order_by(_columns.id).limit(limit)
        if after is not None:
            page = page.where(_columns.id > after)
        return [Challenge(**row) for row in await every(self._transaction, page)]

    async def add_version(self, version: ChallengeVersion) -> None:
        await change(self._transaction, insert(challenge_versions).values(values_of(version)))

    async def version(self, challenge_id: ChallengeId, number: int) -> ChallengeVersion | None:
        return (await self.versions([(challenge_id, number)])).get((challenge_id, number))

    async def versions(
        self, wanted: Sequence[tuple[ChallengeId, int]]
    ) -> Mapping[tuple[ChallengeId, int], ChallengeVersion]:
        columns = challenge_versions.c
        key = tuple_(columns.challenge_id, columns.number)
        rows = await every_of(self._transaction, select(challenge_versions), key, wanted)
        return {(row["challenge_id"], row["number"]): ChallengeVersion(**row) for row in rows}

    async def _revision(self, challenge_id: ChallengeId) -> int:
        current = select(_columns.revision).where(_columns.id == challenge_id)
        row = await first(self._transaction, current)
        if row is None:
            raise Clash(f"there is no challenge {challenge_id!r}")
        return int(row["revision"])


def _row(challenge: Challenge) -> dict[str, object]:
    shown = challenge.presentation
    return values_of(challenge) | {
        "difficulty": shown.difficulty,
        "tags": _BETWEEN_TAGS.join(("", *shown.tags, "")),
        "folded_title": shown.title.casefold(),
    }


def _conditions(which: ChallengeFilter) -> Iterator[ColumnElement[bool]]:
    if which.status is not None:
        yield _columns.status == which.status
    if which.difficulty is not None:
        yield _columns.difficulty == which.difficulty
    if which.tag is not None:
        yield _has_tag(which.tag)
    if which.text is not None:
        folded = which.text.casefold()
        yield or_(_holds(_columns.folded_title, folded), _holds(_columns.slug, folded))
    if which.only is not None:
        yield _columns.id.in_(which.only)
    if which.without:
        yield _columns.id.not_in(which.without)


def _has_tag(tag: str) -> ColumnElement[bool]:
    if _BETWEEN_TAGS in tag:
        return false()
    return _holds(_columns.tags, f"{_BETWEEN_TAGS}{tag}{_BETWEEN_TAGS}")


def _holds(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether the text is in it, letter for letter (LIKE has wild cards, and folds case)."""
    return func.instr(column, text) > 0
