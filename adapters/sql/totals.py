"""Standings and statistics in a SQL database, kept up with the submissions beside them."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from sqlalchemy import select

from adapters.sql import boards, settling, tallies
from adapters.sql.engine import SqlEngine
from adapters.sql.tables import user_standings
from application.ports.totals import BoardPage, TestFailures, TotalsRepository
from domain.ids import ChallengeId, UserId
from domain.leaderboard import BoardId, Standing
from domain.tally import Tally

_ANY_STANDING = select(user_standings.c.user_id).limit(1)
_BATCH = 500
"""Outcomes that a rebuild settles at once, so that nobody waits long for its transaction."""


class SqlTotals(TotalsRepository):
    """Closes the engine that it is given."""

    def __init__(self, engine: SqlEngine) -> None:
        self._engine = engine

    async def settle(self, limit: int) -> int:
        """Most often somebody else has settled it: so that is looked at before one waits."""
        if not await self._engine.read(settling.is_any_left):
            return 0
        work = partial(settling.settle, limit=limit)
        return await self._engine.write(work, work)

    async def board(self, board: BoardId, *, after: int, limit: int) -> BoardPage:
        return await self._engine.read(partial(boards.page, board=board, after=after, limit=limit))

    async def own(self, board: BoardId, user_id: UserId) -> Standing | None:
        return await self._engine.read(partial(boards.own, board=board, user_id=user_id))

    async def figures(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Mapping[ChallengeId | None, Tally]:
        return await self._engine.read(
            partial(tallies.figures, challenge_id=challenge_id, since=since, until=until)
        )

    async def items(self, challenge_id: ChallengeId | None) -> Mapping[ChallengeId, Tally]:
        return await self._engine.read(partial(tallies.items, challenge_id=challenge_id))

    async def per_day(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[tuple[date, Tally]]:
        return await self._engine.read(
            partial(tallies.per_day, challenge_id=challenge_id, since=since, until=until)
        )

    async def tests(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        return await self._engine.read(
            partial(tallies.tests, challenge_id=challenge_id, since=since, until=until)
        )

    async def rebuild(self) -> None:
        """By settling all anew: a crash leaves less to settle, and others go on meanwhile."""
        await self._engine.write(settling.forget, settling.forget)
        while await self.settle(_BATCH):
            continue

    async def check(self) -> None:
        await self._engine.read(lambda connection: connection.execute(_ANY_STANDING).first())

    async def close(self) -> None:
        await self._engine.close()
