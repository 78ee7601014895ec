"""Totals for tests that are about something else than settling: all that is judged counts."""

from collections.abc import Sequence
from datetime import date

from adapters.memory.totals import ComputedTotals
from application.ports.submissions import SubmissionRepository
from application.ports.totals import TestFailures
from domain.facts import JudgedFact
from domain.ids import ChallengeId


class StandInTotals(ComputedTotals):
    """Of any store's submissions, all of which count at once."""

    def __init__(self, submissions: SubmissionRepository) -> None:
        self._submissions = submissions

    async def settle(self, limit: int) -> int:
        return min(limit, 0)

    async def rebuild(self) -> None:
        return

    async def facts(self) -> Sequence[JudgedFact]:
        return await self._submissions.judged_facts(None, since=None, until=None)

    async def tests(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        return await self._submissions.test_failures(challenge_id, since=since, until=until)
