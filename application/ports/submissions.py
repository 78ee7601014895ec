"""Submissions, their programs and judgements; who judges what; and what they add up to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Protocol

from application.ports.idempotency import IdempotencyKey
from application.ports.totals import TestFailures
from domain.facts import JudgedFact
from domain.ids import ChallengeId, LanguageId, RejudgeSetId, SubmissionId, UserId
from domain.judgement import Judgement, Verdict
from domain.leaderboard import BestScore
from domain.program import Program
from domain.submission import Submission, SubmissionKind, SubmissionStatus, WorkClass

NOBODY: Mapping[UserId, int] = MappingProxyType({})
"""Who was served, where nobody remembers."""


class LeaseLost(Exception):
    """The claim is no longer ours: another worker has it, or it was settled already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What a candidate hands in, beside what is known of it; `stdin` is a run's own input."""

    program: Program
    stdin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claim's token (the fence) and until when it holds without a heartbeat."""

    token: str
    worker: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A submission that is ours to judge, with all that judging needs of it.

    `number` is the judgement to be made, `attempt` counts claims of it from 1, `failures` the
    tries before that the platform failed, `version` is the challenge version to judge on.
    """

    submission: Submission
    handed_in: HandedIn
    number: int
    attempt: int
    failures: int
    version: int | None
    lease: Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionFilter:
    """Which submissions; None does not narrow."""

    kind: SubmissionKind = SubmissionKind.SUBMISSION
    user_id: UserId | None = None
    challenge_id: ChallengeId | None = None
    status: SubmissionStatus | None = None
    verdict: Verdict | None = None
    language: LanguageId | None = None
    since: datetime | None = None
    """Handed in at that moment or later."""
    until: datetime | None = None
    """Handed in before that moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowChoice:
    """Judgement `number` of a submission is to count in place of judgement `base`."""

    submission_id: SubmissionId
    base: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How much work there is, by class, and when the next piece falls due (None: none waits).

    `due` counts what could be claimed now, `waiting` what is held back until `next_due_at`
    (a retry's back-off, a lease that has not yet expired). `oldest` is the least id of what is due,
    of each class that has any.
    """

    due: Mapping[WorkClass, int]
    oldest: Mapping[WorkClass, SubmissionId]
    waiting: int
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeProgress:
    """Where one user stands on one challenge."""

    best_score: Fraction
    solved: bool


class SubmissionRepository(Protocol):
    """Documents with an atomic claim and fenced outcomes. Times come from the caller."""

    async def add(
        self, submission: Submission, handed_in: HandedIn, key: IdempotencyKey | None
    ) -> Submission:
        """Store a new, queued submission durably; the key goes with it, in the same write.

        Returns the submission, or, where the same key and body created one within
        IDEMPOTENCY_LIFETIME of `submission.submitted_at`, that one, unchanged; nothing is stored
        then. An expired key is free again.

        Raises:
            IdempotencyKeyReused: the key is there with another body.
            StoreUnavailable: the store cannot be reached now (so for every method).
        """
        ...

    async def created_by(self, key: IdempotencyKey, now: datetime) -> Submission | None:
        """What the key created within IDEMPOTENCY_LIFETIME of `now`, or None.

        An expired practice run is forgotten together with its key.

        Raises:
            IdempotencyKeyReused: the key is there with another body.
        """
        ...

    async def get(self, submission_id: SubmissionId) -> Submission | None:
        """The submission, or None."""
        ...

    async def handed_in(self, submission_id: SubmissionId) -> HandedIn | None:
        """Its program (and a run's input), or None."""
        ...

    async def judgement(self, submission_id: SubmissionId, number: int) -> Judgement | None:
        """One judgement whole, with its tests in order, or None."""
        ...

    async def list(
        self, which: SubmissionFilter, *, before: SubmissionId | None, limit: int
    ) -> Sequence[Submission]:
        """Submissions by id, newest first, those older than `before`."""
        ...

    async def claim_next(
        self,
        classes: Sequence[WorkClass],
        now: datetime,
        lease: Lease,
        languages: Collection[LanguageId] | None = None,
        served: Mapping[UserId, int] = NOBODY,
    ) -> Claim | None:
        """Claim the next piece of work, or None where nothing is due.

        Only work in one of `languages` is looked at (None: in any). Next is: the first of `classes`
        that has any; within it the user with the fewest turns; then the oldest (by id). A user's
        turns are the leases alive at `now`, in whatever language, and those in `served`, which the
        caller remembers of late; but rejudges take no turns of anybody's, and among themselves
        only the leases of rejudges count. Due is what is queued and not held back, and what has a
        lease that has expired, which counts as a failure. The claim raises `attempt`, sets the
        status to running (a rejudge keeps its status), and no two callers ever get the same piece.
        """
        ...

    async def extend(self, claim: Claim, expires_at: datetime) -> None:
        """The heartbeat: move the end of the lease.

        Raises:
            LeaseLost: the claim's token is not the current one.
        """
        ...

    async def hand_back(self, claim: Claim, *, not_before: datetime, failed: bool) -> None:
        """Give the work back unfinished, to be claimed again from `not_before`; keeps `attempt`.

        The status is queued again (a rejudge keeps its own). `failed` says that the platform failed
        this try, so that it counts in `failures`; a worker that is told to stop failed nothing.

        Raises:
            LeaseLost: the claim's token is not the current one.
        """
        ...

    async def record_outcome(self, claim: Claim, judgement: Judgement) -> Submission:
        """Store the judgement and apply it, in one atomic step: compare-and-set on the token.

        The submission is done afterwards, with the outcome's verdict, score (rounded to 6 places,
        half-even) and figures, and the version it was judged on. After StoreUnavailable nobody
        knows whether it was applied: ask again with the same claim and judgement, at any time.
        Where this very judgement is the stored one of its number nothing changes, and the
        submission comes back as it stands now.

        A rejudge that ends as a `judge_error` is stored under its number, to be read, and ends
        what is pending; but it is not applied: the submission keeps the outcome that it has, its
        standing with it.

        Raises:
            LeaseLost: the claim's token is not the current one, and the judgement was not stored;
                nothing is changed.
        """
        ...

    async def release_worker(self, worker: str) -> int:
        """End every lease that this worker holds, as it has just started anew; how many.

        Each counts as a failure, as one that has expired does: the worker died of something.
        """
        ...

    async def request_rejudge(
        self,
        submission_id: SubmissionId,
        *,
        version: int | None,
        shadow_of: RejudgeSetId | None = None,
    ) -> int:
        """Queue a new judgement of a done submission on that version; its number.

        Where one is pending already its number comes back and nothing changes (so a repeat is
        harmless). It is above those of all judgements before, applied or not. Attempts and failures
        are counted from 0 again; `challenge_version` stays what it was until the outcome is
        applied.

        With `shadow_of` the judgement is stored and not applied when it ends. A shadow that is
        pending gives way to a judgement that counts, with the next number: who judges it has lost
        the lease.

        Raises:
            SubmissionNotFound: there is none.
            StillQueued: its first judgement is not done.
            JudgementPending: a shadow is asked for, and another judgement is pending that is not
                of the same set.
        """
        ...

    async def withdraw_shadow(
        self, submission_id: SubmissionId, number: int, *, shadow_of: RejudgeSetId
    ) -> None:
        """End the pending judgement of that number, if it is a shadow for that set.

        Who judges it has lost the lease. Harmless when repeated, or too late.
        """
        ...

    async def apply_judgements(self, choices: Sequence[ShadowChoice]) -> Collection[SubmissionId]:
        """Make stored judgements count, each where its `base` still does; where they count now.

        Each submission by compare-and-set, so that it can be repeated: who is there already counts
        as applied. Where a newer judgement counts meanwhile nothing changes; what is pending stays
        pending. Scores and standings follow as after `record_outcome`.
        """
        ...

    async def queue_state(self, now: datetime) -> QueueState:
        """How much work there is."""
        ...

    async def position_of(self, submission_id: SubmissionId, now: datetime) -> int | None:
        """The place in the line of what waits to be judged, from 1; None: it does not wait.

        First all that is due of more urgent classes, then its own class by `domain.line`. What is
        claimed, or held back, is not counted.
        """
        ...

    async def remove_expired_runs(self, now: datetime) -> int:
        """Forget practice runs whose `expires_at` has passed and that nobody judges; how many."""
        ...

    async def progress_of(self, user_id: UserId) -> Mapping[ChallengeId, ChallengeProgress]:
        """The user's best score on each challenge that they handed something in for.

        Counts done submissions that are not judge errors; unranked ones too. A challenge with
        nothing but unfinished ones or judge errors is there with score 0.
        """
        ...

    async def best_scores(self, challenge_id: ChallengeId | None) -> Sequence[BestScore]:
        """The best score of each user on each challenge, of ranked, done, judged submissions.

        Of equal scores the earliest `submitted_at` counts; `solved` says whether any was accepted.
        None: of every challenge.
        """
        ...

    async def judged_facts(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[JudgedFact]:
        """Ranked, done submissions by id, judge errors too, of UTC days `since` to `until`."""
        ...

    async def test_failures(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        """Of the same submissions: per test how often it ran and failed, by version, ordinal.

        A test that was skipped, or ended as a judge error, counts as neither.
        """
        ...

    async def check(self) -> None:
        """Return if the store answers.

        Raises:
            StoreUnavailable: it does not.
        """
        ...

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...
