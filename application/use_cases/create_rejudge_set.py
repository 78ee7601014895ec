"""Staff have many submissions judged anew, beside the outcomes that count."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.idempotency import IdempotencyKey, IdempotencyRace, IdempotencyRecord
from application.ports.ids import Ids
from application.ports.storage import Storage, UnitOfWork
from application.ports.submissions import SubmissionFilter, SubmissionRepository
from domain.errors import Invalid, RejudgeSetNotFound
from domain.ids import ChallengeId, RejudgeSetId
from domain.rejudging import (
    MAX_ITEMS,
    RejudgeItem,
    RejudgeOn,
    RejudgeSet,
    SetState,
    Wanted,
    fits,
    item_of,
)
from domain.submission import Submission, SubmissionKind, SubmissionStatus
from domain.user import User

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRejudgeSet:
    storage: Storage
    submissions: SubmissionRepository
    clock: Clock
    ids: Ids

    async def __call__(
        self, by: User, *, wanted: Wanted, version: RejudgeOn, key: IdempotencyKey | None = None
    ) -> RejudgeSet:
        """The new set, with every done submission that is wanted; workers begin by themselves.

        The versions to judge on are those of this moment. A repeat with the same key gives the set
        as it is now.

        Raises:
            Invalid: nothing is wanted that is done, or over MAX_ITEMS are.
            IdempotencyKeyReused: the key came with another body before.
        """
        created = await self._created(key)
        if created is not None:
            return created
        items = await self._items(wanted, version)
        if not items:
            raise Invalid("/filter", "finds no submission that is judged")
        now = self.clock.now()
        rejudge_set = RejudgeSet(
            id=RejudgeSetId(self.ids.new()),
            state=SetState.RUNNING,
            version=version,
            wanted=wanted,
            total=len(items),
            created_by=by.id,
            created_at=now,
            updated_at=now,
        )
        try:
            async with self.storage.begin() as unit:
                await unit.rejudge_sets.add(rejudge_set, items)
                if key is not None:
                    record = IdempotencyRecord(key=key, result=rejudge_set.id, created_at=now)
                    await unit.idempotency.add(record)
        except IdempotencyRace:
            return await self._created(key) or rejudge_set
        return rejudge_set

    async def _created(self, key: IdempotencyKey | None) -> RejudgeSet | None:
        if key is None:
            return None
        async with self.storage.read() as unit:
            known = await unit.idempotency.find(key, self.clock.now())
            if known is None:
                return None
            found = await unit.rejudge_sets.get(RejudgeSetId(known.result))
        if found is None:
            raise RejudgeSetNotFound(known.result)
        return found

    async def _items(self, wanted: Wanted, version: RejudgeOn) -> list[RejudgeItem]:
        found = [submission async for submission in self._found(wanted)]
        async with self.storage.read() as unit:
            published = await _published(unit, found) if version is RejudgeOn.CURRENT else {}
        items = [
            item_of(one, published.get(one.challenge_id, one.challenge_version)) for one in found
        ]
        return [item for item in items if item is not None]

    async def _found(self, wanted: Wanted) -> AsyncIterator[Submission]:
        count = 0
        found = self._listed(wanted) if wanted.ids is None else self._named(wanted)
        async for submission in found:
            count += 1
            if count > MAX_ITEMS:
                raise Invalid("/filter", f"finds more than {MAX_ITEMS} submissions; narrow it")
            yield submission

    async def _named(self, wanted: Wanted) -> AsyncIterator[Submission]:
        for submission_id in sorted(set(wanted.ids or ())):
            submission = await self.submissions.get(submission_id)
            if submission is None or submission.kind is not SubmissionKind.SUBMISSION:
                raise Invalid("/filter/ids", f"names {submission_id}, which is not there")
            if fits(submission, wanted):
                yield submission

    async def _listed(self, wanted: Wanted) -> AsyncIterator[Submission]:
        which = SubmissionFilter(
            challenge_id=wanted.challenge_id,
            user_id=wanted.user_id,
            verdict=wanted.verdict,
            language=wanted.language,
            since=wanted.since,
            until=wanted.until,
            status=SubmissionStatus.DONE,
        )
        before = None
        while page := await self.submissions.list(which, before=before, limit=_AT_ONCE):
            for submission in page:
                yield submission
            before = page[-1].id


async def _published(
    unit: UnitOfWork, found: list[Submission]
) -> dict[ChallengeId | None, int | None]:
    """The version of each challenge that candidates are judged on now."""
    versions: dict[ChallengeId | None, int | None] = {}
    for challenge_id in {submission.challenge_id for submission in found}:
        challenge = await unit.challenges.get(challenge_id) if challenge_id else None
        if challenge is not None:
            versions[challenge_id] = challenge.published_version
    return versions
