"""What submissions add up to: progress, best scores, and what analytics reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction

from adapters.documents.judgements import verdicts_from
from adapters.mongo.client import Collections, Document
from adapters.mongo.documents import (
    WITHOUT_TEXTS,
    micros,
    moment,
    points,
    submission_of,
)
from adapters.mongo.schema import STANDING_INDEX
from application.ports.submissions import ChallengeProgress
from application.ports.totals import TestFailures
from domain.facts import JudgedFact
from domain.ids import ChallengeId, UserId
from domain.judgement import Verdict
from domain.leaderboard import BestScore
from domain.submission import Submission, SubmissionKind, SubmissionStatus

_NOT_RUN = frozenset({Verdict.SKIPPED, Verdict.JUDGE_ERROR})
"""Verdicts of tests that say nothing of the program."""
_SOLVED = {"$max": {"$eq": ["$verdict", Verdict.ACCEPTED.value]}}
_JUDGED = {
    "$and": [
        {"$eq": ["$status", SubmissionStatus.DONE.value]},
        {"$ne": ["$verdict", Verdict.JUDGE_ERROR.value]},
    ]
}


async def progress_of(
    store: Collections, *, user_id: UserId
) -> Mapping[ChallengeId, ChallengeProgress]:
    mine = {
        "user_id": user_id,
        "kind": SubmissionKind.SUBMISSION.value,
        "challenge_id": {"$exists": True},
    }
    best = {"$max": {"$cond": [_JUDGED, "$score", None]}}
    by_challenge = {"_id": "$challenge_id", "best": best, "solved": _SOLVED}
    cursor = store.submissions.aggregate([{"$match": mine}, {"$group": by_challenge}])
    return {
        found["_id"]: ChallengeProgress(
            best_score=points(found["best"] or 0), solved=found["solved"]
        )
        for found in await cursor.to_list(None)
    }


async def best_scores(
    store: Collections, *, challenge_id: ChallengeId | None
) -> Sequence[BestScore]:
    cursor = store.submissions.aggregate(standings_pipeline(challenge_id), hint=STANDING_INDEX)
    return [
        BestScore(
            user_id=found["_id"]["user"],
            challenge_id=found["_id"]["challenge"],
            score=points(found["score"]),
            solved=found["solved"],
            reached_at=moment(found["reached_at"]),
        )
        for found in await cursor.to_list(None)
    ]


def standings_pipeline(challenge_id: ChallengeId | None) -> Sequence[Document]:
    """All in the order of one index that holds whatever it needs."""
    counting = {"ranked_score": {"$gte": 0}}
    order = {"challenge_id": 1, "user_id": 1, "ranked_score": -1, "submitted_at": 1}
    of_user = {
        "_id": {"challenge": "$challenge_id", "user": "$user_id"},
        "score": {"$first": "$ranked_score"},
        "reached_at": {"$first": "$submitted_at"},
        "solved": _SOLVED,
    }
    return [{"$match": {**_on(challenge_id), **counting}}, {"$sort": order}, {"$group": of_user}]


async def judged_facts(
    store: Collections,
    *,
    challenge_id: ChallengeId | None,
    since: date | None,
    until: date | None,
) -> Sequence[JudgedFact]:
    wanted = _ranked_and_done(challenge_id, since, until)
    by_id = store.submissions.find(wanted, WITHOUT_TEXTS).sort("_id", 1)
    return [_fact(submission_of(document)) for document in await by_id.to_list(None)]


async def test_failures(
    store: Collections, *, challenge_id: ChallengeId, since: date | None, until: date | None
) -> Sequence[TestFailures]:
    alike = {
        "_id": {"version": "$challenge_version", "verdicts": "$verdicts"},
        "times": {"$sum": 1},
    }
    wanted = _ranked_and_done(challenge_id, since, until)
    cursor = store.submissions.aggregate([{"$match": wanted}, {"$group": alike}])
    runs: Counter[tuple[int, int]] = Counter()
    failures: Counter[tuple[int, int]] = Counter()
    for found in await cursor.to_list(None):
        version, times = found["_id"].get("version") or 0, found["times"]
        for ordinal, verdict in enumerate(verdicts_from(found["_id"]["verdicts"]), 1):
            if verdict not in _NOT_RUN:
                runs[version, ordinal] += times
                failures[version, ordinal] += times * (verdict is not Verdict.ACCEPTED)
    return [
        TestFailures(version=place[0], ordinal=place[1], runs=runs[place], failures=failures[place])
        for place in sorted(runs)
    ]


def _fact(submission: Submission) -> JudgedFact:
    if submission.verdict is None or submission.challenge_id is None:
        raise ValueError(f"{submission.id!r} is done without a verdict")
    return JudgedFact(
        submission_id=submission.id,
        user_id=submission.user_id,
        challenge_id=submission.challenge_id,
        language=submission.language,
        verdict=submission.verdict,
        score=submission.score or Fraction(0),
        max_score=submission.max_score or Fraction(0),
        cpu_ms=submission.cpu_ms,
        submitted_at=submission.submitted_at,
    )


def _ranked_and_done(
    challenge_id: ChallengeId | None, since: date | None, until: date | None
) -> Document:
    wanted: Document = {
        **_on(challenge_id),
        "kind": SubmissionKind.SUBMISSION.value,
        "status": SubmissionStatus.DONE.value,
        "ranked": True,
    }
    days = {}
    if since is not None:
        days["$gte"] = micros(datetime.combine(since, time(), UTC))
    if until is not None:
        days["$lte"] = micros(datetime.combine(until, time.max, UTC))
    return {**wanted, "submitted_at": days} if days else wanted


def _on(challenge_id: ChallengeId | None) -> Document:
    return {"challenge_id": {"$exists": True} if challenge_id is None else challenge_id}
