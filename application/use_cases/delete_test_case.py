"""Staff remove a test."""

from dataclasses import dataclass

from application import reading
from application.ports.clock import Clock
from application.ports.judge import LanguageOffer
from application.ports.storage import Storage
from domain.challenge import Challenge
from domain.errors import TestCaseNotFound
from domain.ids import ChallengeId, TestCaseId
from domain.versioning import make_version, moved_on


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTestCase:
    storage: Storage
    offer: LanguageOffer
    clock: Clock

    async def __call__(self, challenge_id: ChallengeId, test_case_id: TestCaseId) -> Challenge:
        """The challenge with a new version that lacks the test; older versions keep it.

        Raises:
            ChallengeNotFound: there is none.
            TestCaseNotFound: its newest version has no such test.
        """
        offered = await self.offer.languages()
        now = self.clock.now()
        async with self.storage.begin() as unit:
            challenge, newest = await reading.newest(unit, challenge_id)
            if test_case_id not in newest.test_ids:
                raise TestCaseNotFound(test_case_id)
            tests = await unit.test_cases.of_version(newest)
            version = make_version(
                challenge_id=challenge_id,
                number=newest.number + 1,
                rules=newest.rules,
                tests=[test for test in tests if test.id != test_case_id],
                offered=offered,
                created_at=now,
            )
            changed = moved_on(challenge, version, now)
            await unit.challenges.add_version(version)
            await unit.challenges.update(changed, expected_revision=challenge.revision)
            return changed
