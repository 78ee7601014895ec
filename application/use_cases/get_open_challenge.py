"""A candidate opens a challenge."""

from collections.abc import Sequence
from dataclasses import dataclass

from application import reading
from application.ports.blob_store import BlobStore
from application.ports.judge import LanguageOffer
from application.ports.storage import Storage
from application.ports.submissions import ChallengeProgress, SubmissionRepository
from domain.challenge import Challenge, ChallengeVersion, TestCase, Visibility
from domain.errors import ChallengeNotFound
from domain.language import Language
from domain.limits import Limits
from domain.user import User
from domain.versioning import allows, limits_for

MAX_SHOWN_BYTES = 64 * 1024
"""Of one sample's input or expected output; the rest is left out and `truncated` says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A public test as a candidate reads it."""

    name: str
    input: bytes
    expected_output: bytes
    explanation: str
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeDetails:
    """All that a candidate may know of a challenge; `languages` are allowed and offered."""

    challenge: Challenge
    version: ChallengeVersion
    languages: Sequence[tuple[Language, Limits]]
    samples: Sequence[Sample]
    progress: ChallengeProgress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOpenChallenge:
    storage: Storage
    submissions: SubmissionRepository
    blobs: BlobStore
    offer: LanguageOffer

    async def __call__(self, user: User, id_or_slug: str) -> ChallengeDetails:
        """The challenge; admins see drafts and archived ones too, to try them.

        Raises:
            ChallengeNotFound: there is none, or it is not published.
        """
        async with self.storage.read() as unit:
            challenge = await reading.open_challenge(unit, user, id_or_slug)
            version = await unit.challenges.version(challenge.id, challenge.published_version)
            if version is None:
                raise ChallengeNotFound(id_or_slug)
            tests = await unit.test_cases.of_version(version)
        public = [test for test in tests if test.visibility is Visibility.PUBLIC]
        progress = await self.submissions.progress_of(user.id)
        return ChallengeDetails(
            challenge=challenge,
            version=version,
            languages=[
                (language, limits_for(version, language))
                for language in await self.offer.languages()
                if allows(version, language.id)
            ],
            samples=[await self._sample(test) for test in public],
            progress=progress.get(challenge.id),
        )

    async def _sample(self, test: TestCase) -> Sample:
        return Sample(
            name=test.name,
            input=await reading.beginning(self.blobs, test.input, MAX_SHOWN_BYTES),
            expected_output=await reading.beginning(
                self.blobs, test.expected_output, MAX_SHOWN_BYTES
            ),
            explanation=test.explanation,
            truncated=max(test.input.size_bytes, test.expected_output.size_bytes) > MAX_SHOWN_BYTES,
        )
