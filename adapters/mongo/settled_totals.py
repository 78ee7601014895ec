"""What a settlement comes to, as an entry of the log, and how an entry is carried out.

An entry has the standings as they are to be, the differences of tallies, and the days that begin.
A tally of days holds all up to its day, and one more, of END, holds all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import date
from itertools import pairwise
from typing import Any

from pymongo import ReplaceOne, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError

from adapters.documents.tallies import packed, unpacked
from adapters.mongo.client import Collection, Collections, Document
from adapters.mongo.documents import filled, moment, points, stored
from domain.ids import ChallengeId, UserId
from domain.pairs import Overall, Pair
from domain.settling import Settlement
from domain.tally import Tally

ALL = ChallengeId("")
"""In the place of a challenge: all together."""
END = "~"
"""In the place of a day, and after all of them: the sum of everything."""
_BEYOND = END + END
_DUPLICATE = 11000
_PAIR = tuple(field.name for field in fields(Pair))
_OVERALL = tuple(field.name for field in fields(Overall))
_POINTS = frozenset({"best_score", "score"})
_MOMENTS = frozenset(
    {"reached_at", "first_submitted_at", "solved_at", "last_solved_at", "first_solved_at"}
)


# --- what stands -------------------------------------------------------------------------------


def pair_from(document: Mapping[str, Any]) -> Pair:
    return Pair(**_read(document, _PAIR))


def overall_from(document: Mapping[str, Any]) -> Overall:
    return Overall(**_read(document, _OVERALL))


def _read(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: document.get(name) for name in names}
    for name, value in values.items():
        if name in _POINTS:
            values[name] = points(value)
        if name in _MOMENTS and value is not None:
            values[name] = moment(value)
    return values


async def pairs_of(
    store: Collections, users: set[UserId]
) -> Mapping[UserId, Mapping[ChallengeId, Pair]]:
    pairs: defaultdict[UserId, dict[ChallengeId, Pair]] = defaultdict(dict)
    found = store.pair_standings.find({"user_id": {"$in": sorted(users)}})
    for pair in map(pair_from, await found.to_list(None)):
        pairs[pair.user_id][pair.challenge_id] = pair
    return pairs


# --- an entry ----------------------------------------------------------------------------------


async def entry_of(store: Collections, done: Settlement) -> Document:
    by_place: defaultdict[ChallengeId, dict[date, Tally]] = defaultdict(dict)
    for (challenge_id, day), tally in done.tallies.items():
        by_place[challenge_id or ALL][day] = tally
    entry: Document = {
        "pairs": [
            {"_id": _name(challenge_id, user_id), **_pair_fields(pair)}
            for (user_id, challenge_id), pair in done.pairs.items()
        ],
        "users": [
            {"_id": user_id, **_fields(overall, _OVERALL)}
            for user_id, overall in done.overalls.items()
        ],
        "tests": await _tests(store, done),
        "items": [
            {"_id": challenge_id, "tally": dict(tally.counts)}
            for challenge_id, tally in done.items.items()
        ],
        "days": [],
        "begun": [],
    }
    for challenge_id, added in by_place.items():
        steps = _steps(challenge_id, added)
        entry["days"] += steps
        entry["begun"] += await _begun(store, steps)
    return entry


async def _tests(store: Collections, done: Settlement) -> Sequence[Document]:
    """As they are to be: so many differences would be slow to add one by one."""
    places = {
        _name(challenge_id, str(version), day.isoformat()): (challenge_id, version, day)
        for challenge_id, version, day in done.tests
    }
    there = await store.test_tallies.find({"_id": {"$in": [*places]}}).to_list(None)
    stood = {one["_id"]: unpacked(one["payload"]) for one in there if "payload" in one}
    return [
        {
            "_id": name,
            "challenge_id": place[0],
            "version": place[1],
            "day": place[2].isoformat(),
            "payload": packed(stood.get(name, Tally()) + done.tests[place]),
        }
        for name, place in places.items()
    ]


def _name(*parts: str) -> str:
    return "\0".join(parts)


def _pair_fields(pair: Pair | None) -> Document:
    values = _fields(pair, _PAIR)
    return values if pair is None else {**values, "solved": int(pair.solved_at is not None)}


def _fields(value: Pair | Overall | None, names: Iterable[str]) -> Document:
    """Nothing of None: its place stays, so that no earlier entry makes it anew."""
    if value is None:
        return {}
    return filled({name: stored(getattr(value, name)) for name in names})


def _steps(challenge_id: ChallengeId, added: Mapping[date, Tally]) -> Sequence[Document]:
    """What is added to the days from one on, before the next; the last are those up to END."""
    by_day = {day.isoformat(): added[day] for day in sorted(added)}
    steps: list[Document] = []
    more = Tally()
    for day, following in pairwise([*by_day, _BEYOND]):
        more += by_day[day]
        tally = dict(more.counts)
        steps.append({"challenge_id": challenge_id, "from": day, "to": following, "tally": tally})
    return steps


async def _begun(store: Collections, steps: Sequence[Document]) -> Sequence[Document]:
    """The days (and the END) that are not there yet, each with all up to it."""
    wanted = [(step["from"], step) for step in steps] + [(END, steps[-1])]
    challenge_id = steps[0]["challenge_id"]
    of_it = {"challenge_id": challenge_id, "day": {"$in": [day for day, _ in wanted]}}
    there = {d["day"] for d in await store.day_tallies.find(of_it, {"day": True}).to_list(None)}
    begun: list[Document] = []
    for day, step in wanted:
        if day not in there:
            upto = Tally.of(step["tally"]) + await _up_to(store, challenge_id, day)
            name = _name(challenge_id, day)
            place = {"_id": name, "challenge_id": challenge_id, "day": day}
            begun.append({**place, "tally": dict(upto.counts)})
    return begun


async def _up_to(store: Collections, challenge_id: ChallengeId, day: str) -> Tally:
    """What stands on the last day before that one."""
    earlier = {"challenge_id": challenge_id, "day": {"$lt": day}}
    found = await store.day_tallies.find(earlier).sort("day", -1).limit(1).to_list(1)
    return Tally.of(found[0]["tally"]) if found else Tally()


# --- carrying it out ---------------------------------------------------------------------------


async def carry_out(store: Collections, number: int, entry: Mapping[str, Any]) -> None:
    """Any number of times, even after later entries."""
    standing = {
        "pairs": store.pair_standings,
        "users": store.user_standings,
        "tests": store.test_tallies,
    }
    for name, collection in standing.items():
        places = [{**one, "through": number} for one in entry[name]]
        await _write(
            collection, [ReplaceOne(_earlier(one, number), one, upsert=True) for one in places]
        )
    await _write(store.item_tallies, [_added(one, number) for one in entry["items"]])
    begun = [{**one, "through": number} for one in entry["begun"]]
    await _write(
        store.day_tallies,
        [UpdateOne({"_id": one["_id"]}, {"$setOnInsert": one}, upsert=True) for one in begun],
    )
    await _write(store.day_tallies, [_added_to_days(step, number) for step in entry["days"]])


def _earlier(one: Document, number: int) -> Document:
    return {"_id": one["_id"], "through": {"$lt": number}}


def _added(one: Document, number: int) -> UpdateOne:
    change = _change({"through": number}, one["tally"])
    return UpdateOne(_earlier(one, number), change, upsert=True)


def _added_to_days(step: Document, number: int) -> UpdateMany:
    days = {
        "challenge_id": step["challenge_id"],
        "day": {"$gte": step["from"], "$lt": step["to"]},
        "through": {"$lt": number},
    }
    return UpdateMany(days, _change({"through": number}, step["tally"]))


def _change(values: Document, tally: Mapping[str, int]) -> Document:
    """Differences of two days may cancel each other out, and an empty $inc is refused."""
    added = {f"tally.{name}": count for name, count in tally.items()}
    return {"$set": values, "$inc": added} if added else {"$set": values}


async def _write(
    collection: Collection, writes: Sequence[ReplaceOne[Document] | UpdateOne | UpdateMany]
) -> None:
    """What has this entry or a later one is there already, and an insertion meets it."""
    if not writes:
        return
    with _met_what_is_there():
        await collection.bulk_write(writes, ordered=False)


@contextmanager
def _met_what_is_there() -> Iterator[None]:
    try:
        yield
    except BulkWriteError as error:
        problems = (error.details or {}).get("writeErrors", [])
        if not problems or any(one["code"] != _DUPLICATE for one in problems):
            raise


async def forget(store: Collections, number: int) -> None:
    """Empty every place, and leave it, so that no earlier entry makes it anew."""
    earlier = {"through": {"$lt": number}}
    nothing = {"$set": {"through": number, "tally": {}}}
    for tallies in (store.day_tallies, store.item_tallies):
        await tallies.update_many(earlier, nothing)
    for places, names in (
        (store.pair_standings, (*_PAIR, "solved")),
        (store.user_standings, _OVERALL),
        (store.test_tallies, ("challenge_id", "payload")),
    ):
        empty = {"$set": {"through": number}, "$unset": dict.fromkeys(names, "")}
        await places.update_many(earlier, empty)
