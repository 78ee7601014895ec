"""Reading single submissions, what hangs on them, and pages of them."""

import asyncio
from collections.abc import Sequence

from adapters.documents.judgements import unpacked
from adapters.mongo.client import Collections, Document
from adapters.mongo.documents import (
    WITHOUT_TEXTS,
    filled,
    handed_in_of,
    stored,
    submission_of,
)
from adapters.mongo.lifts import lifted
from application.ports.submissions import HandedIn, SubmissionFilter
from domain.ids import SubmissionId
from domain.judgement import Judgement
from domain.submission import Submission, SubmissionKind, SubmissionStatus, WorkClass

_FIRST_WORK = {
    SubmissionKind.SUBMISSION: WorkClass.SUBMISSION,
    SubmissionKind.RUN: WorkClass.RUN,
}
"""What is queued or running is work of the class of its kind, and the index of work is short."""


async def get(store: Collections, *, submission_id: SubmissionId) -> Submission | None:
    document = await store.submissions.find_one({"_id": submission_id}, WITHOUT_TEXTS)
    return None if document is None else submission_of(document)


async def handed_in(store: Collections, *, submission_id: SubmissionId) -> HandedIn | None:
    document = await store.submissions.find_one({"_id": submission_id}, {"verdicts": False})
    return None if document is None else handed_in_of(document)


async def judgement(
    store: Collections, *, submission_id: SubmissionId, number: int
) -> Judgement | None:
    payload = await judgement_payload(store, submission_id=submission_id, number=number)
    if payload is None:
        return None
    return await asyncio.to_thread(unpacked, payload)  # of megabytes it takes a while


async def judgement_payload(
    store: Collections, *, submission_id: SubmissionId, number: int
) -> bytes | None:
    """Of the one that the submission names: there may be others, of claims that were lost."""
    document = await store.submissions.find_one({"_id": submission_id}, WITHOUT_TEXTS)
    named = [] if document is None else lifted(document)["judgements"]
    for entry in named:
        if entry["number"] == number:
            kept = await store.judgements.find_one({"_id": entry["id"]})
            payload: bytes | None = None if kept is None else lifted(kept)["payload"]
            return payload
    return None


async def page(
    store: Collections, *, which: SubmissionFilter, before: SubmissionId | None, limit: int
) -> Sequence[Submission]:
    wanted = conditions(which)
    if before is not None:
        wanted["_id"] = {"$lt": before}
    newest_first = store.submissions.find(wanted, WITHOUT_TEXTS).sort("_id", -1).limit(limit)
    return [submission_of(document) for document in await newest_first.to_list(limit)]


def conditions(which: SubmissionFilter) -> Document:
    """What the documents of a listing have, the most telling first."""
    unfinished = which.status in {SubmissionStatus.QUEUED, SubmissionStatus.RUNNING}
    narrowing = {
        "user_id": which.user_id,
        "challenge_id": which.challenge_id,
        "work.class": _FIRST_WORK[which.kind] if unfinished else None,
        "verdict": which.verdict,
        "kind": which.kind,
        "status": which.status,
        "language": which.language,
    }
    wanted = filled({name: stored(value) for name, value in narrowing.items()})
    handed_in = {"$gte": stored(which.since), "$lt": stored(which.until)}
    if which.since is not None or which.until is not None:
        wanted["submitted_at"] = filled(handed_in)
    return wanted
