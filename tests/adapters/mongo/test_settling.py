"""An entry of the log is carried out whole and once, whatever happens to whoever does so."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest
from pymongo import UpdateOne

from adapters.mongo import settled_totals, settling
from adapters.mongo.client import Collection, Collections, Document, MongoConnection
from adapters.mongo.schema import prepare
from adapters.mongo.submissions import MongoSubmissionRepository
from adapters.mongo.totals import MongoTotals
from domain.judgement import Verdict
from domain.submission import WorkClass
from tests.adapters.mongo.house import House
from tests.contracts.totals_told import Told, told
from tests.contracts.values import (
    ALICE,
    BOB,
    MAX,
    NOW,
    SUM,
    handed_in,
    judged,
    judgement,
    lease,
    submission,
)

pytestmark = pytest.mark.usefixtures("patience")
RIGHT = replace(judgement(), tests=(judged(1, Verdict.ACCEPTED),))
WRONG = judgement(verdict=Verdict.WRONG_ANSWER, score=0)


class _Breaking:
    """A collection to which the connection breaks, after a write or before it."""

    def __init__(self, collection: Collection, write: str, *, done: bool) -> None:
        self._collection, self._write, self._done = collection, write, done

    def __getattr__(self, name: str) -> Any:
        return self._break if name == self._write else getattr(self._collection, name)

    async def _break(self, *args: Any, **kwargs: Any) -> None:
        if self._done:
            await getattr(self._collection, self._write)(*args, **kwargs)
        raise ConnectionError


class _Listening:
    """The log, of which the entries are kept."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self.entries: list[Document] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    async def update_one(self, which: Document, change: Document) -> Any:
        if "entry" in change["$set"]:
            self.entries.append(change["$set"]["entry"])
        return await self._collection.update_one(which, change)


class _Meanwhile:
    """A collection in which something else happens just before the first batch of writes."""

    def __init__(self, collection: Collection, happens: Callable[[], Awaitable[None]]) -> None:
        self._collection, self._happens = collection, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    async def bulk_write(self, writes: Sequence[UpdateOne]) -> Any:
        await self._happens()
        return await self._collection.bulk_write(writes)


@pytest.fixture
async def totals(uri: str) -> AsyncIterator[MongoTotals]:
    totals = MongoTotals(uri)
    yield totals
    await totals.close()


@pytest.fixture
async def connection(uri: str) -> AsyncIterator[MongoConnection]:
    connection = MongoConnection(uri, prepare)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    ("collection", "write"),
    [
        ("settling", "update_one"),
        ("pair_standings", "bulk_write"),
        ("user_standings", "bulk_write"),
        ("test_tallies", "bulk_write"),
        ("item_tallies", "bulk_write"),
        ("day_tallies", "bulk_write"),
        ("submissions", "bulk_write"),
    ],
)
@pytest.mark.parametrize("done", [False, True])
async def test_what_breaks_off_amid_an_entry_counts_once(
    submissions: MongoSubmissionRepository,
    totals: MongoTotals,
    connection: MongoConnection,
    *,
    collection: str,
    write: str,
    done: bool,
) -> None:
    await _judged_two(submissions)

    def breaking(store: Collections) -> Collections:
        broken = _Breaking(getattr(store, collection), write, done=done)
        return replace(store, **{collection: cast("Collection", broken)})

    with pytest.raises(ConnectionError):
        await _settle(connection, breaking)
    await _hand_in(submissions, "c")
    while await totals.settle(10):
        continue
    found = await _told(totals)
    await totals.rebuild()

    assert found.figures[None]["submissions"] == 3
    assert found == await _told(totals)


async def test_an_entry_that_is_carried_out_late_changes_nothing(
    submissions: MongoSubmissionRepository, totals: MongoTotals, connection: MongoConnection
) -> None:
    await _judged_two(submissions)
    heard: list[_Listening] = []

    def listening(store: Collections) -> Collections:
        heard.append(_Listening(store.settling))
        return replace(store, settling=cast("Collection", heard[0]))

    await _settle(connection, listening)
    (entry,) = heard[0].entries
    late = partial(settled_totals.carry_out, number=1, entry=entry)
    await _hand_in(submissions, "c")
    await totals.settle(10)

    before = await _told(totals)
    await connection.patiently(late)
    assert await _told(totals) == before
    await totals.rebuild()
    await connection.patiently(late)
    assert await _told(totals) == before


async def test_what_is_judged_anew_amid_an_entry_takes_the_place_of_what_it_counted(
    submissions: MongoSubmissionRepository, totals: MongoTotals, connection: MongoConnection
) -> None:
    await _hand_in(submissions, "a")

    async def judge_anew() -> None:
        number = await submissions.request_rejudge(submission("a").id, version=1)
        claim = await submissions.claim_next(tuple(WorkClass), NOW, lease())
        assert claim is not None
        await submissions.record_outcome(claim, replace(WRONG, number=number))

    def rejudging(store: Collections) -> Collections:
        busy = _Meanwhile(store.submissions, judge_anew)
        return replace(store, submissions=cast("Collection", busy))

    await _settle(connection, rejudging)
    assert await totals.settle(10) == 1

    tally = (await _told(totals)).figures[SUM]
    assert tally.histogram("verdicts") == {"wrong_answer": 1}
    assert (tally["submissions"], tally["solved_by"]) == (1, 0)


async def test_what_an_older_program_judged_is_settled(
    submissions: MongoSubmissionRepository, house: House, uri: str
) -> None:
    await _judged_two(submissions)
    house.database["submissions"].update_many({}, {"$unset": {"unsettled": ""}})
    house.database.drop_collection("settling")

    totals = MongoTotals(uri)
    settled = await totals.settle(10)
    await totals.close()

    assert settled == 2


async def _judged_two(submissions: MongoSubmissionRepository) -> None:
    await _hand_in(submissions, "a")
    await submissions.add(submission("b", of=BOB, to=MAX), handed_in(), None)
    claim = await submissions.claim_next(tuple(WorkClass), NOW, lease())
    assert claim is not None
    await submissions.record_outcome(claim, WRONG)


async def _hand_in(submissions: MongoSubmissionRepository, name: str) -> None:
    await submissions.add(submission(name), handed_in(), None)
    claim = await submissions.claim_next(tuple(WorkClass), NOW, lease())
    assert claim is not None
    await submissions.record_outcome(claim, RIGHT)


async def _settle(
    connection: MongoConnection, changed: Callable[[Collections], Collections]
) -> None:
    async def settle(store: Collections) -> int:
        return await settling.settle(changed(store), limit=10)

    await connection.patiently(settle)


async def _told(totals: MongoTotals) -> Told:
    return await told(totals, challenges=(SUM, MAX), users=(ALICE, BOB), since=None, until=None)
