"""After any history, settled in whatever portions, totals are what a rebuild makes of it."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from adapters.memory.clock import ManualClock
from application.ports.submissions import ShadowChoice
from domain.ids import ChallengeId, RejudgeSetId, SubmissionId, UserId
from domain.judgement import Judgement, Verdict
from domain.submission import Submission, WorkClass
from tests.contracts.adapters_of import TOTALS
from tests.contracts.in_hand import TotalsInHand
from tests.contracts.machines import STEPWISE, Comparison
from tests.contracts.totals_told import Told, told
from tests.contracts.values import NOW, handed_in, judged, judgement, lease, submission

START = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
PEOPLE = (UserId("u"), UserId("U"), UserId("v"))
USERS = st.sampled_from(PEOPLE)
PLACES = (ChallengeId("c"), ChallengeId("C"))
CHALLENGES = st.sampled_from(PLACES)
LATER = st.sampled_from((0, 0, 1, 59, 61, 3_600, 90_000, 400_000)).map(
    lambda seconds: timedelta(seconds=seconds)
)
VERDICTS = st.sampled_from(
    (
        Verdict.ACCEPTED,
        Verdict.WRONG_ANSWER,
        Verdict.TIME_LIMIT_EXCEEDED,
        Verdict.COMPILE_ERROR,
        Verdict.JUDGE_ERROR,
    )
)
SCORES = st.sampled_from((Fraction(0), Fraction(40), Fraction(200, 3)))
CPU = st.none() | st.sampled_from((0, 1, 37, 5_000))
TESTS = st.lists(VERDICTS | st.just(Verdict.SKIPPED), max_size=3)

FEWER = settings(STEPWISE, max_examples=max(STEPWISE.max_examples // 3, 1))
EXAMPLES = {"mysql": FEWER, "mongo": FEWER}


@st.composite
def _outcomes(draw: st.DrawFn) -> Judgement:
    verdict = draw(VERDICTS)
    full = verdict is Verdict.ACCEPTED
    return replace(
        judgement(verdict=verdict, score=100 if full else 0),
        score=Fraction(100) if full else draw(SCORES),
        cpu_ms=draw(CPU),
        tests=tuple(judged(n, v) for n, v in enumerate(draw(TESTS), 1)),
    )


@st.composite
def _handed_in(draw: st.DrawFn) -> tuple[Submission, Judgement]:
    given = submission(
        of=draw(USERS),
        to=draw(CHALLENGES),
        at=START + draw(LATER),
        ranked=draw(st.sampled_from((True, True, True, False))),
    )
    return given, draw(_outcomes())


def _has_any(machine: "LikeMemory") -> bool:
    return machine.made > 0


class LikeMemory(Comparison[TotalsInHand]):
    """Hands in, judges, judges anew and settles at random."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0

    def entry(self, name: str, folder: Path) -> AbstractAsyncContextManager[TotalsInHand]:
        return TOTALS[name](folder, ManualClock())

    @rule(several=st.lists(_handed_in(), min_size=1, max_size=4))
    def hand_in(self, several: list[tuple[Submission, Judgement]]) -> None:
        for given, outcome in several:
            self.made += 1
            self._hand_in(replace(given, id=_id(self.made)), outcome)

    def _hand_in(self, given: Submission, outcome: Judgement) -> None:
        async def step(store: TotalsInHand) -> object:
            await store.submissions.add(given, handed_in(), None)
            return await _judge(store, outcome)

        assert isinstance(self.both(step), Submission)

    @precondition(_has_any)
    @rule(which=st.integers(0, 99), outcome=_outcomes(), version=st.sampled_from((1, 2)))
    def rejudge(self, which: int, outcome: Judgement, version: int) -> None:
        one = self._one(which)

        async def step(store: TotalsInHand) -> object:
            number = await store.submissions.request_rejudge(one, version=version)
            return await _judge(store, replace(outcome, number=number, challenge_version=version))

        self.both(step)

    @precondition(_has_any)
    @rule(which=st.integers(0, 99), outcome=_outcomes())
    def apply_a_shadow(self, which: int, outcome: Judgement) -> None:
        one, shadow = self._one(which), RejudgeSetId("r")

        async def step(store: TotalsInHand) -> object:
            found = await store.submissions.get(one)
            number = await store.submissions.request_rejudge(one, version=1, shadow_of=shadow)
            await _judge(store, replace(outcome, number=number))
            base = found.judgement_number if found else 0
            choice = ShadowChoice(submission_id=one, base=base, number=number)
            return set(await store.submissions.apply_judgements([choice]))

        self.both(step)

    @rule(limit=st.integers(1, 5))
    def settle(self, limit: int) -> None:
        """Which come first is not promised, so neither is how many are left after a rejudge."""

        async def step(store: TotalsInHand) -> None:
            await store.totals.settle(limit)

        self.both(step)

    @rule(since=st.none() | st.integers(0, 6), until=st.none() | st.integers(0, 6))
    def look(self, since: int | None, until: int | None) -> None:
        """Once all is settled, everything that can be asked has the same answer."""

        async def step(store: TotalsInHand) -> Told:
            while await store.totals.settle(3):
                continue
            return await _told(store, _day(since), _day(until))

        assert isinstance(self.both(step), Told)

    def _one(self, which: int) -> SubmissionId:
        return _id(which % self.made + 1)

    def teardown(self) -> None:
        """However it was settled, a rebuild changes nothing."""

        async def rebuilt(store: TotalsInHand) -> Told:
            await store.totals.rebuild()
            return await _told(store, None, None)

        try:
            self.look(since=None, until=None)
            assert isinstance(self.both(rebuilt), Told)
        finally:
            super().teardown()


async def _judge(store: TotalsInHand, outcome: Judgement) -> object:
    claim = await store.submissions.claim_next(tuple(WorkClass), NOW, lease())
    assert claim is not None
    return await store.submissions.record_outcome(claim, outcome)


async def _told(store: TotalsInHand, since: date | None, until: date | None) -> Told:
    return await told(store.totals, challenges=PLACES, users=PEOPLE, since=since, until=until)


def _id(number: int) -> SubmissionId:
    return SubmissionId(f"s{number}")


def _day(number: int | None) -> date | None:
    return None if number is None else START.date() + timedelta(days=number)


@pytest.mark.parametrize("adapter", [name for name in TOTALS if name != "memory"])
def test_whatever_is_settled_whenever_adds_up_to_the_same(adapter: str) -> None:
    class Against(LikeMemory):
        name = adapter

    run_state_machine_as_test(Against, settings=EXAMPLES.get(adapter, STEPWISE))
