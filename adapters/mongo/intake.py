"""Taking submissions in, once for each key, and forgetting practice runs.

An insertion whose answer was lost may be repeated: the second one meets the first by its id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from adapters.mongo.client import Collections, Document
from adapters.mongo.documents import (
    WITHOUT_TEXTS,
    handed_in_of,
    micros,
    new_document,
    submission_of,
)
from application.ports.idempotency import IDEMPOTENCY_LIFETIME, IdempotencyKey
from application.ports.submissions import HandedIn
from domain.errors import IdempotencyKeyReused
from domain.ids import SubmissionId
from domain.submission import Submission, SubmissionKind

_AT_ONCE = 500
"""Runs forgotten in one go."""
_NEVER_CHANGE = ("kind", "user_id", "challenge_id", "language", "ranked", "submitted_at")


async def add(
    store: Collections, *, submission: Submission, handed_in: HandedIn, key: IdempotencyKey | None
) -> Submission:
    document = new_document(submission, handed_in, key)
    while True:
        try:
            await store.submissions.insert_one(document)
        except DuplicateKeyError:
            earlier = await _met(store, submission, handed_in, key)
            if earlier is not None:
                return earlier
        else:
            return submission


async def _met(
    store: Collections, submission: Submission, handed_in: HandedIn, key: IdempotencyKey | None
) -> Submission | None:
    """What stands in the way of an insertion, if it is its answer; None: nothing does any more.

    Raises:
        IdempotencyKeyReused: the key is there with another body.
        ValueError: the id is there with another submission.
    """
    if key is not None:
        earlier = await created_by(store, key=key, now=submission.submitted_at)
        if earlier is not None:
            return earlier
        await _free(store, key, submission.submitted_at)
    document = await store.submissions.find_one({"_id": submission.id})
    if document is None:
        return None
    there = submission_of(document)
    same = all(getattr(there, name) == getattr(submission, name) for name in _NEVER_CHANGE)
    if not same or handed_in_of(document) != handed_in:
        raise ValueError(f"{submission.id!r} is stored already")
    return there


async def created_by(
    store: Collections, *, key: IdempotencyKey, now: datetime
) -> Submission | None:
    document = await store.submissions.find_one(_place(key), WITHOUT_TEXTS)
    if document is None:
        return None
    submission = submission_of(document)
    if now - submission.submitted_at > IDEMPOTENCY_LIFETIME:
        return None
    if document["key"]["body_hash"] != key.body_hash:
        raise IdempotencyKeyReused
    return submission


async def _free(store: Collections, key: IdempotencyKey, now: datetime) -> None:
    """Take the key from what it created, if it has expired."""
    expired = {**_place(key), "submitted_at": {"$lt": micros(now - IDEMPOTENCY_LIFETIME)}}
    await store.submissions.update_one(expired, {"$unset": {"key": ""}})


async def remove_expired_runs(store: Collections, *, now: datetime) -> int:
    over: Document = {
        "expires_at": {"$gte": 0, "$lte": micros(now)},
        "kind": SubmissionKind.RUN.value,
        "lease.expires_at": {"$not": {"$gt": micros(now)}},
    }
    removed, full = 0, True
    while full:
        found = await store.submissions.find(over, {"_id": True}).to_list(_AT_ONCE)
        ids = [document["_id"] for document in found]
        removed += await _remove(store, ids, over)
        full = len(ids) == _AT_ONCE
    return removed


async def _remove(store: Collections, ids: Sequence[SubmissionId], over: Mapping[str, Any]) -> int:
    """Those that are still over, and their judgements; how many."""
    these = {"$in": list(ids)}
    removed = await store.submissions.delete_many({"_id": these, **over})
    left = await store.submissions.find({"_id": these}, {"_id": True}).to_list(None)
    gone = set(ids) - {document["_id"] for document in left}
    await store.judgements.delete_many({"submission_id": {"$in": sorted(gone)}})
    return removed.deleted_count


def _place(key: IdempotencyKey) -> Document:
    return {"key.user_id": key.user_id, "key.route": key.route, "key.key": key.key}
