"""Staff look at what the submissions add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from application.ports.challenges import ChallengeFilter
from application.ports.clock import Clock
from application.ports.storage import Storage
from application.ports.totals import TestFailures, TotalsRepository
from domain.analytics import DayCount, Figures, ItemFigures, day_count, figures_of, item_figures
from domain.challenge import Challenge
from domain.errors import ChallengeNotFound
from domain.ids import ChallengeId
from domain.tally import Tally

_PAGE = 500
_NOTHING = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is told of a challenge only where it alone was asked for."""

    per_day: Sequence[DayCount]
    tests: Sequence[TestFailures]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeFigures:
    """One challenge's figures; `alone` only where that challenge alone was asked for."""

    challenge: Challenge
    figures: Figures
    item: ItemFigures
    alone: Details | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsReport:
    """Figures of all challenges that have any submission, and of all together."""

    generated_at: datetime
    totals: Figures
    items: Sequence[ChallengeFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAnalytics:
    storage: Storage
    totals: TotalsRepository
    clock: Clock

    async def __call__(
        self, *, challenge_id: ChallengeId | None, since: date | None, until: date | None
    ) -> AnalyticsReport:
        """The report of UTC days `since` to `until`, both included; None is open.

        Raises:
            ChallengeNotFound: there is none.
        """
        challenges = await self._challenges(challenge_id)
        tallies = await self.totals.figures(challenge_id, since=since, until=until)
        items = await self.totals.items(challenge_id)
        alone = None
        if challenge_id is not None:
            alone = await self._details(challenge_id, since, until)
        return AnalyticsReport(
            generated_at=self.clock.now(),
            totals=figures_of(tallies.get(challenge_id, _NOTHING)),
            items=[
                ChallengeFigures(
                    challenge=challenge,
                    figures=figures_of(tallies.get(challenge.id, _NOTHING)),
                    item=item_figures(items.get(challenge.id, _NOTHING)),
                    alone=alone,
                )
                for challenge in challenges
                if challenge_id is not None or challenge.id in tallies
            ],
        )

    async def _details(
        self, challenge_id: ChallengeId, since: date | None, until: date | None
    ) -> Details:
        days = await self.totals.per_day(challenge_id, since=since, until=until)
        return Details(
            per_day=[day_count(day, tally) for day, tally in days if tally["submissions"]],
            tests=await self.totals.tests(challenge_id, since=since, until=until),
        )

    async def _challenges(self, challenge_id: ChallengeId | None) -> Sequence[Challenge]:
        async with self.storage.read() as unit:
            if challenge_id is not None:
                challenge = await unit.challenges.get(challenge_id)
                if challenge is None:
                    raise ChallengeNotFound(challenge_id)
                return [challenge]
            found: list[Challenge] = []
            after: ChallengeId | None = None
            while page := await unit.challenges.list(ChallengeFilter(), after=after, limit=_PAGE):
                found.extend(page)
                after = page[-1].id
            return found
