"""Staff edit a challenge."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from application import reading
from application.authoring import check_compiles
from application.ports.clock import Clock
from application.ports.judge import CheckerTrials, LanguageOffer
from application.ports.storage import Storage, UnitOfWork
from domain.challenge import (
    Challenge,
    ChallengeStatus,
    ChallengeVersion,
    JudgingRules,
    Presentation,
    check_presentation,
    check_rules,
    check_slug,
)
from domain.checker_program import CheckerProgram
from domain.checking import check_checker
from domain.errors import StaleRevision
from domain.ids import ChallengeId
from domain.language import Language
from domain.scoring import check_scoring
from domain.versioning import check_checker_offered, check_reach, make_version, moved_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceChallenge:
    storage: Storage
    offer: LanguageOffer
    trials: CheckerTrials
    clock: Clock

    async def __call__(
        self,
        challenge_id: ChallengeId,
        *,
        expected_revision: int,
        slug: str | None,
        presentation: Presentation,
        rules: JudgingRules,
        status: ChallengeStatus,
    ) -> tuple[Challenge, ChallengeVersion]:
        """The challenge as replaced; a change of the rules makes a new version of it.

        Without a slug the old one stays. Submissions keep the version they were judged on.

        Raises:
            ChallengeNotFound: there is none.
            StaleRevision: it has another revision than expected.
            InvalidChallenge: a field does not fit, a limit is over what the judge can do, or it
                is to be published with a checker that nobody here can run, or that does not
                compile.
            JudgeUnavailable: nobody could say of a new checker whether it compiles.
            SlugTaken: another challenge has the slug.
        """
        check_presentation(presentation)
        check_checker(check_rules(rules).checker)
        check_scoring(rules.scoring)
        offered = await self.offer.languages()
        if status is not ChallengeStatus.ARCHIVED:
            check_reach(rules, offered)
        if status is ChallengeStatus.PUBLISHED:
            check_checker_offered(rules, offered)
            await self._try_new_checker(challenge_id, expected_revision, rules.checker.program)
        async with self.storage.begin() as unit:
            old, newest = await reading.newest(unit, challenge_id)
            if old.revision != expected_revision:
                raise StaleRevision(current=old.revision)
            version = await self._version(unit, newest, rules, offered)
            changed = replace(
                moved_on(old, version, self.clock.now()),
                slug=old.slug if slug is None else check_slug(slug),
                presentation=presentation,
                status=status,
            )
            await unit.challenges.update(changed, expected_revision=expected_revision)
            return changed, version

    async def _try_new_checker(
        self, challenge_id: ChallengeId, expected_revision: int, checker: CheckerProgram | None
    ) -> None:
        """One that is published already needs no judge, so that texts can be edited without."""
        async with self.storage.read() as unit:
            old, newest = await reading.newest(unit, challenge_id)
        if old.revision != expected_revision:
            raise StaleRevision(current=old.revision)
        is_known = newest.rules.checker.program == checker
        if not (is_known and old.status is ChallengeStatus.PUBLISHED):
            await check_compiles(self.trials, checker)

    async def _version(
        self,
        unit: UnitOfWork,
        newest: ChallengeVersion,
        rules: JudgingRules,
        offered: Sequence[Language],
    ) -> ChallengeVersion:
        """The newest version where the rules are as they were, else a new one, stored."""
        if newest.rules == rules:
            return newest
        made = make_version(
            challenge_id=newest.challenge_id,
            number=newest.number + 1,
            rules=rules,
            tests=await unit.test_cases.of_version(newest),
            offered=offered,
            created_at=self.clock.now(),
        )
        await unit.challenges.add_version(made)
        return made
