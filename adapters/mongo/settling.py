"""Settlement in MongoDB, without transactions: one entry at a time, written down before it is done.

The log holds one entry. Whoever settles first carries out the one that is there, then computes the
next from what stands now and puts it in its place, if nobody else has. Whatever an entry changes
remembers its number and takes no earlier one, so that an entry may be carried out any number of
times, by several at once, and by one that was away for long.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from pymongo import UpdateOne

from adapters.documents.judgements import unpacked, verdicts_from
from adapters.mongo import settled_totals
from adapters.mongo.client import Collections, Document
from adapters.mongo.documents import moment, points, submission_of
from adapters.mongo.lifts import lifted
from adapters.mongo.schema import LOG, SETTLED_AT_LAST, UNSETTLED
from domain.facts import JudgedFact
from domain.ids import ChallengeId, LanguageId, UserId
from domain.judgement import Verdict
from domain.settling import Change, UserState, settlement
from domain.submission import Submission

AT_ONCE = 100
"""Outcomes in an entry at most: with 1,000 tests each it has about 8 of the 16 MB it may have."""
_IS_UNSETTLED = {"unsettled": {"$gte": UNSETTLED}}
_WITHOUT_PROGRAM = {"handed_in": False}
_COUNTING = {"user_id": True, "verdict": True, "ranked_score": True, "submitted_at": True}


async def is_any_left(store: Collections) -> bool:
    """Whether there is something to settle, seen without waiting for anybody."""
    return await store.submissions.find_one(_IS_UNSETTLED, {"_id": True}) is not None


async def settle(store: Collections, *, limit: int) -> int:
    """How many were settled by this call; 0 when none was left."""
    while True:
        number = await _carry_out_the_last(store)
        oldest_first = store.submissions.find(_IS_UNSETTLED, _WITHOUT_PROGRAM).sort("_id", 1)
        documents = await oldest_first.limit(min(limit, AT_ONCE)).to_list(None)
        if not documents:
            return 0
        entry = await _entry(store, documents)
        if await _write_down(store, number + 1, entry):
            await _carry_out(store, number + 1, entry)
            return len(documents)


async def forget(store: Collections) -> None:
    """Nothing is settled any more."""
    while True:
        number = await _carry_out_the_last(store)
        if await _write_down(store, number + 1, {"forget": True}):
            await _carry_out(store, number + 1, {"forget": True})
            return


async def _carry_out_the_last(store: Collections) -> int:
    """The number of the last entry, once it is carried out."""
    log = await store.settling.find_one({"_id": LOG})
    if log is None:
        raise ValueError("the log of settling was removed")
    number: int = log["number"]
    if not log["carried_out"]:
        await _carry_out(store, number, log["entry"])
    return number


async def _write_down(store: Collections, number: int, entry: Document) -> bool:
    """Whether it is the next entry now: nobody else wrote one meanwhile."""
    before = {"_id": LOG, "number": number - 1, "carried_out": True}
    change = {"$set": {"number": number, "carried_out": False, "entry": entry}}
    return bool((await store.settling.update_one(before, change)).matched_count)


async def _carry_out(store: Collections, number: int, entry: Mapping[str, Any]) -> None:
    """The submissions come last: while one is left as unsettled, somebody looks at the entry."""
    if entry.get("forget"):
        await settled_totals.forget(store, number)
        await _forget_submissions(store, number)
    else:
        await settled_totals.carry_out(store, number, entry)
        await _mark(store, number, entry["settled"])
    done = {"$set": {"carried_out": True}, "$unset": {"entry": ""}}
    await store.settling.update_one({"_id": LOG, "number": number}, done)


async def _mark(store: Collections, number: int, settled: Iterable[Mapping[str, Any]]) -> None:
    """A submission that has another outcome meanwhile stays unsettled."""
    updates: list[UpdateOne] = []
    for one in settled:
        mine = {"_id": one["_id"], "settled_through": {"$not": {"$gte": number}}}
        marked = {"settled_number": one["number"], "settled_through": number}
        same = {**mine, "judgement_number": one["number"]}
        updates.append(UpdateOne(same, {"$set": marked, "$unset": {"unsettled": ""}}))
        updates.append(UpdateOne(mine, {"$set": marked}))
    await store.submissions.bulk_write(updates)


async def _forget_submissions(store: Collections, number: int) -> None:
    earlier = {**SETTLED_AT_LAST, "settled_through": {"$not": {"$gte": number}}}
    nothing = {"settled_number": 0, "settled_through": number, "unsettled": UNSETTLED}
    await store.submissions.update_many(earlier, {"$set": nothing})


async def _entry(store: Collections, documents: Sequence[Document]) -> Document:
    """What settling these submissions comes to."""
    changes = await _changes(store, documents)
    states = await _states(store, [change.after for change in changes])
    done = await asyncio.to_thread(settlement, changes, states)
    settled = [{"_id": d["_id"], "number": d["judgement_number"]} for d in documents]
    return {**await settled_totals.entry_of(store, done), "settled": settled}


async def _changes(store: Collections, documents: Sequence[Document]) -> Sequence[Change]:
    counted = {
        named["id"]: document["_id"]
        for document in map(lifted, documents)
        for named in document["judgements"]
        if named["number"] == document.get("settled_number", 0)
    }
    kept = store.judgements.find({"_id": {"$in": [*counted]}})
    before = {counted[lifted(one)["_id"]]: one["payload"] for one in await kept.to_list(None)}
    return await asyncio.to_thread(_compared, documents, before)


def _compared(documents: Sequence[Document], before: Mapping[str, bytes]) -> Sequence[Change]:
    changes: list[Change] = []
    for document in documents:
        after = _fact(submission_of(document), document["verdicts"])
        payload = before.get(document["_id"])
        counted = None if payload is None else after.under(unpacked(payload))
        changes.append(Change(before=counted, after=after))
    return changes


def _fact(submission: Submission, letters: str) -> JudgedFact:
    if submission.verdict is None or submission.challenge_id is None:
        raise ValueError(f"{submission.id!r} is unsettled without an outcome")
    return JudgedFact(
        submission_id=submission.id,
        user_id=submission.user_id,
        challenge_id=submission.challenge_id,
        language=submission.language,
        submitted_at=submission.submitted_at,
        verdict=submission.verdict,
        score=submission.score or Fraction(0),
        max_score=submission.max_score or Fraction(0),
        cpu_ms=submission.cpu_ms,
        version=submission.challenge_version or 0,
        tests=verdicts_from(letters),
    )


async def _states(store: Collections, facts: Sequence[JudgedFact]) -> Mapping[UserId, UserState]:
    users: defaultdict[ChallengeId, set[UserId]] = defaultdict(set)
    for fact in facts:
        users[fact.challenge_id].add(fact.user_id)
    pairs = await settled_totals.pairs_of(store, {fact.user_id for fact in facts})
    found: defaultdict[UserId, dict[ChallengeId, list[JudgedFact]]] = defaultdict(dict)
    for challenge_id, of_it in users.items():
        for user_id in of_it:
            found[user_id][challenge_id] = []
        for fact in await _counting(store, challenge_id, of_it):
            found[fact.user_id][challenge_id].append(fact)
    return {
        user_id: UserState(pairs=pairs.get(user_id, {}), facts=own)
        for user_id, own in found.items()
    }


async def _counting(
    store: Collections, challenge_id: ChallengeId, users: set[UserId]
) -> Sequence[JudgedFact]:
    """What these users' pairs are made of, found by one index; judge errors are not there."""
    wanted = {
        "challenge_id": challenge_id,
        "user_id": {"$in": sorted(users)},
        "ranked_score": {"$gte": 0},
    }
    return [
        JudgedFact(
            submission_id=found["_id"],
            user_id=found["user_id"],
            challenge_id=challenge_id,
            language=LanguageId(""),
            submitted_at=moment(found["submitted_at"]),
            verdict=Verdict(found["verdict"]),
            score=points(found["ranked_score"]),
            max_score=Fraction(0),
            cpu_ms=None,
        )
        for found in await store.submissions.find(wanted, _COUNTING).to_list(None)
    ]
