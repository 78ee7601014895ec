"""Looking through submissions: one's own, or, for staff, everyone's."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.submissions import SubmissionFilter, SubmissionRepository
from domain.ids import SubmissionId
from domain.submission import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSubmissions:
    submissions: SubmissionRepository

    async def __call__(
        self, which: SubmissionFilter, *, before: SubmissionId | None, limit: int
    ) -> Sequence[Submission]:
        """Submissions, newest first, those older than `before`."""
        return await self.submissions.list(which, before=before, limit=limit)
