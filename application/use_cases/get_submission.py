"""Looking at one submission or practice run: the candidate at their own, staff at any."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.ports.storage import Storage
from application.ports.submissions import HandedIn, SubmissionRepository
from domain.challenge import Feedback, TestCase
from domain.errors import SubmissionNotFound
from domain.ids import SubmissionId
from domain.judgement import Judgement
from domain.submission import Submission, SubmissionKind
from domain.trial import tests_of_run
from domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionDetails:
    """All that is known of a submission; what a candidate may see of it is `domain.feedback`'s.

    `tests` maps ordinals (from 1) to the tests that the judgement, or the coming one, is about;
    empty for a run on own input. `judgement` is None until there is one.
    """

    submission: Submission
    handed_in: HandedIn
    judgement: Judgement | None
    tests: Mapping[int, TestCase]
    feedback: Feedback


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSubmission:
    storage: Storage
    submissions: SubmissionRepository

    async def __call__(
        self,
        submission_id: SubmissionId,
        *,
        owner: User | None,
        kind: SubmissionKind = SubmissionKind.SUBMISSION,
        number: int | None = None,
    ) -> SubmissionDetails:
        """The submission of that kind; `owner` None is staff, who see everyone's.

        `number` picks one judgement; None is the one that counts.

        Raises:
            SubmissionNotFound: there is none, it is another's, or it has no such judgement.
        """
        submission = await self.submissions.get(submission_id)
        if submission is None or submission.kind is not kind:
            raise SubmissionNotFound(submission_id)
        if owner is not None and submission.user_id != owner.id:
            raise SubmissionNotFound(submission_id)
        handed_in = await self.submissions.handed_in(submission_id)
        wanted = submission.judgement_number if number is None else number
        judgement = await self.submissions.judgement(submission_id, wanted) if wanted else None
        if handed_in is None or (number is not None and judgement is None):
            raise SubmissionNotFound(submission_id)
        tests, feedback = await self._tests(submission, handed_in, judgement)
        return SubmissionDetails(
            submission=submission,
            handed_in=handed_in,
            judgement=judgement,
            tests=tests,
            feedback=feedback,
        )

    async def _tests(
        self, submission: Submission, handed_in: HandedIn, judgement: Judgement | None
    ) -> tuple[Mapping[int, TestCase], Feedback]:
        number = judgement.challenge_version if judgement else submission.challenge_version
        if submission.challenge_id is None or number is None:
            return {}, Feedback.FULL
        async with self.storage.read() as unit:
            challenge = await unit.challenges.get(submission.challenge_id)
            version = await unit.challenges.version(submission.challenge_id, number)
            if challenge is None or version is None:
                return {}, Feedback.VERDICT
            tests = await unit.test_cases.of_version(version)
        if submission.kind is SubmissionKind.RUN:
            tests = tests_of_run(handed_in.stdin, tests)
            return dict(enumerate(tests, 1)), Feedback.FULL
        return dict(enumerate(tests, 1)), challenge.presentation.feedback
