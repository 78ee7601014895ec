"""Rejudge sets: every adapter of `RejudgeSetRepository` keeps this contract, within its Storage."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from application.ports.rejudge_sets import SetChange
from application.ports.storage import Storage
from domain.ids import RejudgeSetId, SubmissionId
from domain.judgement import Verdict
from domain.rejudging import (
    BoardChange,
    Impact,
    ItemCount,
    ItemState,
    RankChange,
    RejudgeItem,
    RejudgeOn,
    RejudgeSet,
    SetState,
    Wanted,
)
from tests.contracts.adapters_of import STORAGES
from tests.contracts.values import ALICE, BOB, NOW, PYTHON, SECOND, SUM

R1, R2, R3 = RejudgeSetId("r1"), RejudgeSetId("r2"), RejudgeSetId("r3")
FULL_ITEM = RejudgeItem(
    submission_id=SubmissionId("s1"),
    user_id=ALICE,
    challenge_id=SUM,
    language=PYTHON,
    ranked=True,
    submitted_at=NOW,
    version=3,
    base=2,
    old_verdict=Verdict.ACCEPTED,
    old_score=Fraction(100),
    state=ItemState.FLAKY,
    first_number=3,
    new_verdict=Verdict.WRONG_ANSWER,
    new_score=Fraction(33_333_333, 1_000_000),
    second_number=4,
    second_verdict=Verdict.ACCEPTED,
    second_score=Fraction(100),
)
IMPACT = Impact(
    computed_at=NOW,
    complete=False,
    boards=(
        BoardChange(
            challenge_id=None,
            moved=7,
            changes=(
                RankChange(
                    user_id=BOB,
                    before=None,
                    after=1,
                    score_before=Fraction(0),
                    score_after=Fraction(1, 8),
                ),
            ),
        ),
    ),
)


@pytest.fixture(params=STORAGES)
async def storage(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[Storage]:
    async with STORAGES[request.param](tmp_path, clock) as storage:
        yield storage


def a_set(set_id: RejudgeSetId = R1, *, state: SetState = SetState.RUNNING) -> RejudgeSet:
    return RejudgeSet(
        id=set_id,
        state=state,
        version=RejudgeOn.CURRENT,
        wanted=Wanted(
            ids=(SubmissionId("s1"), SubmissionId("S1")),
            challenge_id=SUM,
            user_id=ALICE,
            verdict=Verdict.ACCEPTED,
            language=PYTHON,
            since=NOW,
            until=NOW + SECOND,
        ),
        total=2,
        created_by=BOB,
        created_at=NOW,
        updated_at=NOW,
    )


def an_item(name: str, state: ItemState = ItemState.WAITING) -> RejudgeItem:
    return RejudgeItem(
        submission_id=SubmissionId(name),
        user_id=ALICE,
        challenge_id=SUM,
        language=PYTHON,
        ranked=False,
        submitted_at=NOW,
        version=None,
        base=1,
        old_verdict=Verdict.WRONG_ANSWER,
        old_score=Fraction(0),
        state=state,
    )


async def test_a_set_and_its_items_come_back_whole(storage: Storage) -> None:
    await _add(storage, a_set(), [FULL_ITEM, an_item("S1")])
    async with storage.read() as unit:
        assert await unit.rejudge_sets.get(R1) == a_set()
        items = await unit.rejudge_sets.items(R1, None, after=None, limit=9)
    assert items == [an_item("S1"), FULL_ITEM]


async def test_what_is_not_there_is_none(storage: Storage) -> None:
    async with storage.read() as unit:
        assert await unit.rejudge_sets.get(R1) is None
        assert list(await unit.rejudge_sets.items(R1, None, after=None, limit=9)) == []
        assert list(await unit.rejudge_sets.counts(R1)) == []


async def test_a_set_of_ten_thousand_is_stored(storage: Storage) -> None:
    await _add(storage, a_set(), [an_item(f"s{n:05}") for n in range(10_000)])
    async with storage.read() as unit:
        counts = await unit.rejudge_sets.counts(R1)
        items = await unit.rejudge_sets.items(R1, None, after=SubmissionId("s09998"), limit=9)
    assert [one.count for one in counts] == [10_000]
    assert items == [an_item("s09999")]


async def test_sets_are_listed_newest_first_in_pages(storage: Storage) -> None:
    for set_id in (R2, R1, R3):
        await _add(storage, a_set(set_id), [])
    async with storage.read() as unit:
        assert await unit.rejudge_sets.list(before=None, limit=2) == [a_set(R3), a_set(R2)]
        assert await unit.rejudge_sets.list(before=R2, limit=2) == [a_set(R1)]


async def test_sets_are_found_by_state_the_oldest_first(storage: Storage) -> None:
    await _add(storage, a_set(R2), [])
    await _add(storage, a_set(R1), [])
    await _add(storage, a_set(R3, state=SetState.APPLIED), [])
    async with storage.read() as unit:
        found = await unit.rejudge_sets.in_states({SetState.RUNNING, SetState.PAUSED})
    assert found == [a_set(R1), a_set(R2)]


async def test_a_state_changes_only_from_one_that_is_allowed(storage: Storage) -> None:
    await _add(storage, a_set(), [])
    later = NOW + SECOND
    ready = SetChange(allowed={SetState.RUNNING}, to=SetState.READY, at=later, impact=IMPACT)
    apply = SetChange(allowed={SetState.READY}, to=SetState.APPLYING, at=later + SECOND)
    async with storage.begin() as unit:
        assert not await unit.rejudge_sets.change(R1, apply)
        assert not await unit.rejudge_sets.change(R2, ready)
        assert await unit.rejudge_sets.change(R1, ready)
        assert not await unit.rejudge_sets.change(R1, ready)
        assert await unit.rejudge_sets.change(R1, apply)
    async with storage.read() as unit:
        assert await unit.rejudge_sets.get(R1) == replace(
            a_set(), state=SetState.APPLYING, updated_at=later + SECOND, impact=IMPACT
        )


async def test_of_many_changes_at_once_one_is_made(storage: Storage) -> None:
    await _add(storage, a_set(state=SetState.READY), [])

    async def decide(to: SetState) -> bool:
        async with storage.begin() as unit:
            change = SetChange(allowed={SetState.READY}, to=to, at=NOW)
            return await unit.rejudge_sets.change(R1, change)

    ends = [SetState.APPLYING, SetState.DISCARDED] * 4
    assert sum(await asyncio.gather(*(decide(to) for to in ends))) == 1


async def test_an_item_is_replaced_only_while_it_is_as_it_was_seen(storage: Storage) -> None:
    await _add(storage, a_set(), [an_item("s1")])
    first = replace(an_item("s1"), state=ItemState.FIRST, first_number=2)
    async with storage.begin() as unit:
        assert await unit.rejudge_sets.put(R1, first, was=ItemState.WAITING)
        assert not await unit.rejudge_sets.put(R1, FULL_ITEM, was=ItemState.WAITING)
        assert not await unit.rejudge_sets.put(R1, an_item("s2"), was=ItemState.WAITING)
        assert await unit.rejudge_sets.put(R1, first, was=ItemState.FIRST)
    async with storage.read() as unit:
        assert await unit.rejudge_sets.items(R1, None, after=None, limit=9) == [first]


async def test_items_are_narrowed_by_state_and_read_in_pages(storage: Storage) -> None:
    states = [ItemState.SAME, ItemState.FLAKY, ItemState.SAME, ItemState.CHANGED]
    items = [an_item(f"s{n}", state) for n, state in enumerate(states)]
    await _add(storage, a_set(), items)
    await _add(storage, a_set(R2), [an_item("s5", ItemState.SAME)])
    async with storage.read() as unit:
        same = await unit.rejudge_sets.items(R1, {ItemState.SAME}, after=None, limit=9)
        rest = await unit.rejudge_sets.items(
            R1, {ItemState.SAME, ItemState.CHANGED}, after=SubmissionId("s0"), limit=1
        )
    assert same == [items[0], items[2]]
    assert rest == [items[2]]


async def test_items_are_counted_by_what_became_of_them(storage: Storage) -> None:
    raised = replace(
        an_item("s1", ItemState.CHANGED),
        new_verdict=Verdict.ACCEPTED,
        new_score=Fraction(1, 1_000_000),
    )
    alike = replace(raised, submission_id=SubmissionId("s2"), new_score=Fraction(0))
    await _add(storage, a_set(), [an_item("s0"), raised, alike, FULL_ITEM_4])
    async with storage.read() as unit:
        counts = await unit.rejudge_sets.counts(R1)
    wrong, accepted = Verdict.WRONG_ANSWER, Verdict.ACCEPTED
    assert {(c.state, c.old_verdict, c.new_verdict): c for c in counts} == {
        (ItemState.WAITING, wrong, None): _count(an_item("s0"), 1),
        (ItemState.CHANGED, wrong, accepted): _count(raised, 2, raised=1),
        (ItemState.FLAKY, accepted, wrong): _count(FULL_ITEM, 1, lowered=1),
    }


FULL_ITEM_4 = replace(FULL_ITEM, submission_id=SubmissionId("s4"))


def _count(item: RejudgeItem, count: int, *, raised: int = 0, lowered: int = 0) -> ItemCount:
    return ItemCount(
        state=item.state,
        old_verdict=item.old_verdict,
        new_verdict=item.new_verdict,
        count=count,
        raised=raised,
        lowered=lowered,
    )


async def test_a_set_is_made_once(storage: Storage) -> None:
    await _add(storage, a_set(), [])
    with pytest.raises(ValueError, match=r".*"):
        await _add(storage, a_set(), [])


async def _add(storage: Storage, given: RejudgeSet, items: Sequence[RejudgeItem]) -> None:
    async with storage.begin() as unit:
        await unit.rejudge_sets.add(given, items)
