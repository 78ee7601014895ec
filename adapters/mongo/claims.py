"""Who judges what: the next piece of work, leases, and how much there is.

A claim whose answer was lost, or that the driver made twice, is a lease that runs out: the work
is claimed again then. All else changes only what the claim's token still holds.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from adapters.mongo.client import Collections, Document
from adapters.mongo.documents import ALWAYS, handed_in_of, micros, moment, submission_of
from adapters.mongo.lifts import lifted
from adapters.mongo.schema import WORK_INDEX
from application.ports.submissions import Claim, Lease, LeaseLost, QueueState
from domain.ids import UserId
from domain.submission import SubmissionStatus, WorkClass


async def claim_next(
    store: Collections, *, classes: Sequence[WorkClass], now: datetime, lease: Lease
) -> Claim | None:
    for work_class in classes:
        document = await _take(store, due(work_class, now), now, lease)
        if document is not None:
            return _claim_of(document, lease)
    return None


async def _take(
    store: Collections, wanted: Document, now: datetime, lease: Lease
) -> Document | None:
    """Nothing is missed where others claim at the same time: who finds none looks once more."""
    while True:
        first, *others = await _turns(store, now)
        document = await _take_oldest(store, {**wanted, **first}, lease)
        if document is not None or not await _is_any(store, wanted):
            return document
        for whose in others:
            document = await _take_oldest(store, {**wanted, **whose}, lease)
            if document is not None:
                return document


def due(work_class: WorkClass, now: datetime) -> Document:
    """What can be claimed of that class."""
    return {"work.class": work_class.value, "work.due_at": {"$lte": micros(now)}}


async def _turns(store: Collections, now: datetime) -> Sequence[Document]:
    """Conditions on the user, those whose turn comes first at first.

    The users with leases are few (as many as there are slots), so those without any are found by
    leaving these out, and the others by how many they have.
    """
    alive = store.submissions.find(
        {"lease.expires_at": {"$gt": micros(now)}}, {"_id": False, "user_id": True}
    )
    counts = Counter([document["user_id"] for document in await alive.to_list(None)])
    if not counts:
        return [{}]
    busy: dict[int, list[UserId]] = {}
    for user_id, leases in counts.items():
        busy.setdefault(leases, []).append(user_id)
    return [
        {"user_id": {"$nin": list(counts)}},
        *({"user_id": {"$in": busy[leases]}} for leases in sorted(busy)),
    ]


async def _take_oldest(store: Collections, wanted: Document, lease: Lease) -> Document | None:
    until = micros(lease.expires_at)
    claimed = {
        "status": _if_first(SubmissionStatus.RUNNING),
        "attempt": {"$add": ["$attempt", 1]},
        "work.due_at": until,
        "lease.token": {"$literal": lease.token},
        "lease.worker": {"$literal": lease.worker},
        "lease.expires_at": until,
    }
    document: Document | None = await store.submissions.find_one_and_update(
        wanted,
        [{"$set": claimed}],
        projection={"verdicts": False},
        sort=[("_id", 1)],
        return_document=ReturnDocument.AFTER,
        hint=WORK_INDEX,
    )
    return document


def _if_first(status: SubmissionStatus) -> Document:
    """Only the first judgement shows in the status: a rejudge leaves it as it is."""
    return {"$cond": [{"$eq": ["$judgement_number", 0]}, status.value, "$status"]}


async def _is_any(store: Collections, wanted: Document) -> bool:
    found = await store.submissions.find_one(wanted, {"_id": True}, hint=WORK_INDEX)
    return found is not None


def _claim_of(document: Document, lease: Lease) -> Claim:
    submission = submission_of(document)
    return Claim(
        submission=submission,
        handed_in=handed_in_of(document),
        number=submission.judgement_number + 1,
        attempt=submission.attempt,
        version=lifted(document)["work"].get("version"),
        lease=lease,
    )


async def extend(store: Collections, *, claim: Claim, expires_at: datetime) -> None:
    until = micros(expires_at)
    await _change_held(store, claim, {"$set": {"lease.expires_at": until, "work.due_at": until}})


async def hand_back(store: Collections, *, claim: Claim, not_before: datetime) -> None:
    waiting: Document = {"work.due_at": micros(not_before)}
    if claim.submission.judgement_number == 0:
        waiting["status"] = SubmissionStatus.QUEUED.value
    await _change_held(store, claim, {"$set": waiting, "$unset": {"lease": ""}})


async def release_worker(store: Collections, *, worker: str) -> int:
    held = {"lease.expires_at": {"$gte": 0}, "lease.worker": worker}
    free = {"status": _if_first(SubmissionStatus.QUEUED), "work.due_at": ALWAYS}
    changed = await store.submissions.update_many(held, [{"$set": free}, {"$unset": "lease"}])
    return changed.matched_count


def held_by(claim: Claim) -> Document:
    """The submission, as long as the claim's token is the current one."""
    return {"_id": claim.submission.id, "lease.token": claim.lease.token}


async def _change_held(store: Collections, claim: Claim, change: Mapping[str, Any]) -> None:
    changed = await store.submissions.update_one(held_by(claim), change)
    if not changed.matched_count:
        raise LeaseLost


async def queue_state(store: Collections, *, now: datetime) -> QueueState:
    at = {"class": "$work.class", "due": {"$lte": ["$work.due_at", micros(now)]}}
    counted = {
        "_id": at,
        "count": {"$sum": 1},
        "next": {"$min": "$work.due_at"},
        "oldest": {"$min": "$_id"},
    }
    cursor = store.submissions.aggregate(
        [{"$match": {"work.class": {"$gt": ""}}}, {"$group": counted}], hint=WORK_INDEX
    )
    found = await cursor.to_list(None)
    waiting = [group for group in found if not group["_id"]["due"]]
    due_now = {WorkClass(group["_id"]["class"]): group for group in found if group["_id"]["due"]}
    return QueueState(
        due={c: due_now[c]["count"] if c in due_now else 0 for c in WorkClass},
        oldest={work_class: group["oldest"] for work_class, group in due_now.items()},
        waiting=sum(group["count"] for group in waiting),
        next_due_at=min((moment(group["next"]) for group in waiting), default=None),
    )
