"""What has to be in the database is made at the first use, by however many at once."""

import asyncio
from typing import Any

import pytest
from pymongo.errors import WriteError

from adapters.mongo import client
from adapters.mongo.client import Database, MongoConnection
from adapters.mongo.lifts import DocumentTooNew, lifted
from adapters.mongo.schema import prepare
from adapters.mongo.submissions import MongoSubmissionRepository
from application.ports.storage import StoreUnavailable
from domain.ids import SubmissionId
from tests.adapters.mongo.house import House
from tests.contracts.mongo_adapters import mongo_client
from tests.contracts.values import handed_in, idempotency_key, submission
from tests.services.mongo import mongo_url

pytestmark = pytest.mark.usefixtures("patience")


async def test_several_processes_may_start_at_once(uri: str) -> None:
    processes = [MongoSubmissionRepository(uri) for _ in range(6)]
    given = [submission(f"s{n}") for n in range(6)]
    await asyncio.gather(
        *(
            process.add(one, handed_in(), None)
            for process, one in zip(processes, given, strict=True)
        )
    )
    assert [await processes[0].get(one.id) for one in given] == given
    for process in processes:
        await process.close()


async def test_a_start_on_what_is_there_changes_nothing(uri: str, house: House) -> None:
    before = _rules(house)
    again = MongoSubmissionRepository(uri)
    await again.check()
    await again.close()
    assert _rules(house) == before


async def test_the_rules_of_an_older_program_are_brought_up_to_date(uri: str, house: House) -> None:
    rules = _rules(house)
    house.database.command({"collMod": "submissions", "validator": {"note": {"$exists": True}}})
    again = MongoSubmissionRepository(uri)
    await again.check()
    await again.close()
    assert _rules(house) == rules


async def test_the_rules_of_a_newer_program_are_left_alone(uri: str, house: House) -> None:
    newer = {"$jsonSchema": {"bsonType": "object", "properties": {"schema": {"minimum": 1_000}}}}
    house.database.command({"collMod": "submissions", "validator": newer})
    again = MongoSubmissionRepository(uri)
    await again.check()
    await again.close()
    assert _rules(house)["validator"] == newer


async def test_what_takes_long_to_make_is_made_once_and_no_limit_ends_it(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LONG_S", 0.2)
    may_end, begun = asyncio.Event(), 0

    async def slowly(database: Database) -> None:
        nonlocal begun
        begun += 1
        await may_end.wait()
        await prepare(database)

    connection = MongoConnection(uri, slowly)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await connection.check()
    may_end.set()
    monkeypatch.undo()
    await connection.check()
    await connection.close()
    assert begun == 1


@pytest.mark.parametrize(
    "damage",
    [
        {"status": "lost"},
        {"attempt": "1"},
        {"attempt": -1},
        {"submitted_at": None},
        {"score": 0.5},
        {"kind": 1},
        {"lease": {"token": "t"}},
        {"work": {"class": "other", "due_at": 0}},
        {"judgements": [{"number": 1}]},
        {"handed_in": {}},
        {"schema": 0},
    ],
)
async def test_a_malformed_document_is_refused(
    submissions: MongoSubmissionRepository, house: House, damage: dict[str, Any]
) -> None:
    await submissions.add(submission(), handed_in(), idempotency_key())
    whole = house.submission()
    del whole["key"]
    with pytest.raises(WriteError):
        house.database["submissions"].insert_one({**whole, "_id": "s2", **damage})
    house.database["submissions"].insert_one({**whole, "_id": "s2"})


async def test_no_database_in_the_address_means_assay() -> None:
    submissions = MongoSubmissionRepository(mongo_url())
    await submissions.check()
    await submissions.close()
    assert "submissions" in mongo_client()["assay"].list_collection_names()


@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://a b:c@d:e@f", "mongodb://a:b/"])
async def test_a_malformed_address_is_refused_at_the_first_use(uri: str) -> None:
    submissions = MongoSubmissionRepository(uri)
    with pytest.raises(StoreUnavailable, match="malformed"):
        await submissions.check()
    await submissions.close()


def test_an_older_document_is_lifted_step_by_step() -> None:
    """Its shape is made up: the name was an `owner`, then a `user`, and has two parts now."""
    lifts = {
        1: lambda old: {"user": old["owner"]},
        2: lambda old: {"first": old["user"].split()[0], "last": old["user"].split()[1]},
    }
    wanted = {"schema": 3, "first": "Ada", "last": "L."}
    assert lifted({"schema": 1, "owner": "Ada L."}, lifts=lifts, schema=3) == wanted
    assert lifted({"schema": 2, "user": "Ada L."}, lifts=lifts, schema=3) == wanted
    assert lifted(wanted, lifts=lifts, schema=3) == wanted


async def test_a_document_of_a_later_program_is_refused(
    submissions: MongoSubmissionRepository, house: House
) -> None:
    await submissions.add(submission(), handed_in(), None)
    house.database["submissions"].update_one({"_id": "s1"}, {"$set": {"schema": 1_000}})
    with pytest.raises(DocumentTooNew):
        await submissions.get(SubmissionId("s1"))


def _rules(house: House) -> dict[str, Any]:
    (found,) = house.database.list_collections(filter={"name": "submissions"})
    indexes = house.database["submissions"].index_information()
    return {"validator": found["options"]["validator"], "indexes": sorted(indexes)}
