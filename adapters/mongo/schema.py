"""What has to be in the database before it is used: collections, what they take, indexes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import CollectionInvalid

from adapters.mongo.client import Database, Document
from adapters.mongo.lifts import SCHEMA
from domain.judgement import Verdict
from domain.submission import SubmissionKind, SubmissionStatus, WorkClass

WORK_INDEX = "work"
STANDING_INDEX = "standing"

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
)


async def prepare(database: Database) -> None:
    """Make what is not there yet and change what is of an older program; safe to do at once."""
    for collection in _COLLECTIONS:
        await _prepare_collection(database, collection)
        await database[collection.name].create_indexes(collection.indexes)


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
