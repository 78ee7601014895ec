"""What standings and statistics promise, whatever store keeps them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from application.ports.totals import BoardPage, TestFailures, TotalsRepository
from domain.ids import ChallengeId, UserId
from domain.judgement import Judgement, Verdict
from domain.judging import judge_error
from domain.leaderboard import BoardId, RuleSet, Standing
from domain.submission import Submission, WorkClass
from domain.tally import Tally
from tests.contracts.adapters_of import TOTALS
from tests.contracts.in_hand import TotalsInHand
from tests.contracts.values import (
    ALICE,
    BOB,
    CAROL,
    CPP,
    MAX,
    MICROSECOND,
    NOW,
    SECOND,
    SUM,
    handed_in,
    judged,
    judgement,
    lease,
    run,
    submission,
)

RIGHT = judgement()
WRONG = judgement(verdict=Verdict.WRONG_ANSWER, score=0)
UNCOMPILED = judgement(verdict=Verdict.COMPILE_ERROR, score=0)
FAULT = judge_error(number=1, challenge_version=1, fault="no sandbox", judged_at=NOW)
DAY = date(2026, 3, 1)
NEXT_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
BEST, ICPC = BoardId(), BoardId(rules=RuleSet.ICPC)
MANY = 100


@pytest.fixture(params=TOTALS)
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[TotalsInHand]:
    async with TOTALS[request.param](tmp_path, clock) as store:
        yield store


# --- settling ----------------------------------------------------------------------------------


async def test_there_is_nothing_to_settle_at_first(store: TotalsInHand) -> None:
    assert await store.totals.settle(MANY) == 0
    assert await _board(store.totals, BEST) == []
    assert await _everything(store.totals) == {}


async def test_an_outcome_counts_once_it_is_settled_and_once_only(store: TotalsInHand) -> None:
    await _hand_in(store, submission(), RIGHT)

    assert await store.totals.settle(MANY) == 1
    assert await store.totals.settle(MANY) == 0

    assert (await _everything(store.totals))[SUM]["submissions"] == 1
    assert [line.user_id for line in await _board(store.totals, BEST)] == [ALICE]


async def test_settling_takes_as_many_as_it_is_told(store: TotalsInHand) -> None:
    for name in ("a", "b", "c"):
        await _hand_in(store, submission(name), RIGHT)

    assert [await store.totals.settle(2) for _ in range(3)] == [2, 1, 0]

    assert (await _everything(store.totals))[None]["submissions"] == 3


async def test_settlers_at_once_count_each_outcome_once(store: TotalsInHand) -> None:
    for number in range(12):
        await _hand_in(store, submission(f"s{number}", of=(ALICE, BOB)[number % 2]), RIGHT)

    counts = await asyncio.gather(*(store.totals.settle(3) for _ in range(8)))
    while await store.totals.settle(3):
        continue

    assert sum(counts) <= 12
    assert (await _everything(store.totals))[SUM]["submissions"] == 12
    before = await _all_of(store.totals)
    await store.totals.rebuild()
    assert await _all_of(store.totals) == before


async def test_unranked_ones_runs_and_what_is_not_done_are_not_settled(
    store: TotalsInHand,
) -> None:
    await _hand_in(store, submission("a", ranked=False), RIGHT)
    await _hand_in(store, run("b"), RIGHT)
    await store.submissions.add(submission("c"), handed_in(), None)

    assert await store.totals.settle(MANY) == 0
    assert await _everything(store.totals) == {}


async def test_an_applied_rejudge_takes_the_place_of_what_counted(store: TotalsInHand) -> None:
    await _hand_in(store, submission(), _with_tests(RIGHT, Verdict.ACCEPTED))
    await store.totals.settle(MANY)

    await _rejudge(store, submission(), _with_tests(WRONG, Verdict.WRONG_ANSWER))
    assert await store.totals.settle(MANY) == 1

    tally = (await _everything(store.totals))[SUM]
    assert (tally["submissions"], tally["solved_by"]) == (1, 0)
    assert tally.histogram("verdicts") == {"wrong_answer": 1}
    assert tally.histogram("attempts") == {}
    assert await _board(store.totals, BEST) == [_line(1, ALICE, 0)]
    assert await _tests(store.totals, SUM) == [
        TestFailures(version=2, ordinal=1, runs=1, failures=1)
    ]


async def test_two_outcomes_before_a_settlement_count_as_the_later(store: TotalsInHand) -> None:
    await _hand_in(store, submission(), WRONG)
    await _rejudge(store, submission(), RIGHT)
    await store.totals.settle(MANY)

    assert (await _everything(store.totals))[SUM].histogram("verdicts") == {"accepted": 1}


async def test_a_rejudge_that_the_platform_failed_leaves_what_counts(store: TotalsInHand) -> None:
    await _hand_in(store, submission(), RIGHT)
    await store.totals.settle(MANY)
    before = await _everything(store.totals)

    await _rejudge(store, submission(), FAULT)

    assert await store.totals.settle(MANY) == 0
    assert await _everything(store.totals) == before


async def test_a_judge_error_is_counted_as_that_alone_until_it_is_rejudged(
    store: TotalsInHand,
) -> None:
    await _hand_in(store, submission(), FAULT)
    assert await store.totals.settle(MANY) == 1
    assert await _everything(store.totals) == {
        SUM: Tally({"judge_errors": 1}),
        None: Tally({"judge_errors": 1}),
    }
    assert await _board(store.totals, BEST) == []

    await _rejudge(store, submission(), RIGHT)
    await store.totals.settle(MANY)

    assert (await _everything(store.totals))[SUM]["judge_errors"] == 0
    assert await _board(store.totals, BEST) == [_line(1, ALICE, 100, solved=1)]


async def test_a_rebuild_changes_nothing_and_settles_all(store: TotalsInHand) -> None:
    await _some_history(store)
    await store.totals.settle(MANY)
    before = await _all_of(store.totals)
    await _hand_in(store, submission("z", of=CAROL), RIGHT)
    await store.totals.settle(MANY)
    after = await _all_of(store.totals)

    await store.totals.rebuild()

    assert await _all_of(store.totals) == after != before
    assert await store.totals.settle(MANY) == 0


async def test_a_rebuild_settles_what_was_left(store: TotalsInHand) -> None:
    await _some_history(store)

    await store.totals.rebuild()

    assert await store.totals.settle(MANY) == 0
    assert (await _everything(store.totals))[None]["submissions"] == 5


# --- boards ------------------------------------------------------------------------------------


async def test_best_scores_are_summed_and_equal_ones_told_apart_by_the_moment(
    store: TotalsInHand,
) -> None:
    await _hand_in(store, submission("a", at=NOW), judgement(score=40))
    await _hand_in(store, submission("b", at=NOW + SECOND), judgement(score=60))
    await _hand_in(store, submission("c", at=NOW + 2 * SECOND), judgement(score=60))
    await _hand_in(store, submission("d", of=BOB, to=MAX, at=NOW), judgement(score=60))
    await _hand_in(store, submission("e", of=CAROL, to=MAX, at=NOW), judgement(score=30))
    await _hand_in(store, submission("f", of=CAROL, at=NOW), judgement(score=31))
    await store.totals.settle(MANY)

    assert await _board(store.totals, BEST) == [
        _line(1, CAROL, 61, solved=2),
        _line(2, BOB, 60, solved=1),
        _line(3, ALICE, 60, solved=1, at=NOW + SECOND, solved_at=NOW),
    ]
    assert await _board(store.totals, replace(BEST, challenge_id=SUM)) == [
        _line(1, ALICE, 60, solved=1, at=NOW + SECOND, solved_at=NOW),
        _line(2, CAROL, 31, solved=1),
    ]


async def test_icpc_ranks_by_solved_then_penalty_then_the_last_solution(
    store: TotalsInHand,
) -> None:
    await _hand_in(store, submission("a", at=NOW), WRONG)
    await _hand_in(store, submission("b", at=NOW + 90 * SECOND), UNCOMPILED)
    await _hand_in(store, submission("c", at=NOW + 150 * SECOND), RIGHT)
    await _hand_in(store, submission("d", at=NOW + 160 * SECOND), WRONG)
    await _hand_in(store, submission("e", of=BOB, at=NOW), UNCOMPILED)
    await _hand_in(store, submission("f", of=BOB, at=NOW + 22 * MINUTE), RIGHT)
    await _hand_in(store, submission("g", of=CAROL), judgement(score=99, verdict=WRONG.verdict))
    await store.totals.settle(MANY)

    alice = _line(
        1, ALICE, 100, solved=1, penalty=22, at=NOW + 150 * SECOND, solved_at=NOW + 150 * SECOND
    )
    bob_at = NOW + 22 * MINUTE
    bob = _line(2, BOB, 100, solved=1, penalty=22, at=bob_at, solved_at=bob_at)
    expected = [alice, bob, _line(3, CAROL, 99)]
    assert await _board(store.totals, ICPC) == expected
    assert await _board(store.totals, replace(ICPC, challenge_id=SUM)) == expected


@pytest.mark.parametrize("rules", RuleSet)
async def test_equal_merit_shares_a_rank_on_every_page(store: TotalsInHand, rules: RuleSet) -> None:
    users = [UserId(f"u{n}") for n in range(5)]
    for user, at in zip(users, (0, 1, 1, 1, 2), strict=True):
        await _hand_in(store, submission(user, of=user, at=NOW + at * SECOND), RIGHT)
    await store.totals.settle(MANY)
    board = BoardId(rules=rules)

    pages = [await store.totals.board(board, after=n, limit=2) for n in (0, 2, 4, 5)]

    assert [[(line.rank, line.user_id) for line in page.lines] for page in pages] == [
        [(1, "u0"), (2, "u1")],
        [(2, "u2"), (2, "u3")],
        [(5, "u4")],
        [],
    ]
    assert {page.total for page in pages} == {5}
    own = [await store.totals.own(board, user) for user in users]
    assert own == [line for page in pages for line in page.lines]


async def test_who_is_not_on_a_board_has_no_line(store: TotalsInHand) -> None:
    await _hand_in(store, submission(), RIGHT)
    await _hand_in(store, submission("b", of=BOB, ranked=False), RIGHT)
    await store.totals.settle(MANY)

    for user in (BOB, UserId("Alice"), UserId("alice ")):
        assert await store.totals.own(BEST, user) is None
    assert await store.totals.own(replace(BEST, challenge_id=MAX), ALICE) is None
    nowhere = await store.totals.board(replace(BEST, challenge_id=MAX), after=0, limit=5)
    assert nowhere == BoardPage(lines=[], total=0)


async def test_scores_and_moments_are_exact_on_a_board(store: TotalsInHand) -> None:
    exact, large = Fraction(100, 3), Fraction(10**10)
    await _hand_in(store, submission("a", at=NOW + MICROSECOND), judgement(score=exact))
    await _hand_in(store, submission("b", to=MAX), judgement(score=large))
    await store.totals.settle(MANY)

    (line,) = await _board(store.totals, BEST)

    assert line.score == Fraction(33_333_333, 10**6) + large
    assert line.reached_at == NOW + MICROSECOND


# --- figures -----------------------------------------------------------------------------------


async def test_figures_count_what_was_handed_in(store: TotalsInHand) -> None:
    await _some_history(store)
    await store.totals.settle(MANY)

    found = await _everything(store.totals)

    assert found[MAX] == Tally(
        {
            "submissions": 1,
            "score": 100_000_000,
            "verdicts:accepted": 1,
            "languages:python3": 1,
            "shares:10": 1,
            "cpu_ms:0": 1,
            "candidates": 1,
            "solved_by": 1,
            "attempts:1": 1,
            "seconds_to_solve:0": 1,
        }
    )
    assert found[None] == Tally(
        {
            "submissions": 5,
            "score": 240_000_000,
            "verdicts:accepted": 2,
            "verdicts:wrong_answer": 3,
            "languages:python3": 4,
            "languages:cpp": 1,
            "shares:10": 2,
            "shares:4": 1,
            "shares:0": 2,
            "cpu_ms:0": 5,
            "candidates": 2,
            "solved_by": 1,
            "attempts:1": 1,
            "attempts:2": 1,
            "seconds_to_solve:0": 1,
            "seconds_to_solve:85338": 1,
            "judge_errors": 1,
        }
    )
    assert found.keys() == {SUM, MAX, None}


@pytest.mark.parametrize(
    ("since", "until", "submissions", "candidates", "solved_by"),
    [
        (None, None, 4, 2, 1),
        (DAY, None, 4, 2, 1),
        (None, DAY, 2, 2, 0),
        (DAY, DAY, 2, 2, 0),
        (DAY + NEXT_DAY, None, 2, 0, 1),
        (DAY + 2 * NEXT_DAY, None, 0, 0, 0),
        (DAY + NEXT_DAY, DAY, 0, 0, 0),
    ],
)
async def test_a_range_of_days_counts_who_came_first_or_solved_in_it(
    store: TotalsInHand,
    since: date | None,
    until: date | None,
    submissions: int,
    candidates: int,
    solved_by: int,
) -> None:
    await _some_history(store)
    await store.totals.settle(MANY)

    found = (await store.totals.figures(SUM, since=since, until=until)).get(SUM, Tally())

    assert found["submissions"] == submissions
    assert (found["candidates"], found["solved_by"]) == (candidates, solved_by)
    assert sum(found.histogram("attempts").values()) == solved_by


async def test_days_are_those_of_utc_by_themselves(store: TotalsInHand) -> None:
    tokyo = timezone(timedelta(hours=9))
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    moments = {
        "a": (midnight - MICROSECOND).astimezone(tokyo),
        "b": midnight.astimezone(tokyo),
        "c": midnight + NEXT_DAY - MICROSECOND,
        "e": midnight + 4 * NEXT_DAY,
    }
    for name, at in moments.items():
        await _hand_in(store, submission(name, at=at), _with_tests(WRONG, Verdict.WRONG_ANSWER))
    await store.totals.settle(MANY)

    days = await store.totals.per_day(SUM, since=None, until=None)
    some = await store.totals.per_day(None, since=DAY, until=DAY + NEXT_DAY)
    tests = await store.totals.tests(SUM, since=DAY, until=DAY)

    assert [(day, tally["submissions"]) for day, tally in days] == [
        (DAY - NEXT_DAY, 1),
        (DAY, 2),
        (DAY + 4 * NEXT_DAY, 1),
    ]
    assert [(day, tally["submissions"], tally["candidates"]) for day, tally in some] == [
        (DAY, 2, 0)
    ]
    assert tests == [TestFailures(version=1, ordinal=1, runs=2, failures=2)]


async def test_days_settled_out_of_order_count_where_they_belong(store: TotalsInHand) -> None:
    for days in (5, 1, 3, 0):
        at = NOW + days * NEXT_DAY
        await _hand_in(store, submission(f"s{days}", at=at), WRONG)
        await store.totals.settle(MANY)

    found = await store.totals.per_day(SUM, since=None, until=None)

    assert [(day - DAY, tally["submissions"]) for day, tally in found] == [
        (n * NEXT_DAY, 1) for n in (0, 1, 3, 5)
    ]
    assert found[0][1]["candidates"] == 1
    assert sum(tally["candidates"] for _, tally in found) == 1


async def test_items_tell_how_those_who_solved_it_did_elsewhere(store: TotalsInHand) -> None:
    await _hand_in(store, submission("a"), RIGHT)
    await _hand_in(store, submission("b", to=MAX), RIGHT)
    await _hand_in(store, submission("c", of=BOB), WRONG)
    await store.totals.settle(MANY)

    assert await store.totals.items(None) == {
        SUM: Tally({"tried": 2, "solved": 1, "rest": 1, "rest_squared": 1, "rest_of_solvers": 1}),
        MAX: Tally({"tried": 1, "solved": 1, "rest": 1, "rest_squared": 1, "rest_of_solvers": 1}),
    }
    assert (await store.totals.items(MAX)).keys() == {MAX}


async def test_tests_are_counted_by_version_and_ordinal(store: TotalsInHand) -> None:
    right, wrong, slow = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.TIME_LIMIT_EXCEEDED
    skipped, fault = Verdict.SKIPPED, Verdict.JUDGE_ERROR
    for name, verdicts in {
        "a": (right, wrong, skipped),
        "b": (slow, right, skipped),
        "c": (right, fault, skipped),
    }.items():
        await _hand_in(store, submission(name), _with_tests(RIGHT, *verdicts))
    on_2 = replace(_with_tests(WRONG, wrong), challenge_version=2)
    await _hand_in(store, submission("d"), on_2)
    await _hand_in(store, submission("e", ranked=False), _with_tests(WRONG, wrong))
    await _hand_in(store, submission("f", to=MAX), _with_tests(WRONG, wrong))
    await store.totals.settle(MANY)

    assert await _tests(store.totals, SUM) == [
        TestFailures(version=1, ordinal=1, runs=3, failures=1),
        TestFailures(version=1, ordinal=2, runs=2, failures=1),
        TestFailures(version=2, ordinal=1, runs=1, failures=1),
    ]


async def test_ten_thousand_tests_are_counted(store: TotalsInHand) -> None:
    verdicts = [Verdict.ACCEPTED, Verdict.WRONG_ANSWER] * 5_000
    await _hand_in(store, submission(), _with_tests(WRONG, *verdicts))
    await store.totals.settle(MANY)

    found = await _tests(store.totals, SUM)

    assert [(line.ordinal, line.failures) for line in found[-2:]] == [(9_999, 0), (10_000, 1)]
    assert len(found) == 10_000


async def test_closing_totals_twice_is_harmless(store: TotalsInHand) -> None:
    await store.totals.check()
    await store.totals.close()
    await store.totals.close()


# --- steps -------------------------------------------------------------------------------------


async def _some_history(store: TotalsInHand) -> None:
    """Of two users on two challenges and two days."""
    later = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    await _hand_in(store, submission("a", at=NOW), WRONG)
    await _hand_in(store, submission("b", at=NOW, to=MAX), RIGHT)
    await _hand_in(store, submission("c", at=later), RIGHT)
    await _hand_in(store, submission("d", at=NOW, language=CPP), FAULT)
    await _hand_in(store, submission("e", at=NOW + SECOND, of=BOB, language=CPP), WRONG)
    await _hand_in(store, submission("f", at=later, of=BOB), replace(WRONG, score=Fraction(40)))


async def _hand_in(store: TotalsInHand, given: Submission, outcome: Judgement) -> Submission:
    await store.submissions.add(given, handed_in(), None)
    return await _judge(store, outcome)


async def _rejudge(store: TotalsInHand, given: Submission, outcome: Judgement) -> Submission:
    number = await store.submissions.request_rejudge(given.id, version=2)
    return await _judge(store, replace(outcome, number=number, challenge_version=2))


async def _judge(store: TotalsInHand, outcome: Judgement) -> Submission:
    claim = await store.submissions.claim_next(tuple(WorkClass), NOW, lease())
    assert claim is not None
    return await store.submissions.record_outcome(claim, outcome)


def _with_tests(outcome: Judgement, *verdicts: Verdict) -> Judgement:
    return replace(outcome, tests=tuple(judged(n, v) for n, v in enumerate(verdicts, 1)))


async def _board(totals: TotalsRepository, board: BoardId) -> list[Standing]:
    return list((await totals.board(board, after=0, limit=MANY)).lines)


async def _everything(totals: TotalsRepository) -> dict[ChallengeId | None, Tally]:
    return dict(await totals.figures(None, since=None, until=None))


async def _tests(totals: TotalsRepository, challenge_id: ChallengeId) -> list[TestFailures]:
    return list(await totals.tests(challenge_id, since=None, until=None))


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All that totals tell."""

    boards: list[list[Standing]]
    figures: dict[ChallengeId | None, Tally]
    items: dict[ChallengeId, Tally]
    days: list[tuple[date, Tally]]
    tests: list[TestFailures]


async def _all_of(totals: TotalsRepository) -> Snapshot:
    places = (None, SUM, MAX)
    return Snapshot(
        boards=[
            await _board(totals, BoardId(rules=rules, challenge_id=place))
            for rules in RuleSet
            for place in places
        ],
        figures=await _everything(totals),
        items=dict(await totals.items(None)),
        days=[
            day for place in places for day in await totals.per_day(place, since=None, until=None)
        ],
        tests=[line for place in (SUM, MAX) for line in await _tests(totals, place)],
    )


def _line(  # noqa: PLR0913 - a builder: every argument is one field
    rank: int,
    user_id: UserId,
    score: int,
    *,
    solved: int = 0,
    penalty: int = 0,
    at: datetime = NOW,
    solved_at: datetime | None = None,
) -> Standing:
    return Standing(
        rank=rank,
        user_id=user_id,
        score=Fraction(score),
        solved=solved,
        penalty_minutes=penalty,
        reached_at=at,
        last_solved_at=solved_at or (at if solved else None),
    )
