"""A candidate tries a program on the samples, or on input of their own; nothing is scored."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta

from application import reading
from application.ports.clock import Clock
from application.ports.idempotency import IdempotencyKey
from application.ports.ids import Ids
from application.ports.judge import LanguageOffer
from application.ports.storage import Storage
from application.ports.submissions import HandedIn, SubmissionRepository
from application.ports.task_queue import QueueUnavailable, TaskQueue
from application.ports.telemetry import SILENT, Telemetry
from domain.challenge import ChallengeVersion, Visibility
from domain.errors import (
    ChallengeNotFound,
    InvalidProgram,
    LanguageNotOffered,
    NoSamples,
    TooLarge,
)
from domain.ids import ChallengeId, LanguageId, SubmissionId
from domain.program import Program
from domain.submission import Submission, SubmissionKind
from domain.user import User
from domain.versioning import allows

KEPT_FOR = timedelta(hours=1)
MAX_STDIN_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCode:
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
        challenge_id: ChallengeId | None,
        language: LanguageId,
        program: Program,
        stdin: str | None,
        key: IdempotencyKey | None = None,
    ) -> Submission:
        """The queued run. With `stdin` it has one test, never compared; else it runs the samples.

        Without a challenge the input is `stdin` or nothing, and the default limits hold.

        Raises:
            ChallengeNotFound: there is none that this user may see.
            NoSamples: neither `stdin` nor samples.
            LanguageNotOffered: the challenge or this installation does not take the language.
            InvalidProgram: `stdin` is not text.
            TooLarge: `stdin` is over 1 MiB.
            IdempotencyKeyReused: the key came with another body before.
        """
        created = await self.submissions.created_by(key, self.clock.now()) if key else None
        if created is not None:  # before all checks: a repeat has the first answer, come what may
            return created
        _check_stdin(stdin)
        version = await self._version(user, challenge_id, with_samples=stdin is None)
        offered = {known.id for known in await self.offer.languages()}
        if language not in offered or (version is not None and not allows(version, language)):
            raise LanguageNotOffered(language)
        now = self.clock.now()
        run = Submission(
            id=SubmissionId(self.ids.new()),
            kind=SubmissionKind.RUN,
            user_id=user.id,
            challenge_id=version.challenge_id if version is not None else None,
            challenge_version=version.number if version is not None else None,
            language=language,
            ranked=False,
            submitted_at=now,
            expires_at=now + KEPT_FOR,
        )
        own_input = "" if stdin is None and challenge_id is None else stdin
        handed_in = HandedIn(program=program, stdin=own_input)
        with self.telemetry.handing_in(run):
            stored = await self.submissions.add(run, handed_in, key)
            with contextlib.suppress(QueueUnavailable):  # it is stored: the timer will find it
                await self.queue.judge_submission(stored.work_class)
        return stored

    async def _version(
        self, user: User, challenge_id: ChallengeId | None, *, with_samples: bool
    ) -> ChallengeVersion | None:
        if challenge_id is None:
            return None
        async with self.storage.read() as unit:
            challenge = await reading.open_challenge(unit, user, challenge_id)
            version = await unit.challenges.version(challenge.id, challenge.published_version)
            if version is None:
                raise ChallengeNotFound(challenge_id)
            tests = await unit.test_cases.of_version(version) if with_samples else []
        if with_samples and not any(test.visibility is Visibility.PUBLIC for test in tests):
            raise NoSamples(challenge_id)
        return version


def _check_stdin(stdin: str | None) -> None:
    try:
        size = len((stdin or "").encode())
    except UnicodeEncodeError:
        raise InvalidProgram("/stdin", "holds a lone surrogate, which is not text") from None
    if size > MAX_STDIN_BYTES:
        raise TooLarge(f"The input is {size} bytes; at most {MAX_STDIN_BYTES} are taken.")
