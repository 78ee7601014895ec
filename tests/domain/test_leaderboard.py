from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import JudgedFact
from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.judgement import Verdict
from domain.leaderboard import RuleSet, merit, standings, whole_board
from domain.pairs import Overall, Pair, overall_of, pair_of

START = datetime(2026, 1, 1, tzinfo=UTC)
RIGHT, WRONG = Verdict.ACCEPTED, Verdict.WRONG_ANSWER
BEST, ICPC = RuleSet.BEST_SCORE, RuleSet.ICPC


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def fact(
    name: str = "s",
    *,
    of: str = "u",
    on: str = "c",
    score: Fraction | int = 0,
    verdict: Verdict = WRONG,
    after_s: float = 0,
) -> JudgedFact:
    return JudgedFact(
        submission_id=SubmissionId(name),
        user_id=UserId(of),
        challenge_id=ChallengeId(on),
        language=LanguageId("python3"),
        submitted_at=at(after_s),
        verdict=verdict,
        score=Fraction(score),
        max_score=Fraction(100),
        cpu_ms=1,
    )


def pair(*facts: JudgedFact) -> Pair:
    made = pair_of(facts)
    assert made is not None
    return made


def overall(*facts: JudgedFact) -> Overall:
    by_challenge = {
        f.challenge_id: [g for g in facts if g.challenge_id == f.challenge_id] for f in facts
    }
    made = overall_of(pair(*own) for own in by_challenge.values())
    assert made is not None
    return made


histories = st.lists(
    st.builds(
        fact,
        name=st.integers(0, 99).map(str),
        score=st.sampled_from([0, Fraction(1, 2), 50, 100]),
        verdict=st.sampled_from([RIGHT, WRONG, Verdict.COMPILE_ERROR, Verdict.JUDGE_ERROR]),
        after_s=st.integers(0, 400),
    ),
    max_size=8,
    unique_by=lambda one: one.submission_id,
)
moments = st.none() | st.integers(0, 3).map(at)
overalls = st.lists(
    st.builds(
        Overall,
        user_id=st.integers(0, 20).map(lambda n: UserId(f"u{n}")),
        score=st.sampled_from([Fraction(0), Fraction(1, 1_000_000), Fraction(1)]),
        reached_at=st.integers(0, 2).map(at),
        solved=st.integers(0, 2),
        penalty_minutes=st.integers(0, 2),
        last_solved_at=moments,
        first_submitted_at=st.just(START),
        first_solved_at=moments,
    ),
    max_size=9,
    unique_by=lambda one: one.user_id,
)


# --- one user on one challenge -----------------------------------------------------------------


@given(histories, st.randoms())
def test_a_pair_does_not_depend_on_the_order_in_which_outcomes_come(
    facts: list[JudgedFact], random: Random
) -> None:
    shuffled = facts.copy()
    random.shuffle(shuffled)

    assert pair_of(shuffled) == pair_of(facts)


@given(histories)
def test_a_pair_has_the_best_score_and_the_first_moment_it_was_handed_in(
    facts: list[JudgedFact],
) -> None:
    counting = [one for one in facts if one.verdict is not Verdict.JUDGE_ERROR]
    made = pair_of(facts)

    best = max((one.score for one in counting), default=None)
    first = min((one.submitted_at for one in counting if one.score == best), default=None)
    assert (made and made.best_score, made and made.reached_at) == (best, first)


@given(histories)
def test_only_what_came_before_the_first_solution_matters_to_effort(
    facts: list[JudgedFact],
) -> None:
    made = pair_of(facts)
    solved = min((f.order for f in facts if f.verdict is RIGHT), default=None)
    until = [f for f in facts if solved is None or f.order <= solved]

    again = pair_of(until)

    assert (made is None) == (again is None)
    if made is not None and again is not None:
        assert (made.attempts, made.penalty_minutes) == (again.attempts, again.penalty_minutes)
        assert made.seconds_to_solve == again.seconds_to_solve


def test_judge_errors_say_nothing_of_anyone() -> None:
    assert pair_of([fact(verdict=Verdict.JUDGE_ERROR)]) is None
    assert pair_of([]) is None
    assert overall_of([]) is None


def test_the_penalty_is_whole_minutes_and_twenty_for_each_rejected_one_before() -> None:
    made = pair(
        fact("a", after_s=30),
        fact("b", after_s=40, verdict=Verdict.COMPILE_ERROR),
        fact("c", after_s=50, verdict=Verdict.JUDGE_ERROR),
        fact("d", after_s=60, verdict=Verdict.TIME_LIMIT_EXCEEDED),
        fact("e", after_s=30 + 179, verdict=RIGHT, score=100),
        fact("f", after_s=300),
    )

    assert (made.penalty_minutes, made.attempts, made.seconds_to_solve) == (42, 4, 179)


def test_what_is_not_solved_has_no_penalty_and_no_effort() -> None:
    made = pair(fact("a", score=99), fact("b", after_s=90))

    assert (made.penalty_minutes, made.attempts, made.seconds_to_solve) == (0, 0, None)
    assert made.solved_at is None


def test_of_submissions_at_one_moment_the_lower_id_came_first() -> None:
    made = pair(fact("b", verdict=RIGHT), fact("a"))

    assert made.attempts == 2


# --- one user on all ---------------------------------------------------------------------------


def test_a_total_is_reached_with_the_last_score_that_adds_to_it() -> None:
    made = overall(
        fact("a", on="1", score=3, after_s=4, verdict=RIGHT),
        fact("b", on="2", score=2, after_s=1),
        fact("c", on="3", score=0, after_s=9),
    )

    assert (made.score, made.reached_at, made.solved) == (Fraction(5), at(4), 1)


def test_who_has_no_points_stands_by_the_first_try() -> None:
    assert overall(fact("a", on="1", after_s=7), fact("b", on="2", after_s=3)).reached_at == at(3)


def test_penalties_add_up_and_the_last_solution_counts() -> None:
    made = overall(
        fact("a", on="1"),
        fact("b", on="1", after_s=60, verdict=RIGHT),
        fact("c", on="2", after_s=90, verdict=RIGHT),
        fact("d", on="2", after_s=95, verdict=RIGHT),
        fact("e", on="3", after_s=99),
    )

    assert (made.solved, made.penalty_minutes) == (2, 21)
    assert (made.first_solved_at, made.last_solved_at) == (at(60), at(90))
    assert made.first_submitted_at == at(0)


# --- boards ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", RuleSet)
@given(users=overalls, random=st.randoms())
def test_a_board_does_not_depend_on_the_order_of_users(
    rules: RuleSet, users: list[Overall], random: Random
) -> None:
    shuffled = users.copy()
    random.shuffle(shuffled)

    assert whole_board(rules, shuffled) == whole_board(rules, users)


@pytest.mark.parametrize("rules", RuleSet)
@given(users=overalls)
def test_a_rank_is_one_more_than_the_number_of_those_strictly_ahead(
    rules: RuleSet, users: list[Overall]
) -> None:
    merits = {one.user_id: merit(rules, one).order for one in users}

    board = whole_board(rules, users)

    ahead = [sum(other < merits[line.user_id] for other in merits.values()) for line in board]
    assert [line.rank for line in board] == [count + 1 for count in ahead]
    assert sorted(line.user_id for line in board) == sorted(merits)


@pytest.mark.parametrize("rules", RuleSet)
@given(users=overalls, after=st.integers(0, 9), limit=st.integers(1, 5))
def test_a_page_has_the_lines_of_the_whole_board(
    rules: RuleSet, users: list[Overall], after: int, limit: int
) -> None:
    board = whole_board(rules, users)
    by_id = {one.user_id: one for one in users}
    page = [by_id[line.user_id] for line in board[after : after + limit]]
    ahead = sum(merit(rules, o).order < merit(rules, page[0]).order for o in users) if page else 0

    lines = standings(rules, page, after=after, first_rank=ahead + 1)

    assert lines == board[after : after + limit]


@given(overalls)
def test_by_best_score_more_is_ahead_and_of_equal_scores_the_earlier(users: list[Overall]) -> None:
    keys = [(-line.score, line.reached_at, line.user_id) for line in whole_board(BEST, users)]

    assert keys == sorted(keys)


def test_by_icpc_solved_then_penalty_then_the_moment_of_the_last_decide() -> None:
    base = overall(fact(of="a", verdict=RIGHT, after_s=5))
    users = [
        base_of(base, "d", solved=1, penalty=10, last=9),
        base_of(base, "c", solved=1, penalty=10, last=8),
        base_of(base, "b", solved=1, penalty=9, last=10),
        base_of(base, "a", solved=2, penalty=99, last=99),
    ]

    assert [line.user_id for line in whole_board(ICPC, users)] == ["a", "b", "c", "d"]


def test_who_solved_nothing_shares_the_last_rank_of_icpc_whatever_the_score() -> None:
    users = [overall(fact(of="a", score=9, after_s=5)), overall(fact(of="b", score=1))]

    assert [(line.rank, line.user_id) for line in whole_board(ICPC, users)] == [(1, "a"), (1, "b")]


def base_of(base: Overall, user: str, *, solved: int, penalty: int, last: float) -> Overall:
    return Overall(
        user_id=UserId(user),
        score=base.score,
        reached_at=base.reached_at,
        solved=solved,
        penalty_minutes=penalty,
        last_solved_at=at(last),
        first_submitted_at=base.first_submitted_at,
        first_solved_at=at(0),
    )
