"""All that totals tell, to be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from application.ports.totals import BoardPage, TestFailures, TotalsRepository
from domain.ids import ChallengeId, UserId
from domain.leaderboard import BoardId, RuleSet, Standing
from domain.tally import Tally


@dataclass(frozen=True, kw_only=True)
class Told:
    boards: list[BoardPage]
    own: list[Standing | None]
    figures: dict[ChallengeId | None, Tally]
    one: list[dict[ChallengeId | None, Tally]]
    items: dict[ChallengeId, Tally]
    days: list[list[tuple[date, Tally]]]
    tests: list[list[TestFailures]]


async def told(
    totals: TotalsRepository,
    *,
    challenges: Sequence[ChallengeId],
    users: Sequence[UserId],
    since: date | None,
    until: date | None,
) -> Told:
    """Boards in pages of two, so that ranks begin amid them."""
    places = (None, *challenges)
    boards = [BoardId(rules=rules, challenge_id=c) for rules in RuleSet for c in places]
    return Told(
        boards=[
            _plain(await totals.board(board, after=after, limit=2))
            for board in boards
            for after in (0, 1, 2)
        ],
        own=[await totals.own(board, user) for board in boards for user in users],
        figures=dict(await totals.figures(None, since=since, until=until)),
        one=[dict(await totals.figures(c, since=since, until=until)) for c in challenges],
        items=dict(await totals.items(None)),
        days=[list(await totals.per_day(c, since=since, until=until)) for c in (None, *challenges)],
        tests=[list(await totals.tests(c, since=since, until=until)) for c in challenges],
    )


def _plain(page: BoardPage) -> BoardPage:
    return BoardPage(lines=list(page.lines), total=page.total)
