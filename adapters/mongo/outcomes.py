"""Outcomes: one atomic step from a claim to a done submission, and the way back for a rejudge.

The judgement is written first, where nobody sees it; then the submission names it, if the claim
still holds. Whoever asks again for what was applied already is answered so.
"""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from adapters.documents.judgements import unpacked, verdict_letters
from adapters.mongo.claims import held_by
from adapters.mongo.client import Collections, Document
from adapters.mongo.documents import (
    WITHOUT_TEXTS,
    filled,
    stored,
    submission_fields,
    submission_of,
    work_document,
)
from adapters.mongo.lifts import SCHEMA, lifted
from adapters.mongo.lookups import get, judgement_payload
from adapters.mongo.schema import UNSETTLED
from application.ports.submissions import Claim, LeaseLost, ShadowChoice
from domain.errors import JudgementPending, StillQueued, SubmissionNotFound
from domain.ids import RejudgeSetId, SubmissionId
from domain.judgement import Judgement
from domain.submission import Submission, SubmissionKind, after, with_outcome

_OUTCOME = (
    "status",
    "challenge_version",
    "judgement_number",
    "verdict",
    "score",
    "max_score",
    "cpu_ms",
    "memory_kib",
    "judged_at",
)
"""What a judgement changes of a submission."""
_CHANGES_NOTHING = {"$unset": {"nothing": ""}}
_NO_WORK: Document = {"pending_number": "", "shadow_of": "", "work": "", "lease": ""}
_NO_OUTCOME: Document = {"$unset": _NO_WORK}
"""The update that ends what is pending, and leaves the outcome that is there."""


async def record(
    store: Collections, *, claim: Claim, judgement: Judgement, payload: bytes
) -> Submission:
    """`payload` is the judgement as it is stored."""
    entry = await _keep(store, claim, judgement.number, payload)
    done = after(claim.submission, judgement)
    counts = done.judgement_number == judgement.number
    change = _NO_OUTCOME
    if counts:
        outcome = _outcome(done, verdict_letters(judgement.tests))
        change = {**outcome, "$unset": outcome["$unset"] | _NO_WORK}
    named = {**change, "$push": {"judgements": entry}}
    if not (await store.submissions.update_one(held_by(claim), named)).matched_count:
        return await _named_before(store, done.id, entry)
    if claim.attempt > 1:  # those before may have died between their two writes
        others = {"number": judgement.number, "_id": {"$ne": entry["id"]}}
        await store.judgements.delete_many({"submission_id": done.id, **others})
    return done


async def _keep(store: Collections, claim: Claim, number: int, payload: bytes) -> Document:
    """Write the judgement and return the entry that will name it.

    Its id tells the claim and the content, so that two that differ never overwrite each other, and
    a repeat finds what it wrote.
    """
    digest = hashlib.sha256(payload).hexdigest()
    place = "\0".join([claim.submission.id, str(number), claim.lease.token, digest])
    own_id = hashlib.sha256(place.encode()).hexdigest()
    document = {
        "_id": own_id,
        "schema": SCHEMA,
        "submission_id": claim.submission.id,
        "number": number,
        "payload": payload,
    }
    with suppress(DuplicateKeyError):  # it is there, written by a try whose answer was lost
        await store.judgements.insert_one(document)
    return {"number": number, "id": own_id, "digest": digest}


def _outcome(done: Submission, verdicts: str) -> Document:
    """The update that applies a judgement, and leaves what is pending."""
    every = submission_fields(done)
    values = {name: every[name] for name in _OUTCOME}
    is_counted = done.ranked and done.kind is SubmissionKind.SUBMISSION
    unsettled = UNSETTLED if is_counted and done.challenge_id is not None else None
    counting = {"ranked_score": stored(done.counting_score), "unsettled": unsettled}
    values |= {"verdicts": verdicts, **counting}
    absent = [name for name, value in values.items() if value is None]
    return {
        "$set": filled(values),
        "$unset": dict.fromkeys([*absent, "nothing"], ""),
    }


async def _named_before(
    store: Collections, submission_id: SubmissionId, entry: Document
) -> Submission:
    """The submission, if it names this judgement already; else nothing is left of that.

    A write that changes nothing asks, as it waits until what it saw cannot be undone any more; a
    read might miss what was written a moment ago.

    Raises:
        LeaseLost: it was not.
    """
    same = {"number": entry["number"], "digest": entry["digest"]}
    applied = {"_id": submission_id, "judgements": {"$elemMatch": same}}
    found = await store.submissions.update_one(applied, _CHANGES_NOTHING)
    document = None
    if found.matched_count:
        document = await store.submissions.find_one({"_id": submission_id}, WITHOUT_TEXTS)
    named = [] if document is None else lifted(document)["judgements"]
    if entry not in named:
        await store.judgements.delete_one({"_id": entry["id"]})
    if document is None:
        raise LeaseLost
    return submission_of(document)


async def request_rejudge(
    store: Collections,
    *,
    submission_id: SubmissionId,
    version: int | None,
    shadow_of: RejudgeSetId | None,
) -> int:
    while True:
        document = await store.submissions.find_one({"_id": submission_id}, WITHOUT_TEXTS)
        if document is None:
            raise SubmissionNotFound(submission_id)
        submission = submission_of(document)
        if submission.judgement_number == 0:
            raise StillQueued(submission_id)
        if submission.pending_number is not None and submission.shadow_of == shadow_of:
            return submission.pending_number
        if submission.pending_number is not None and shadow_of is not None:
            raise JudgementPending(submission_id)
        named = [entry["number"] for entry in lifted(document)["judgements"]]
        number: int = max([*named, submission.pending_number or 0]) + 1
        if await _rejudge(store, submission, number, version, shadow_of):
            return number


async def _rejudge(
    store: Collections,
    submission: Submission,
    number: int,
    version: int | None,
    shadow_of: RejudgeSetId | None,
) -> bool:
    """Whether nothing has changed meanwhile, so that it is pending now under that number."""
    shadow = submission.pending_number
    unchanged = {
        "_id": submission.id,
        "judgement_number": submission.judgement_number,
        "judgements.number": {"$nin": [number] if shadow is None else [number, shadow]},
        "pending_number": {"$exists": False} if shadow is None else shadow,
    }
    pending = {
        "pending_number": number,
        "attempt": 0,
        "work": work_document(submission, version),
    }
    gone = {"lease": ""}
    if shadow_of is None:
        gone["shadow_of"] = ""
    else:
        pending["shadow_of"] = shadow_of
    change = {"$set": pending, "$unset": gone}
    return bool((await store.submissions.update_one(unchanged, change)).matched_count)


async def withdraw_shadow(
    store: Collections, *, submission_id: SubmissionId, number: int, shadow_of: RejudgeSetId
) -> None:
    mine = {"_id": submission_id, "pending_number": number, "shadow_of": shadow_of}
    await store.submissions.update_one(mine, _NO_OUTCOME)


async def apply(store: Collections, *, choices: Sequence[ShadowChoice]) -> Collection[SubmissionId]:
    """One after another: what was applied before a break is found so when it is repeated."""
    return {one.submission_id for one in choices if await _counts(store, one)}


async def _counts(store: Collections, choice: ShadowChoice) -> bool:
    """Whether the judgement counts, now or already."""
    submission = await get(store, submission_id=choice.submission_id)
    if submission is None or submission.judgement_number != choice.base:
        return submission is not None and submission.judgement_number == choice.number
    payload = await judgement_payload(
        store, submission_id=choice.submission_id, number=choice.number
    )
    if payload is None:
        return False
    judgement = await asyncio.to_thread(unpacked, payload)
    change = _outcome(with_outcome(submission, judgement), verdict_letters(judgement.tests))
    unchanged = {"_id": submission.id, "judgement_number": choice.base}
    if (await store.submissions.update_one(unchanged, change)).matched_count:
        return True
    now = await get(store, submission_id=choice.submission_id)
    return now is not None and now.judgement_number == choice.number
