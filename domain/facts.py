"""What standings and statistics count of one submission: its outcome under one judgement."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Self

from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.judgement import Judgement, Verdict


def utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFact:
    """One ranked, finished submission, under one of its judgements.

    `version` is the challenge version it was judged on (0: none), `tests` the verdicts of its tests
    in order; both may be left out where tests are not counted.
    """

    submission_id: SubmissionId
    user_id: UserId
    challenge_id: ChallengeId
    language: LanguageId
    submitted_at: datetime
    verdict: Verdict
    score: Fraction
    max_score: Fraction
    cpu_ms: int | None
    version: int = 0
    tests: tuple[Verdict, ...] = ()

    @property
    def day(self) -> date:
        """The UTC day it belongs to."""
        return utc_day(self.submitted_at)

    def under(self, judgement: Judgement) -> Self:
        """The same submission under another of its judgements."""
        return replace(
            self,
            verdict=judgement.verdict,
            score=judgement.score,
            max_score=judgement.max_score,
            cpu_ms=judgement.cpu_ms,
            version=judgement.challenge_version or 0,
            tests=tuple(test.verdict for test in judgement.tests),
        )

    @property
    def counts(self) -> bool:
        """Whether it says anything of the candidate: a judge error does not."""
        return self.verdict is not Verdict.JUDGE_ERROR

    @property
    def order(self) -> tuple[datetime, SubmissionId]:
        """Which of a user's submissions came first."""
        return self.submitted_at, self.submission_id
