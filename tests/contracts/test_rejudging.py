"""A rejudge set from its making to its application comes out the same over every pair of stores."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from application.ports.submissions import Claim
from application.use_cases.decide_rejudge_set import Decision
from domain.rejudging import ItemState, SetState
from tests.application.test_rejudge_sets import BAD, FAILED, GOOD, Outcome, Staff
from tests.application.world import World
from tests.contracts.adapters_of import STORAGES, SUBMISSIONS
from tests.unsettled_totals import StandInTotals

PAIRS = {
    "memory": ("memory", "memory"),
    "sqlite": ("sqlite", "sqlite"),
    "mysql": ("mysql", "mysql"),
    "mysql and mongo": ("mysql", "mongo"),
}


@pytest.fixture(params=PAIRS)
async def staff(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[Staff]:
    of_storage, of_submissions = PAIRS[request.param]
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    async with (
        STORAGES[of_storage](tmp_path / "one", clock) as storage,
        SUBMISSIONS[of_submissions](tmp_path / "other", clock) as submissions,
    ):
        # A World is typed for the memory adapters that its other users look into; here nobody does.
        world = World(storage=storage, submissions=submissions, clock=clock)  # type: ignore[arg-type] # see above
        world.totals = StandInTotals(submissions)  # type: ignore[assignment] # see above
        staff = Staff(world=world)
        await staff.begin()
        yield staff


async def test_a_set_comes_out_the_same(staff: Staff) -> None:
    same = await staff.judged(GOOD, by="ada")
    changed = await staff.judged(BAD, by="bob")
    flaky = await staff.judged(BAD, by="cyd")
    failed = await staff.judged(BAD, by="dan")
    overtaken = await staff.judged(BAD, by="eve")
    outcomes = {same.id: GOOD, changed.id: GOOD, overtaken.id: GOOD, failed.id: FAILED}
    made = await staff.a_set()

    def outcome(claim: Claim) -> Outcome:
        return outcomes.get(claim.submission.id, (BAD[0], 60 + claim.number))

    await staff.rejudge(outcome)
    await staff.submissions.request_rejudge(overtaken.id, version=2)
    assert await staff.record((BAD[0], 77)) is not None
    ready = await staff.now(made)
    await staff.decide(made.id, Decision.APPLY)

    assert ready.impact is not None
    assert [(board.moved, len(board.changes)) for board in ready.impact.boards] == [(4, 4)] * 2
    assert (await staff.now(made)).state is SetState.APPLIED
    states = {one: item.state for one, item in (await staff.items(made)).items()}
    assert states == {
        same.id: ItemState.SAME,
        changed.id: ItemState.CHANGED,
        flaky.id: ItemState.FLAKY,
        failed.id: ItemState.FAILED,
        overtaken.id: ItemState.LEFT_OUT,
    }
    scores = {one: (await staff.submission(one)).score for one in states}
    assert scores == {
        same.id: 100,
        changed.id: 100,
        flaky.id: 40,
        failed.id: 40,
        overtaken.id: 77,
    }
    assert (await staff.submission(same.id)).judgement_number == 2
