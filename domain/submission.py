"""A program handed in: where it stands, who judges it now, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from domain.ids import ChallengeId, LanguageId, RejudgeSetId, SubmissionId, UserId
from domain.judgement import Judgement, Verdict
from domain.scoring import rounded


class SubmissionKind(StrEnum):
    """A `submission` is scored and kept; a `run` (samples or own input) is for trying only."""

    SUBMISSION = "submission"
    RUN = "run"


class SubmissionStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


class WorkClass(StrEnum):
    """Classes of work, the most urgent first."""

    SUBMISSION = "submission"
    RUN = "run"
    REJUDGE = "rejudge"


def more_urgent(work_class: WorkClass) -> Sequence[WorkClass]:
    """The classes that come before it."""
    classes = list(WorkClass)
    return classes[: classes.index(work_class)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What is known of a submission beside its program and the details of its judgements.

    The outcome fields are those of judgement `judgement_number`, the one that counts (0 = none
    yet). A rejudge in progress shows in `pending_number` alone: status, verdict and score stay
    until its outcome is applied (decision 3). One that is pending for a rejudge set (`shadow_of`)
    is stored beside the outcome when it ends, and not applied. `challenge_version` is what it was,
    or is to be, judged on; both it and `challenge_id` are None for a run without a challenge.
    """

    id: SubmissionId
    kind: SubmissionKind
    user_id: UserId
    challenge_id: ChallengeId | None
    challenge_version: int | None
    language: LanguageId
    ranked: bool
    submitted_at: datetime
    status: SubmissionStatus = SubmissionStatus.QUEUED
    judgement_number: int = 0
    pending_number: int | None = 1
    attempt: int = 0
    verdict: Verdict | None = None
    score: Fraction | None = None
    max_score: Fraction | None = None
    cpu_ms: int | None = None
    memory_kib: int | None = None
    judged_at: datetime | None = None
    expires_at: datetime | None = None
    shadow_of: RejudgeSetId | None = None

    @property
    def work_class(self) -> WorkClass:
        if self.kind is SubmissionKind.RUN:
            return WorkClass.RUN
        return WorkClass.REJUDGE if self.judgement_number else WorkClass.SUBMISSION

    @property
    def counting_score(self) -> Fraction | None:
        """The score, where it counts in standings."""
        scored = self.kind is SubmissionKind.SUBMISSION and self.challenge_id is not None
        counts = scored and self.ranked and self.verdict is not Verdict.JUDGE_ERROR
        return self.score if counts else None


def after(submission: Submission, judgement: Judgement) -> Submission:
    """The submission when its pending judgement has ended so.

    It is done, with that outcome; but a rejudge that the platform failed, or that is a shadow,
    leaves the outcome before.
    """
    failed = submission.judgement_number > 0 and judgement.verdict is Verdict.JUDGE_ERROR
    if failed or submission.shadow_of is not None:
        return replace(submission, pending_number=None, shadow_of=None)
    return replace(with_outcome(submission, judgement), pending_number=None)


def with_outcome(submission: Submission, judgement: Judgement) -> Submission:
    """The submission with that judgement as the one that counts; what is pending stays so."""
    return replace(
        submission,
        status=SubmissionStatus.DONE,
        challenge_version=judgement.challenge_version,
        judgement_number=judgement.number,
        verdict=judgement.verdict,
        score=Fraction(rounded(judgement.score)),
        max_score=Fraction(rounded(judgement.max_score)),
        cpu_ms=judgement.cpu_ms,
        memory_kib=judgement.memory_kib,
        judged_at=judgement.judged_at,
    )
