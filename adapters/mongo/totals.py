"""Standings and statistics in MongoDB, kept up with the submissions beside them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from adapters.mongo import boards, settling, tallies
from adapters.mongo.client import MongoConnection
from adapters.mongo.schema import prepare
from application.ports.telemetry import SILENT, Telemetry
from application.ports.totals import BoardPage, TestFailures, TotalsRepository
from domain.ids import ChallengeId, UserId
from domain.leaderboard import BoardId, Standing
from domain.tally import Tally


class MongoTotals(TotalsRepository):
    """Of the submissions in the same database; a single server is enough."""

    def __init__(self, uri: str, telemetry: Telemetry = SILENT) -> None:
        self._mongo = MongoConnection(uri, prepare, telemetry)
        self._settling = asyncio.Lock()

    async def settle(self, limit: int) -> int:
        """Most often somebody else has settled it: so that is looked at before one waits."""
        if not await self._mongo.quickly(settling.is_any_left):
            return 0
        async with self._settling:  # of several at once all but one would compute in vain
            return await self._mongo.patiently(partial(settling.settle, limit=limit))

    async def board(self, board: BoardId, *, after: int, limit: int) -> BoardPage:
        return await self._mongo.quickly(
            partial(boards.page, board=board, after=after, limit=limit)
        )

    async def own(self, board: BoardId, user_id: UserId) -> Standing | None:
        return await self._mongo.quickly(partial(boards.own, board=board, user_id=user_id))

    async def figures(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Mapping[ChallengeId | None, Tally]:
        return await self._mongo.patiently(
            partial(tallies.figures, challenge_id=challenge_id, since=since, until=until)
        )

    async def items(self, challenge_id: ChallengeId | None) -> Mapping[ChallengeId, Tally]:
        return await self._mongo.patiently(partial(tallies.items, challenge_id=challenge_id))

    async def per_day(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[tuple[date, Tally]]:
        return await self._mongo.patiently(
            partial(tallies.per_day, challenge_id=challenge_id, since=since, until=until)
        )

    async def tests(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        return await self._mongo.patiently(
            partial(tallies.tests, challenge_id=challenge_id, since=since, until=until)
        )

    async def rebuild(self) -> None:
        """By settling all anew: a crash leaves less to settle, and others go on meanwhile."""
        async with self._settling:
            await self._mongo.patiently(settling.forget)
        while await self.settle(settling.AT_ONCE):
            continue

    async def check(self) -> None:
        await self._mongo.check()

    async def close(self) -> None:
        await self._mongo.close()
