"""Staff have a submission judged anew."""

import contextlib
from dataclasses import dataclass

from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from application.ports.task_queue import QueueUnavailable, TaskQueue
from domain.errors import SubmissionNotFound
from domain.ids import SubmissionId
from domain.rejudging import RejudgeOn
from domain.submission import Submission, SubmissionKind, WorkClass


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgeSubmission:
    storage: Storage
    submissions: SubmissionRepository
    queue: TaskQueue

    async def __call__(self, submission_id: SubmissionId, *, version: RejudgeOn) -> Submission:
        """The submission, a numbered judgement more on its way; a repeat adds none.

        Raises:
            SubmissionNotFound: there is none.
            StillQueued: its first judgement is not done.
        """
        submission = await self.submissions.get(submission_id)
        if submission is None or submission.kind is not SubmissionKind.SUBMISSION:
            raise SubmissionNotFound(submission_id)
        number = await self._version(submission, version)
        await self.submissions.request_rejudge(submission_id, version=number)
        with contextlib.suppress(QueueUnavailable):  # it is stored: the timer will find it
            await self.queue.judge_submission(WorkClass.REJUDGE)
        return await self.submissions.get(submission_id) or submission

    async def _version(self, submission: Submission, version: RejudgeOn) -> int | None:
        if version is RejudgeOn.SAME or submission.challenge_id is None:
            return submission.challenge_version
        async with self.storage.read() as unit:
            challenge = await unit.challenges.get(submission.challenge_id)
        if challenge is None:
            return submission.challenge_version
        return challenge.published_version
