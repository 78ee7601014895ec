"""Staff look at what the submissions add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from application.ports.challenges import ChallengeFilter
from application.ports.clock import Clock
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository, TestFailures
from domain.analytics import Figures, JudgedFact, figures
from domain.challenge import Challenge
from domain.errors import ChallengeNotFound
from domain.ids import ChallengeId

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeFigures:
    """One challenge's figures; `tests` only where that challenge alone was asked for."""

    challenge: Challenge
    figures: Figures
    tests: Sequence[TestFailures] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsReport:
    """Figures of all challenges that have any submission, and of all together."""

    generated_at: datetime
    totals: Figures
    items: Sequence[ChallengeFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAnalytics:
    storage: Storage
    submissions: SubmissionRepository
    clock: Clock

    async def __call__(
        self, *, challenge_id: ChallengeId | None, since: date | None, until: date | None
    ) -> AnalyticsReport:
        """The report of UTC days `since` to `until`, both included; None is open.

        Raises:
            ChallengeNotFound: there is none.
        """
        challenges = await self._challenges(challenge_id)
        facts = await self.submissions.judged_facts(challenge_id, since=None, until=until)
        by_challenge: dict[ChallengeId, list[JudgedFact]] = {}
        for fact in facts:
            by_challenge.setdefault(fact.challenge_id, []).append(fact)
        tests = None
        if challenge_id is not None:
            tests = await self.submissions.test_failures(challenge_id, since=since, until=until)
        return AnalyticsReport(
            generated_at=self.clock.now(),
            totals=figures(facts, since=since, until=until),
            items=[
                ChallengeFigures(
                    challenge=challenge,
                    figures=figures(by_challenge.get(challenge.id, []), since=since, until=until),
                    tests=tests,
                )
                for challenge in challenges
                if challenge_id is not None or challenge.id in by_challenge
            ],
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
