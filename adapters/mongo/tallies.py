"""Tallies, as they are read: sums up to a day, of which the difference of two is a range."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from adapters.documents.tallies import unpacked
from adapters.mongo.client import Collections, Document
from adapters.mongo.settled_totals import ALL, END
from application.ports.totals import TestFailures
from domain.ids import ChallengeId
from domain.tally import Tally

_DAY = timedelta(days=1)


async def figures(
    store: Collections,
    *,
    challenge_id: ChallengeId | None,
    since: date | None,
    until: date | None,
) -> Mapping[ChallengeId | None, Tally]:
    if since is not None and until is not None and until < since:
        return {}
    sums = await _up_to(store, challenge_id, until)
    if since is not None and since > date.min:
        for place, before in (await _up_to(store, challenge_id, since - _DAY)).items():
            sums[place] = sums.get(place, Tally()) - before
    return {place or None: tally for place, tally in sums.items() if tally}


async def _up_to(
    store: Collections, challenge_id: ChallengeId | None, day: date | None
) -> dict[ChallengeId, Tally]:
    """Of each place the sum up to that day (None: of everything)."""
    which: Document = {} if challenge_id is None else {"challenge_id": challenge_id}
    if day is None:
        found = await store.day_tallies.find({**which, "day": END}).to_list(None)
    else:
        found = await _latest(store, {**which, "day": {"$lte": day.isoformat()}})
    return {one["challenge_id"]: Tally.of(one["tally"]) for one in found}


async def _latest(store: Collections, wanted: Document) -> list[Document]:
    """Of each place the last of these days."""
    last = {"_id": "$challenge_id", "day": {"$max": "$day"}}
    cursor = store.day_tallies.aggregate([{"$match": wanted}, {"$group": last}])
    names = [f"{one['_id']}\0{one['day']}" for one in await cursor.to_list(None)]
    return await store.day_tallies.find({"_id": {"$in": names}}).to_list(None)


async def per_day(
    store: Collections,
    *,
    challenge_id: ChallengeId | None,
    since: date | None,
    until: date | None,
) -> Sequence[tuple[date, Tally]]:
    upto_there = _days(None, until) or {"$lt": END}
    mine = {"challenge_id": challenge_id or ALL, "day": upto_there}
    found: list[tuple[date, Tally]] = []
    before = Tally()
    for one in await store.day_tallies.find(mine).sort("day", 1).to_list(None):
        day, upto = date.fromisoformat(one["day"]), Tally.of(one["tally"])
        if (since is None or day >= since) and upto - before:
            found.append((day, upto - before))
        before = upto
    return found


async def items(
    store: Collections, *, challenge_id: ChallengeId | None
) -> Mapping[ChallengeId, Tally]:
    which = {} if challenge_id is None else {"_id": challenge_id}
    found = {
        one["_id"]: Tally.of(one["tally"])
        for one in await store.item_tallies.find(which).to_list(None)
    }
    return {place: tally for place, tally in found.items() if tally}


async def tests(
    store: Collections, *, challenge_id: ChallengeId, since: date | None, until: date | None
) -> Sequence[TestFailures]:
    mine: Document = {"challenge_id": challenge_id}
    days = _days(since, until)
    if days:
        mine["day"] = days
    by_version: defaultdict[int, list[Tally]] = defaultdict(list)
    for one in await store.test_tallies.find(mine).to_list(None):
        by_version[one["version"]].append(unpacked(one["payload"]))
    return TestFailures.counted(by_version)


def _days(since: date | None, until: date | None) -> Document:
    within: Document = {}
    if since is not None:
        within["$gte"] = since.isoformat()
    if until is not None:
        within["$lte"] = until.isoformat()
    return within
