"""What has to be in the database before it is used: collections, what they take, indexes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import CollectionInvalid, DuplicateKeyError

from adapters.mongo.client import Database, Document
from adapters.mongo.lifts import SCHEMA
from domain.judgement import Verdict
from domain.submission import SubmissionKind, SubmissionStatus, WorkClass

WORK_INDEX = "work"
STANDING_INDEX = "standing"
UNSETTLED = 1
"""What `unsettled` says of a submission while its outcome is not in the totals."""
LOG = "log"
"""The one document of settling: which entry is the last, and the entry while it is carried out."""
SETTLED_AT_LAST: Mapping[str, Any] = {
    "kind": SubmissionKind.SUBMISSION.value,
    "ranked": True,
    "challenge_id": {"$exists": True},
    "judgement_number": {"$gte": 1},
}
"""The submissions whose outcomes belong in the totals."""

_INTEGER = {"bsonType": ["int", "long"]}
_COUNT = {**_INTEGER, "minimum": 0}
_TEXT = {"bsonType": "string"}


def _words(of: type[SubmissionKind | SubmissionStatus | WorkClass | Verdict]) -> Document:
    return {"enum": [word.value for word in of]}


def _object(properties: Mapping[str, Any], *, optional: Sequence[str] = ()) -> Document:
    required = [name for name in properties if name not in optional]
    return {"bsonType": "object", "required": required, "properties": dict(properties)}


_OPTIONAL = {
    "challenge_id": _TEXT,
    "challenge_version": _INTEGER,
    "pending_number": _COUNT,
    "verdict": _words(Verdict),
    "score": _INTEGER,
    "max_score": _INTEGER,
    "cpu_ms": _COUNT,
    "memory_kib": _COUNT,
    "judged_at": _COUNT,
    "expires_at": _COUNT,
    "shadow_of": _TEXT,
    "ranked_score": _INTEGER,
    "verdicts": _TEXT,
    "settled_number": _COUNT,
    "settled_through": _COUNT,
    "unsettled": _INTEGER,
    "work": _object(
        {"class": _words(WorkClass), "due_at": _COUNT, "version": _INTEGER, "failures": _COUNT},
        optional=["version", "failures"],
    ),
    "lease": _object({"token": _TEXT, "worker": _TEXT, "expires_at": _COUNT}),
    "key": _object({"user_id": _TEXT, "route": _TEXT, "key": _TEXT, "body_hash": _TEXT}),
}
_SUBMISSION = _object(
    {
        "_id": _TEXT,
        "schema": {**_INTEGER, "minimum": SCHEMA},
        "kind": _words(SubmissionKind),
        "user_id": _TEXT,
        "language": _TEXT,
        "ranked": {"bsonType": "bool"},
        "submitted_at": _COUNT,
        "status": _words(SubmissionStatus),
        "judgement_number": _COUNT,
        "attempt": _COUNT,
        "judgements": {
            "bsonType": "array",
            "items": _object({"number": _COUNT, "id": _TEXT, "digest": _TEXT}),
        },
        "handed_in": _object(
            {
                "files": {"bsonType": "array", "items": _object({"name": _TEXT, "content": _TEXT})},
                "entry_point": _TEXT,
                "stdin": _TEXT,
            },
            optional=["entry_point", "stdin"],
        ),
        **_OPTIONAL,
    },
    optional=[*_OPTIONAL],
)
_PLACE = {"_id": _TEXT, "through": _COUNT}
"""What stands somewhere in the totals has its name, and the last entry that changed it."""
_PAIR_FIELDS = {
    **dict.fromkeys(("user_id", "challenge_id"), _TEXT),
    **dict.fromkeys(("best_score", "reached_at", "first_submitted_at", "solved_at"), _INTEGER),
    **dict.fromkeys(("attempts", "penalty_minutes", "solved"), _COUNT),
}
_OVERALL_FIELDS = {
    "user_id": _TEXT,
    **dict.fromkeys(("score", "reached_at", "first_submitted_at"), _INTEGER),
    **dict.fromkeys(("last_solved_at", "first_solved_at"), _INTEGER),
    **dict.fromkeys(("solved", "penalty_minutes"), _COUNT),
}
_PACKED = {"payload": {"bsonType": "binData"}}
_TALLY = {"tally": {"bsonType": "object", "additionalProperties": _INTEGER}}
_JUDGEMENT = _object(
    {
        "_id": _TEXT,
        "schema": {**_INTEGER, "minimum": SCHEMA},
        "submission_id": _TEXT,
        "number": _COUNT,
        "payload": {"bsonType": "binData"},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Collection:
    """A collection, what its documents look like, and how they are found."""

    name: str
    shape: Document
    indexes: Sequence[IndexModel]


def _index(
    name: str, *keys: str, where: Document | None = None, unique: bool = False
) -> IndexModel:
    """An index on keys, those with a minus descending.

    `where` compares, though `$exists` would say it shorter: that a comparison holds follows from
    each query that is to use the index.
    """
    directed = [(k.removeprefix("-"), DESCENDING if k.startswith("-") else ASCENDING) for k in keys]
    partial = {} if where is None else {"partialFilterExpression": where}
    return IndexModel(directed, name=name, unique=unique, **partial)


_COLLECTIONS = (
    _Collection(
        name="submissions",
        shape=_SUBMISSION,
        indexes=[
            _index("listed", "kind", "_id", "language"),
            _index("of_user", "user_id", "kind", "_id"),
            _index("of_challenge", "challenge_id", "kind", "_id"),
            _index("by_verdict", "verdict", "kind", "_id"),
            _index(
                "key",
                "key.user_id",
                "key.route",
                "key.key",
                where={"key.user_id": {"$gte": ""}},
                unique=True,
            ),
            _index(
                WORK_INDEX,
                "work.class",
                "_id",
                "work.due_at",
                "user_id",
                where={"work.class": {"$gt": ""}},
            ),
            _index(
                "leases", "lease.expires_at", "user_id", where={"lease.expires_at": {"$gte": 0}}
            ),
            _index("unsettled", "unsettled", "_id", where={"unsettled": {"$gte": UNSETTLED}}),
            _index("expiring", "expires_at", "kind", where={"expires_at": {"$gte": 0}}),
            _index(
                STANDING_INDEX,
                "challenge_id",
                "user_id",
                "-ranked_score",
                "submitted_at",
                "verdict",
                where={"ranked_score": {"$gte": 0}},
            ),
        ],
    ),
    _Collection(
        name="judgements",
        shape=_JUDGEMENT,
        indexes=[_index("of_submission", "submission_id", "number")],
    ),
    _Collection(
        name="settling",
        shape=_object({"_id": _TEXT, "number": _COUNT, "carried_out": {"bsonType": "bool"}}),
        indexes=[],
    ),
    _Collection(
        name="pair_standings",
        shape=_object({**_PLACE, **_PAIR_FIELDS}, optional=[*_PAIR_FIELDS]),
        indexes=[
            _index("of_user", "user_id"),
            _index("best_score", "challenge_id", "-best_score", "reached_at", "user_id"),
            _index("icpc", "challenge_id", "-solved", "penalty_minutes", "solved_at", "user_id"),
        ],
    ),
    _Collection(
        name="user_standings",
        shape=_object({**_PLACE, **_OVERALL_FIELDS}, optional=[*_OVERALL_FIELDS]),
        indexes=[
            _index("best_score", "-score", "reached_at", "user_id"),
            _index("icpc", "-solved", "penalty_minutes", "last_solved_at", "user_id"),
        ],
    ),
    _Collection(
        name="day_tallies",
        shape=_object({**_PLACE, "challenge_id": _TEXT, "day": _TEXT, **_TALLY}),
        indexes=[_index("of_challenge", "challenge_id", "day"), _index("of_day", "day")],
    ),
    _Collection(
        name="test_tallies",
        shape=_object(
            {**_PLACE, "challenge_id": _TEXT, "version": _INTEGER, "day": _TEXT, **_PACKED},
            optional=["challenge_id", "version", "day", "payload"],
        ),
        indexes=[_index("of_challenge", "challenge_id", "day")],
    ),
    _Collection(name="item_tallies", shape=_object({**_PLACE, **_TALLY}), indexes=[]),
)


async def prepare(database: Database) -> None:
    """Make what is not there yet and change what is of an older program; safe to do at once."""
    for collection in _COLLECTIONS:
        await _prepare_collection(database, collection)
        if collection.indexes:
            await database[collection.name].create_indexes(collection.indexes)
    await _begin_settling(database)


async def _begin_settling(database: Database) -> None:
    """Have all settled that an older program left, which kept no totals; safe to do at once."""
    if await database["settling"].find_one({"_id": LOG}) is not None:
        return
    await database["submissions"].update_many(
        {**SETTLED_AT_LAST, "settled_number": {"$exists": False}},
        {"$set": {"unsettled": UNSETTLED}},
    )
    with suppress(DuplicateKeyError):  # another process was faster
        await database["settling"].insert_one({"_id": LOG, "number": 0, "carried_out": True})


async def _prepare_collection(database: Database, collection: _Collection) -> None:
    rules: dict[str, Any] = {
        "validator": {"$jsonSchema": collection.shape},
        "validationLevel": "moderate",  # so that older documents can still be changed
    }
    there = await _options(database, collection.name)
    if there is None:
        try:
            await database.create_collection(collection.name, **rules)
        except CollectionInvalid:  # another process was faster
            there = await _options(database, collection.name)
    if there is not None and there.get("validator") != rules["validator"] and not _is_newer(there):
        await database.command({"collMod": collection.name, **rules})


async def _options(database: Database, name: str) -> Document | None:
    cursor = await database.list_collections(filter={"name": name})
    found = await cursor.to_list(1)
    return dict(found[0]["options"]) if found else None


def _is_newer(options: Mapping[str, Any]) -> bool:
    """Whether a later program made the rules: an older one, still running, leaves them alone."""
    shape = options.get("validator", {}).get("$jsonSchema", {})
    minimum: int = shape.get("properties", {}).get("schema", {}).get("minimum", 0)
    return minimum > SCHEMA
