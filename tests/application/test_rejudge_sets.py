"""Submissions are judged anew as a shadow: asked for, judged, compared, applied or discarded."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest

from adapters.memory.storage import MemoryStorage
from adapters.memory.submissions import MemorySubmissionRepository
from application.ports.storage import StoreUnavailable, UnitOfWork
from application.ports.submissions import Claim, Lease, ShadowChoice
from application.use_cases import advance_rejudges
from application.use_cases.advance_rejudges import AdvanceRejudges
from application.use_cases.create_rejudge_set import CreateRejudgeSet
from application.use_cases.decide_rejudge_set import DecideRejudgeSet, Decision
from application.use_cases.get_rejudge_set import GetRejudgeSet
from application.use_cases.list_rejudge_items import ListRejudgeItems
from domain.errors import Invalid, RejudgeSetNotFound, WrongSetState
from domain.ids import RejudgeSetId, SubmissionId
from domain.judgement import Judgement, Verdict
from domain.judging import judge_error
from domain.leaderboard import BoardId
from domain.rejudging import (
    ItemState,
    RejudgeItem,
    RejudgeOn,
    RejudgeSet,
    SetState,
    Wanted,
)
from domain.submission import Submission, WorkClass
from domain.user import User
from tests.application.world import World, a_test
from tests.contracts.values import SECOND, judgement

ACCEPTED, WRONG = Verdict.ACCEPTED, Verdict.WRONG_ANSWER
Outcome = tuple[Verdict, int]
GOOD, BAD, FAILED = (ACCEPTED, 100), (WRONG, 40), (Verdict.JUDGE_ERROR, 0)


@dataclass(kw_only=True)
class Staff:
    """Somebody who has submissions judged anew, and a judge who says what he is told to."""

    world: World = field(default_factory=World)

    async def begin(self) -> None:
        self.admin = await self.world.an_admin()
        self.challenge = await self.world.a_challenge(a_test())
        self.candidates: dict[str, User] = {}

    @property
    def submissions(self) -> MemorySubmissionRepository:
        return self.world.submissions

    @property
    def create(self) -> CreateRejudgeSet:
        return CreateRejudgeSet(
            storage=self.world.storage,
            submissions=self.submissions,
            clock=self.world.clock,
            ids=self.world.ids,
        )

    @property
    def advance(self) -> AdvanceRejudges:
        return AdvanceRejudges(
            storage=self.world.storage,
            submissions=self.submissions,
            totals=self.world.totals,
            queue=self.world.queue,
            clock=self.world.clock,
        )

    @property
    def decide(self) -> DecideRejudgeSet:
        return DecideRejudgeSet(
            storage=self.world.storage, submissions=self.submissions, clock=self.world.clock
        )

    async def judged(self, outcome: Outcome, *, by: str = "ada") -> Submission:
        """A submission with that outcome."""
        if by not in self.candidates:
            self.candidates[by] = await self.world.a_candidate(f"{by}@example.org")
        submission = await self.world.submitted(self.candidates[by], self.challenge, "echo")
        await self.record(outcome)
        return await self.submission(submission.id)

    async def record(self, outcome: Outcome) -> Claim | None:
        """Give what is claimed next that outcome."""
        now = self.world.clock.now()
        lease = Lease(token=self.world.ids.token(), worker="w", expires_at=now)
        claim = await self.submissions.claim_next(tuple(WorkClass), now, lease)
        if claim is not None:
            await self.submissions.record_outcome(claim, _judgement(claim, outcome))
        return claim

    async def rejudge(self, outcome: Callable[[Claim], Outcome], *, rounds: int = 9) -> None:
        """Drive all sets, judging what they ask for."""
        for _ in range(rounds):
            await self.advance()
            while await self.record_rejudge(outcome):
                pass

    async def record_rejudge(self, outcome: Callable[[Claim], Outcome]) -> bool:
        now = self.world.clock.now()
        lease = Lease(token=self.world.ids.token(), worker="w", expires_at=now)
        claim = await self.submissions.claim_next((WorkClass.REJUDGE,), now, lease)
        if claim is not None:
            await self.submissions.record_outcome(claim, _judgement(claim, outcome(claim)))
        return claim is not None

    async def submission(self, submission_id: SubmissionId) -> Submission:
        found = await self.submissions.get(submission_id)
        assert found is not None
        return found

    async def a_set(self, *, version: RejudgeOn = RejudgeOn.CURRENT, **wanted: Any) -> RejudgeSet:
        return await self.create(self.admin, wanted=Wanted(**wanted), version=version)

    async def now(self, rejudge_set: RejudgeSet) -> RejudgeSet:
        found, _ = await GetRejudgeSet(storage=self.world.storage)(rejudge_set.id)
        return found

    async def items(self, rejudge_set: RejudgeSet) -> dict[SubmissionId, RejudgeItem]:
        found = await ListRejudgeItems(storage=self.world.storage)(
            rejudge_set.id, state=None, after=None, limit=10_000
        )
        return {item.submission_id: item for item in found}


def _judgement(claim: Claim, outcome: Outcome) -> Judgement:
    verdict, score = outcome
    if verdict is Verdict.JUDGE_ERROR:
        return judge_error(
            number=claim.number,
            challenge_version=claim.version,
            fault="no sandbox",
            judged_at=judgement().judged_at,
        )
    made = judgement(claim.number, verdict=verdict, score=score)
    return replace(made, challenge_version=claim.version)


@pytest.fixture
async def staff() -> Staff:
    staff = Staff()
    await staff.begin()
    return staff


# --- what is chosen ----------------------------------------------------------------------------


async def test_a_set_holds_what_the_filter_finds_and_is_judged(staff: Staff) -> None:
    good, bad = await staff.judged(GOOD), await staff.judged(BAD, by="bob")
    await staff.world.submitted(staff.candidates["bob"], staff.challenge, "echo")
    everything = await staff.a_set()
    wrong = await staff.a_set(verdict=WRONG)
    of_ada = await staff.a_set(user_id=staff.candidates["ada"].id)
    named = await staff.a_set(ids=(good.id, bad.id), verdict=ACCEPTED)
    assert set(await staff.items(everything)) == {good.id, bad.id}
    assert set(await staff.items(wrong)) == {bad.id}
    assert set(await staff.items(of_ada)) == {good.id}
    assert set(await staff.items(named)) == {good.id}


async def test_a_set_is_narrowed_by_time(staff: Staff) -> None:
    first = await staff.judged(GOOD)
    staff.world.clock.advance(SECOND)
    second = await staff.judged(GOOD)
    later = await staff.a_set(since=first.submitted_at + SECOND)
    earlier = await staff.a_set(until=second.submitted_at)
    assert (set(await staff.items(later)), set(await staff.items(earlier))) == (
        {second.id},
        {first.id},
    )


async def test_what_finds_nothing_or_what_is_not_there_is_refused(staff: Staff) -> None:
    with pytest.raises(Invalid, match="finds no submission"):
        await staff.a_set(verdict=WRONG)
    with pytest.raises(Invalid, match="names nobody"):
        await staff.a_set(ids=(SubmissionId("nobody"),))


async def test_the_version_is_pinned_when_the_set_is_made(staff: Staff) -> None:
    submission = await staff.judged(GOOD)
    same = await staff.a_set(version=RejudgeOn.SAME)
    await staff.world.upload(staff.challenge, a_test("2"))
    current = await staff.a_set()
    assert (await staff.items(same))[submission.id].version == submission.challenge_version
    assert (await staff.items(current))[submission.id].version == 3


# --- judging -----------------------------------------------------------------------------------


async def test_outcomes_stay_until_the_set_is_applied(staff: Staff) -> None:
    good, bad = await staff.judged(GOOD), await staff.judged(BAD)
    made = await staff.a_set()
    await staff.rejudge(lambda _: GOOD)

    assert (await staff.now(made)).state is SetState.READY
    items = await staff.items(made)
    assert (items[good.id].state, items[bad.id].state) == (ItemState.SAME, ItemState.CHANGED)
    assert (await staff.submission(bad.id)).score == 40
    assert await staff.submissions.judgement(bad.id, 2) is not None

    await staff.decide(made.id, Decision.APPLY)
    assert (await staff.now(made)).state is SetState.APPLIED
    applied = await staff.submission(bad.id)
    assert (applied.verdict, applied.score, applied.judgement_number) == (
        ACCEPTED,
        Fraction(100),
        2,
    )
    old = await staff.submissions.judgement(bad.id, 1)
    assert old is not None
    assert old.verdict is WRONG


async def test_what_differs_is_judged_twice_and_what_does_not_once(staff: Staff) -> None:
    good, bad = await staff.judged(GOOD), await staff.judged(BAD)
    await staff.a_set()
    asked: Counter[SubmissionId] = Counter()

    def outcome(claim: Claim) -> Outcome:
        asked[claim.submission.id] += 1
        return GOOD

    await staff.rejudge(outcome)
    assert asked == {good.id: 1, bad.id: 2}


async def test_what_differs_twice_is_flaky_and_keeps_its_outcome(staff: Staff) -> None:
    submission = await staff.judged(BAD)
    made = await staff.a_set()
    await staff.rejudge(lambda claim: GOOD if claim.number == 2 else (WRONG, 60))
    item = (await staff.items(made))[submission.id]
    assert (item.state, item.new_score, item.second_score) == (
        ItemState.FLAKY,
        Fraction(100),
        Fraction(60),
    )
    await staff.decide(made.id, Decision.APPLY)
    assert await staff.submission(submission.id) == submission


@pytest.mark.parametrize("failing", [2, 3])
async def test_what_the_platform_fails_keeps_its_outcome(staff: Staff, failing: int) -> None:
    submission = await staff.judged(BAD)
    made = await staff.a_set()
    await staff.rejudge(lambda claim: FAILED if claim.number == failing else GOOD)
    assert (await staff.items(made))[submission.id].state is ItemState.FAILED
    await staff.decide(made.id, Decision.APPLY)
    assert await staff.submission(submission.id) == submission


async def test_what_got_a_newer_judgement_is_left_out(staff: Staff) -> None:
    before, meanwhile = await staff.judged(BAD), await staff.judged(BAD)
    made = await staff.a_set()
    await staff.submissions.request_rejudge(before.id, version=2)
    assert await staff.record((WRONG, 77)) is not None
    await staff.rejudge(lambda _: GOOD)
    await staff.submissions.request_rejudge(meanwhile.id, version=2)
    assert await staff.record((WRONG, 78)) is not None
    await staff.decide(made.id, Decision.APPLY)
    states = {item.state for item in (await staff.items(made)).values()}
    assert states == {ItemState.LEFT_OUT}
    assert [(await staff.submission(one.id)).score for one in (before, meanwhile)] == [77, 78]


async def test_a_judgement_that_takes_the_place_of_a_shadow_leaves_it_out(staff: Staff) -> None:
    submission = await staff.judged(BAD)
    made = await staff.a_set()
    await staff.advance()
    await staff.submissions.request_rejudge(submission.id, version=2)
    assert await staff.record((WRONG, 77)) is not None
    await staff.rejudge(lambda _: GOOD)
    assert (await staff.items(made))[submission.id].state is ItemState.LEFT_OUT
    assert (await staff.now(made)).state is SetState.READY


async def test_only_a_window_is_asked_for_at_once(staff: Staff) -> None:
    for _ in range(advance_rejudges.WINDOW + 6):
        await staff.judged(GOOD)
    await staff.a_set()
    await staff.a_set()
    await staff.advance()
    await staff.advance()
    state = await staff.submissions.queue_state(staff.world.clock.now())
    assert state.due[WorkClass.REJUDGE] == advance_rejudges.WINDOW


async def test_two_that_drive_at_once_ask_for_each_once(staff: Staff) -> None:
    for number in range(5):
        await staff.judged(BAD, by=f"c{number}")
    made = await staff.a_set()
    for _ in range(4):
        await asyncio.gather(*(staff.advance() for _ in range(4)))
        while await staff.record_rejudge(lambda _: GOOD):
            pass
    items = (await staff.items(made)).values()
    assert {(item.state, item.first_number, item.second_number) for item in items} == {
        (ItemState.CHANGED, 2, 3)
    }


# --- decisions ---------------------------------------------------------------------------------


async def test_a_paused_set_asks_for_nothing_until_it_is_resumed(staff: Staff) -> None:
    submission = await staff.judged(BAD)
    made = await staff.a_set()
    await staff.decide(made.id, Decision.PAUSE)
    await staff.rejudge(lambda _: GOOD)
    assert (await staff.items(made))[submission.id].state is ItemState.WAITING
    await staff.decide(made.id, Decision.RESUME)
    await staff.rejudge(lambda _: GOOD)
    assert (await staff.now(made)).state is SetState.READY


async def test_a_set_that_is_given_up_leaves_no_work(staff: Staff) -> None:
    submission = await staff.judged(BAD)
    made = await staff.a_set()
    await staff.advance()
    await staff.decide(made.id, Decision.CANCEL)
    await staff.advance()
    state = await staff.submissions.queue_state(staff.world.clock.now())
    assert state.due[WorkClass.REJUDGE] == 0
    assert await staff.submission(submission.id) == replace(submission, attempt=0)


async def test_what_is_discarded_stays_readable_and_counts_nowhere(staff: Staff) -> None:
    submission = await staff.judged(BAD)
    made = await staff.a_set()
    await staff.rejudge(lambda _: GOOD)
    await staff.decide(made.id, Decision.DISCARD)
    assert (await staff.submission(submission.id)).score == 40
    assert await staff.submissions.judgement(submission.id, 2) is not None
    with pytest.raises(WrongSetState, match="discarded"):
        await staff.decide(made.id, Decision.APPLY)


@pytest.mark.parametrize("decision", Decision)
async def test_a_decision_may_be_repeated(staff: Staff, decision: Decision) -> None:
    await staff.judged(BAD)
    made = await staff.a_set()
    if decision is Decision.RESUME:
        await staff.decide(made.id, Decision.PAUSE)
    if decision in {Decision.APPLY, Decision.DISCARD}:
        await staff.rejudge(lambda _: GOOD)
    await staff.decide(made.id, decision)
    decided = await staff.now(made)
    await staff.decide(made.id, decision)
    assert await staff.now(made) == decided


async def test_what_is_not_judged_yet_cannot_be_applied(staff: Staff) -> None:
    await staff.judged(BAD)
    made = await staff.a_set()
    with pytest.raises(WrongSetState, match="running"):
        await staff.decide(made.id, Decision.APPLY)
    with pytest.raises(RejudgeSetNotFound):
        await staff.decide(RejudgeSetId("none"), Decision.APPLY)


class _DiesWhileApplying(MemorySubmissionRepository):
    dead = True

    async def apply_judgements(self, choices: Sequence[ShadowChoice]) -> Collection[SubmissionId]:
        if self.dead:
            await super().apply_judgements(choices[:1])
            raise StoreUnavailable("the store")
        return await super().apply_judgements(choices)


async def test_an_application_that_was_broken_off_is_completed() -> None:
    submissions = _DiesWhileApplying()
    staff = Staff(world=World(submissions=submissions))
    await staff.begin()
    both = [await staff.judged(BAD), await staff.judged(BAD, by="bob")]
    made = await staff.a_set()
    await staff.rejudge(lambda _: GOOD)
    with pytest.raises(StoreUnavailable):
        await staff.decide(made.id, Decision.APPLY)
    assert (await staff.now(made)).state is SetState.APPLYING

    submissions.dead = False
    await staff.advance()
    assert (await staff.now(made)).state is SetState.APPLIED
    assert [(await staff.submission(one.id)).score for one in both] == [100, 100]


# --- boards ------------------------------------------------------------------------------------


async def test_the_moves_on_boards_are_known_before_they_are_made(staff: Staff) -> None:
    await staff.judged((WRONG, 90), by="ada")
    await staff.judged(BAD, by="bob")
    await staff.judged((WRONG, 30), by="bob")
    await staff.judged((WRONG, 50), by="cyd")
    names = {user.id: name for name, user in staff.candidates.items()}
    made = await staff.a_set(user_id=staff.candidates["bob"].id)
    await staff.rejudge(lambda _: GOOD)

    impact = (await staff.now(made)).impact
    assert impact is not None
    assert impact.complete
    assert [board.challenge_id for board in impact.boards] == [None, staff.challenge.id]
    for board in impact.boards:
        assert board.moved == 3
        assert {
            names[line.user_id]: (line.before, line.after, line.score_after)
            for line in board.changes
        } == {
            "bob": (3, 1, Fraction(100)),
            "ada": (1, 2, Fraction(90)),
            "cyd": (2, 3, Fraction(50)),
        }


async def test_a_board_loses_who_has_nothing_left(staff: Staff) -> None:
    await staff.judged(GOOD, by="ada")
    await staff.judged(BAD, by="bob")
    made = await staff.a_set(user_id=staff.candidates["ada"].id)
    await staff.rejudge(lambda _: (WRONG, 0))
    impact = (await staff.now(made)).impact
    assert impact is not None
    first = impact.boards[0].changes[0]
    assert (first.before, first.after, first.score_before, first.score_after) == (
        1,
        2,
        Fraction(100),
        Fraction(0),
    )


async def test_boards_follow_what_was_applied(staff: Staff) -> None:
    await staff.judged((WRONG, 90), by="ada")
    await staff.judged(BAD, by="bob")
    while await staff.world.totals.settle(10):
        pass
    made = await staff.a_set(user_id=staff.candidates["bob"].id)
    await staff.rejudge(lambda _: GOOD)
    before = await staff.world.totals.own(BoardId(), staff.candidates["bob"].id)
    await staff.decide(made.id, Decision.APPLY)
    while await staff.world.totals.settle(10):
        pass
    after = await staff.world.totals.own(BoardId(), staff.candidates["bob"].id)
    assert before is not None
    assert after is not None
    assert (before.rank, after.rank) == (2, 1)


class _ForgetfulStorage(MemoryStorage):
    """Dies with what is to be noted, as often as it is told to."""

    deaths = 0

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[UnitOfWork]:
        async with super().begin() as unit:
            yield unit
            if self.deaths:
                self.deaths -= 1
                raise StoreUnavailable("the database")


@pytest.mark.parametrize("deaths", [1, 2, 3])
async def test_a_driver_that_dies_before_it_notes_loses_nothing(deaths: int) -> None:
    storage = _ForgetfulStorage()
    staff = Staff(world=World(storage=storage))
    await staff.begin()
    both = [await staff.judged(BAD), await staff.judged(GOOD, by="bob")]
    made = await staff.a_set()
    storage.deaths = deaths
    for _ in range(deaths):
        with pytest.raises(StoreUnavailable):
            await staff.advance()
        while await staff.record_rejudge(lambda _: GOOD):
            pass
    await staff.rejudge(lambda _: GOOD)
    await staff.decide(made.id, Decision.APPLY)
    items = await staff.items(made)
    assert [items[one.id].state for one in both] == [ItemState.CHANGED, ItemState.SAME]
    assert [(await staff.submission(one.id)).score for one in both] == [100, 100]
