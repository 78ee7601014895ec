"""Staff write a new challenge."""

from dataclasses import dataclass

from application.authoring import check_compiles
from application.ports.clock import Clock
from application.ports.idempotency import IdempotencyKey, IdempotencyRace, IdempotencyRecord
from application.ports.ids import Ids
from application.ports.judge import CheckerTrials, LanguageOffer
from application.ports.storage import Storage
from domain.challenge import (
    Challenge,
    ChallengeStatus,
    ChallengeVersion,
    JudgingRules,
    Presentation,
    check_presentation,
    check_rules,
    check_slug,
    slug_from,
)
from domain.checking import check_checker
from domain.errors import ChallengeNotFound
from domain.ids import ChallengeId
from domain.scoring import check_scoring
from domain.versioning import check_checker_offered, check_reach, make_version


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateChallenge:
    storage: Storage
    offer: LanguageOffer
    trials: CheckerTrials
    clock: Clock
    ids: Ids

    async def __call__(
        self,
        *,
        slug: str | None,
        presentation: Presentation,
        rules: JudgingRules,
        status: ChallengeStatus,
        key: IdempotencyKey | None = None,
    ) -> tuple[Challenge, ChallengeVersion]:
        """The new challenge with its version 1, which has no tests yet.

        Without a slug one is made of the title. A repeat with the same key gives the challenge as
        it is now, with its newest version: never a mixture that would undo an edit.

        Raises:
            InvalidChallenge: a field does not fit, a limit is over what the judge can do, or it
                is to be published with a checker that nobody here can run, or that does not
                compile.
            JudgeUnavailable: nobody could say of the checker whether it compiles.
            SlugTaken: another challenge has the slug.
            IdempotencyKeyReused: the key came with another body before.
        """
        check_presentation(presentation)
        check_checker(check_rules(rules).checker)
        check_scoring(rules.scoring)
        offered = await self.offer.languages()
        if status is not ChallengeStatus.ARCHIVED:
            check_reach(rules, offered)
        if status is ChallengeStatus.PUBLISHED and not await self._is_created(key):
            check_checker_offered(rules, offered)
            await check_compiles(self.trials, rules.checker.program)
        challenge_id = ChallengeId(self.ids.new())
        wanted = slug_from(presentation.title) or challenge_id if slug is None else slug
        now = self.clock.now()
        challenge = Challenge(
            id=challenge_id,
            slug=check_slug(wanted),
            presentation=presentation,
            status=status,
            revision=1,
            version=1,
            published_version=1,
            created_at=now,
            updated_at=now,
        )
        version = make_version(
            challenge_id=challenge_id,
            number=1,
            rules=rules,
            tests=(),
            offered=offered,
            created_at=now,
        )
        try:
            return await self._store(challenge, version, key)
        except IdempotencyRace:
            return await self._store(challenge, version, key)

    async def _is_created(self, key: IdempotencyKey | None) -> bool:
        """A repeat waits for no checker: what it asks for is there."""
        if key is None:
            return False
        async with self.storage.read() as unit:
            return await unit.idempotency.find(key, self.clock.now()) is not None

    async def _store(
        self, challenge: Challenge, version: ChallengeVersion, key: IdempotencyKey | None
    ) -> tuple[Challenge, ChallengeVersion]:
        async with self.storage.begin() as unit:
            known = await unit.idempotency.find(key, self.clock.now()) if key else None
            if known is not None:
                created = await unit.challenges.get(ChallengeId(known.result))
                if created is None:
                    raise ChallengeNotFound(known.result)
                newest = await unit.challenges.version(created.id, created.version)
                if newest is None:
                    raise ChallengeNotFound(known.result)
                return created, newest
            await unit.challenges.add(challenge)
            await unit.challenges.add_version(version)
            if key is not None:
                await unit.idempotency.add(
                    IdempotencyRecord(key=key, result=challenge.id, created_at=challenge.created_at)
                )
        return challenge, version
