"""Who stands where, overall or on one challenge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application import reading
from application.ports.storage import Storage
from application.ports.totals import TotalsRepository
from domain.ids import ChallengeId, UserId
from domain.leaderboard import BoardId, RuleSet, Standing
from domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """A page of a board, the names on it, and the reader's own line (None: not ranked)."""

    standings: Sequence[Standing]
    names: Mapping[UserId, str]
    own: Standing | None
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GetLeaderboard:
    storage: Storage
    totals: TotalsRepository

    async def __call__(
        self,
        reader: User,
        *,
        rules: RuleSet,
        challenge_id: ChallengeId | None,
        after: int,
        limit: int,
    ) -> Leaderboard:
        """The lines after the first `after` ones, by these rules.

        Raises:
            ChallengeNotFound: there is none that the reader may see.
        """
        board = BoardId(rules=rules, challenge_id=await self._id(reader, challenge_id))
        page = await self.totals.board(board, after=after, limit=limit)
        async with self.storage.read() as unit:
            users = await unit.users.by_ids([line.user_id for line in page.lines])
        return Leaderboard(
            standings=page.lines,
            names={user_id: user.display_name for user_id, user in users.items()},
            own=await self.totals.own(board, reader.id),
            total=page.total,
        )

    async def _id(self, reader: User, id_or_slug: str | None) -> ChallengeId | None:
        if id_or_slug is None:
            return None
        async with self.storage.read() as unit:
            return (await reading.open_challenge(unit, reader, id_or_slug)).id
