"""What many submissions come to: progress, standings, figures."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from fractions import Fraction

from adapters.memory.records import Record
from application.ports.submissions import ChallengeProgress
from application.ports.totals import TestFailures
from domain.facts import JudgedFact
from domain.ids import ChallengeId, UserId
from domain.judgement import Verdict
from domain.leaderboard import BestScore
from domain.submission import Submission, SubmissionKind, SubmissionStatus

_NOT_RUN = frozenset({Verdict.SKIPPED, Verdict.JUDGE_ERROR})
"""Verdicts of tests that say nothing of the program."""


def progress_of(
    records: Iterable[Record], *, user_id: UserId
) -> Mapping[ChallengeId, ChallengeProgress]:
    by_challenge: defaultdict[ChallengeId, list[Submission]] = defaultdict(list)
    for submission in (record.submission for record in records):
        if _is_scored(submission) and submission.user_id == user_id:
            by_challenge[_challenge_of(submission)].append(submission)
    return {challenge: _progress(own) for challenge, own in by_challenge.items()}


def best_scores(
    records: Iterable[Record], *, challenge_id: ChallengeId | None
) -> Sequence[BestScore]:
    groups: defaultdict[tuple[UserId, ChallengeId], list[Submission]] = defaultdict(list)
    for submission in (record.submission for record in _ranked(records, challenge_id)):
        if submission.verdict is not Verdict.JUDGE_ERROR:
            groups[submission.user_id, _challenge_of(submission)].append(submission)
    return [_best(own) for own in groups.values()]


def judged_facts(
    records: Iterable[Record],
    *,
    challenge_id: ChallengeId | None,
    since: date | None,
    until: date | None,
) -> Sequence[JudgedFact]:
    found = [
        record.submission
        for record in _ranked(records, challenge_id)
        if _is_within(record.submission, since, until)
    ]
    return [_fact(submission) for submission in sorted(found, key=lambda s: s.id)]


def test_failures(
    records: Iterable[Record], *, challenge_id: ChallengeId, since: date | None, until: date | None
) -> Sequence[TestFailures]:
    runs: Counter[tuple[int, int]] = Counter()
    failures: Counter[tuple[int, int]] = Counter()
    for record in _ranked(records, challenge_id):
        if not _is_within(record.submission, since, until):
            continue
        for place, verdict in _verdicts(record):
            runs[place] += 1
            failures[place] += verdict is not Verdict.ACCEPTED
    return [
        TestFailures(version=place[0], ordinal=place[1], runs=runs[place], failures=n)
        for place, n in sorted(failures.items())
    ]


def _ranked(records: Iterable[Record], challenge_id: ChallengeId | None) -> Iterator[Record]:
    """The ranked and done submissions of the challenge, or of all of them."""
    return (
        record
        for record in records
        if _is_scored(record.submission)
        and record.submission.ranked
        and record.submission.status is SubmissionStatus.DONE
        and challenge_id in {None, record.submission.challenge_id}
    )


def _verdicts(record: Record) -> Iterator[tuple[tuple[int, int], Verdict]]:
    """(version, ordinal) and verdict of each test that was run in the judgement that counts."""
    judgement = record.judgements[record.submission.judgement_number]
    version = judgement.challenge_version or 0
    return (
        ((version, test.ordinal), test.verdict)
        for test in judgement.tests
        if test.verdict not in _NOT_RUN
    )


def _is_scored(submission: Submission) -> bool:
    """Whether it is more than a run, so that it belongs to a challenge and has a score."""
    return submission.kind is SubmissionKind.SUBMISSION and submission.challenge_id is not None


def _challenge_of(submission: Submission) -> ChallengeId:
    if submission.challenge_id is None:
        raise ValueError(f"{submission.id!r} belongs to no challenge")
    return submission.challenge_id


def _score_of(submission: Submission) -> Fraction:
    return submission.score or Fraction(0)


def _progress(own: Sequence[Submission]) -> ChallengeProgress:
    judged = [
        submission
        for submission in own
        if submission.status is SubmissionStatus.DONE
        and submission.verdict is not Verdict.JUDGE_ERROR
    ]
    return ChallengeProgress(
        best_score=max((_score_of(submission) for submission in judged), default=Fraction(0)),
        solved=any(submission.verdict is Verdict.ACCEPTED for submission in judged),
    )


def _best(own: Sequence[Submission]) -> BestScore:
    best = min(own, key=lambda submission: (-_score_of(submission), submission.submitted_at))
    return BestScore(
        user_id=best.user_id,
        challenge_id=_challenge_of(best),
        score=_score_of(best),
        solved=any(submission.verdict is Verdict.ACCEPTED for submission in own),
        reached_at=best.submitted_at,
    )


def _is_within(submission: Submission, since: date | None, until: date | None) -> bool:
    day = submission.submitted_at.astimezone(UTC).date()
    return (since is None or since <= day) and (until is None or day <= until)


def _fact(submission: Submission) -> JudgedFact:
    if submission.verdict is None:
        raise ValueError(f"{submission.id!r} is done without a verdict")
    return JudgedFact(
        submission_id=submission.id,
        user_id=submission.user_id,
        challenge_id=_challenge_of(submission),
        language=submission.language,
        verdict=submission.verdict,
        score=_score_of(submission),
        max_score=submission.max_score or Fraction(0),
        cpu_ms=submission.cpu_ms,
        submitted_at=submission.submitted_at,
    )
