"""Who judges what: the next piece of work, leases, and how much there is.

A claim whose answer was lost, or that the driver made twice, is a lease that runs out: the work
is claimed again then. All else changes only what the claim's token still holds.
"""

import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.mongo.client import Collections, Document
from adapters.mongo.documents import ALWAYS, handed_in_of, micros, moment, submission_of
from adapters.mongo.lifts import lifted
from adapters.mongo.schema import WORK_INDEX
from application.ports.submissions import NOBODY, Claim, Lease, LeaseLost, QueueState
from domain.ids import LanguageId, SubmissionId, UserId
from domain.line import place_in_line
from domain.submission import SubmissionStatus, WorkClass, more_urgent

_AT_ONCE = 32
"""How many of the oldest pieces are looked at together."""
_TRIES = 4
"""How many of them are tried before looking again."""
_FAILURES = {"$ifNull": ["$work.failures", 0]}
"""Work that never failed, or that an older program made, has none."""
_WAS_CLAIMED = {"$gt": [{"$ifNull": ["$lease.expires_at", -1]}, -1]}
"""A lease is there still, so it has run out."""


async def claim_next(
    store: Collections,
    *,
    classes: Sequence[WorkClass],
    now: datetime,
    lease: Lease,
    languages: Collection[LanguageId] | None,
    served: Mapping[UserId, int],
) -> Claim | None:
    for work_class in classes:
        remembered = NOBODY if work_class is WorkClass.REJUDGE else served
        document = await _take(store, due(work_class, now, languages), now, lease, remembered)
        if document is not None:
            return _claim_of(document, lease)
    return None


async def _take(
    store: Collections,
    wanted: Document,
    now: datetime,
    lease: Lease,
    served: Mapping[UserId, int],
) -> Document | None:
    """Nothing is missed where others claim at the same time: who loses every race looks again."""
    lost = await store.submissions.find_one(wanted, {"_id": True}, hint=WORK_INDEX) is not None
    while lost:
        lost = False
        for whose in await _turns(store, wanted["work.class"], now, served):
            oldest = store.submissions.find({**wanted, **whose}, {"_id": True}, hint=WORK_INDEX)
            found = await oldest.sort("_id", 1).limit(_AT_ONCE).to_list(_AT_ONCE)
            for submission_id in _in_turn([one["_id"] for one in found], lease):
                document = await _take_one(store, submission_id, wanted, lease)
                if document is not None:
                    return document
            if found:
                lost = True
                break
    return None


def _in_turn(ids: Sequence[SubmissionId], lease: Lease) -> Sequence[SubmissionId]:
    """The oldest, and, where others are after it at this moment, a few in an order of our own.

    Otherwise all would go on to race each other for the second, the third and so on.
    """
    start = 1 + zlib.crc32(lease.token.encode()) % max(1, len(ids) - 1)
    return [*ids[:1], *ids[start:], *ids[1:start]][:_TRIES]


def due(work_class: WorkClass, now: datetime, languages: Collection[LanguageId] | None) -> Document:
    """What can be claimed of that class, in one of the languages (None: in any).

    Times are whole: `$lt` the next one says `$lte`, which the server of our tests gets wrong where
    it is read off an index that has more keys behind it.
    """
    wanted = {"work.class": work_class.value, "work.due_at": {"$lt": micros(now) + 1}}
    return wanted if languages is None else {**wanted, "language": {"$in": list(languages)}}


async def _turns(
    store: Collections, work_class: str, now: datetime, served: Mapping[UserId, int]
) -> Sequence[Document]:
    """Conditions on the user, those whose turn comes first at first.

    The users with turns are few (slots, and what a worker remembers), so those without any are
    found by leaving these out, and the others by how many they have.
    """
    alive = store.submissions.find(
        {"lease.expires_at": {"$gt": micros(now)}},
        {"_id": False, "user_id": True, "work.class": True},
    )
    rejudge = WorkClass.REJUDGE.value
    counts = Counter(served)
    counts.update(
        document["user_id"]
        for document in await alive.to_list(None)
        if (document["work"]["class"] == rejudge) is (work_class == rejudge)
    )
    if not counts:
        return [{}]
    busy: dict[int, list[UserId]] = {}
    for user_id, leases in counts.items():
        busy.setdefault(leases, []).append(user_id)
    return [
        {"user_id": {"$nin": list(counts)}},
        *({"user_id": {"$in": busy[leases]}} for leases in sorted(busy)),
    ]


async def _take_one(
    store: Collections, submission_id: SubmissionId, wanted: Document, lease: Lease
) -> Document | None:
    """Compare and set: the work, if it can still be claimed.

    In two steps, as a server that looks through all documents for one that it finds and changes
    (so does the one of our tests) takes hundreds of times as long as for either alone.
    """
    until = micros(lease.expires_at)
    claimed = {
        "status": _if_first(SubmissionStatus.RUNNING),
        "attempt": {"$add": ["$attempt", 1]},
        "work.failures": {"$add": [_FAILURES, {"$cond": [_WAS_CLAIMED, 1, 0]}]},
        "work.due_at": until,
        "lease.token": {"$literal": lease.token},
        "lease.worker": {"$literal": lease.worker},
        "lease.expires_at": until,
    }
    change = [{"$set": claimed}]
    won = await store.submissions.update_one({"_id": submission_id, **wanted}, change)
    if not won.matched_count:
        return None
    ours = {"_id": submission_id, "lease.token": lease.token}
    document: Document | None = await store.submissions.find_one(ours, {"verdicts": False})
    return document


def _if_first(status: SubmissionStatus) -> Document:
    """Only the first judgement shows in the status: a rejudge leaves it as it is."""
    return {"$cond": [{"$eq": ["$judgement_number", 0]}, status.value, "$status"]}


def _claim_of(document: Document, lease: Lease) -> Claim:
    submission = submission_of(document)
    if submission.pending_number is None:
        raise ValueError(f"{submission.id!r} has nothing to judge")
    work = lifted(document)["work"]
    return Claim(
        submission=submission,
        handed_in=handed_in_of(document),
        number=submission.pending_number,
        attempt=submission.attempt,
        failures=work["failures"],
        version=work.get("version"),
        lease=lease,
    )


async def extend(store: Collections, *, claim: Claim, expires_at: datetime) -> None:
    until = micros(expires_at)
    await _change_held(store, claim, {"$set": {"lease.expires_at": until, "work.due_at": until}})


async def hand_back(
    store: Collections, *, claim: Claim, not_before: datetime, failed: bool
) -> None:
    waiting: Document = {
        "work.due_at": micros(not_before),
        "work.failures": claim.failures + failed,
    }
    if claim.submission.judgement_number == 0:
        waiting["status"] = SubmissionStatus.QUEUED.value
    await _change_held(store, claim, {"$set": waiting, "$unset": {"lease": ""}})


async def release_worker(store: Collections, *, worker: str) -> int:
    held = {"lease.expires_at": {"$gte": 0}, "lease.worker": worker}
    free = {
        "status": _if_first(SubmissionStatus.QUEUED),
        "work.due_at": ALWAYS,
        "work.failures": {"$add": [_FAILURES, 1]},
    }
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


async def position_of(
    store: Collections, *, submission_id: SubmissionId, now: datetime
) -> int | None:
    """Read off the index of work, mostly only what is older."""
    known = {"work": True, "lease": True, "user_id": True}
    mine = await store.submissions.find_one({"_id": submission_id}, known)
    if mine is None or "work" not in mine:
        return None
    if mine.get("lease", {}).get("expires_at", -1) > micros(now):
        return None
    work_class = WorkClass(mine["work"]["class"])
    alike = due(work_class, now, None)
    waiting = await _waiting(store, {**alike, "_id": {"$lt": submission_id}})
    if any(owner == mine["user_id"] for _, owner in waiting):  # else what is newer comes later
        waiting = await _waiting(store, alike)
    place = place_in_line(submission_id, mine["user_id"], waiting)
    for urgent in more_urgent(work_class):
        wanted = due(urgent, now, None)
        place += await store.submissions.count_documents(wanted, hint=WORK_INDEX)
    return place


async def _waiting(store: Collections, wanted: Document) -> Sequence[tuple[SubmissionId, UserId]]:
    found = store.submissions.find(wanted, {"_id": True, "user_id": True}, hint=WORK_INDEX)
    return [(one["_id"], one["user_id"]) for one in await found.to_list(None)]
