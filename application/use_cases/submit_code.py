"""A candidate hands in a program to be judged and scored."""

import contextlib
from dataclasses import dataclass

from application import reading
from application.ports.clock import Clock
from application.ports.idempotency import IdempotencyKey
from application.ports.ids import Ids
from application.ports.judge import LanguageOffer
from application.ports.storage import Storage
from application.ports.submissions import HandedIn, SubmissionRepository
from application.ports.task_queue import QueueUnavailable, TaskQueue
from application.ports.telemetry import SILENT, Telemetry
from domain.challenge import ChallengeVersion
from domain.errors import LanguageNotOffered, NoTests
from domain.ids import ChallengeId, LanguageId, SubmissionId
from domain.program import Program
from domain.submission import Submission, SubmissionKind
from domain.user import Role, User
from domain.versioning import allows


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitCode:
    storage: Storage
    submissions: SubmissionRepository
    offer: LanguageOffer
    queue: TaskQueue
    clock: Clock
    ids: Ids
    telemetry: Telemetry = SILENT

    async def __call__(
        self,
        user: User,
        *,
        challenge_id: ChallengeId,
        language: LanguageId,
        program: Program,
        key: IdempotencyKey | None = None,
    ) -> Submission:
        """The queued submission, stored before the queue is woken; pinned to today's version.

        Raises:
            ChallengeNotFound: there is none that this user may hand in for.
            NoTests: it has nothing to be judged on.
            LanguageNotOffered: the challenge or this installation does not take the language.
            IdempotencyKeyReused: the key came with another body before.
        """
        created = await self.submissions.created_by(key, self.clock.now()) if key else None
        if created is not None:  # before all checks: a repeat has the first answer, come what may
            return created
        version = await self._version(user, challenge_id)
        offered = {known.id for known in await self.offer.languages()}
        if language not in offered or not allows(version, language):
            raise LanguageNotOffered(language)
        submission = Submission(
            id=SubmissionId(self.ids.new()),
            kind=SubmissionKind.SUBMISSION,
            user_id=user.id,
            challenge_id=version.challenge_id,
            challenge_version=version.number,
            language=language,
            ranked=user.role is Role.CANDIDATE,
            submitted_at=self.clock.now(),
        )
        with self.telemetry.handing_in(submission):
            stored = await self.submissions.add(submission, HandedIn(program=program), key)
            with contextlib.suppress(QueueUnavailable):  # it is stored: the timer will find it
                await self.queue.judge_submission(stored.work_class)
        return stored

    async def _version(self, user: User, challenge_id: ChallengeId) -> ChallengeVersion:
        async with self.storage.read() as unit:
            challenge = await reading.open_challenge(unit, user, challenge_id)
            version = await unit.challenges.version(challenge.id, challenge.published_version)
        if version is None or not version.test_ids:
            raise NoTests(challenge_id)
        return version
