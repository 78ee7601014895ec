from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import ChallengeId, UserId
from domain.leaderboard import BestScore, Standing, better, standings

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def reached(
    user: str, score: int, minute: int = 0, *, on: str = "c1", solved: bool = False
) -> BestScore:
    return BestScore(
        user_id=UserId(user),
        challenge_id=ChallengeId(on),
        score=Fraction(score),
        solved=solved,
        reached_at=at(minute),
    )


def line(rank: int, user: str, score: int, minute: int, *, solved: int = 0) -> Standing:
    return Standing(
        rank=rank,
        user_id=UserId(user),
        score=Fraction(score),
        solved=solved,
        reached_at=at(minute),
    )


best_scores = st.builds(
    BestScore,
    user_id=st.sampled_from([UserId(f"u{n}") for n in range(4)]),
    challenge_id=st.sampled_from([ChallengeId(f"c{n}") for n in range(3)]),
    score=st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(2, 3), Fraction(1)]),
    solved=st.booleans(),
    reached_at=st.integers(0, 3).map(at),
)
boards = st.lists(best_scores, max_size=12)


@given(boards, st.randoms())
def test_a_board_does_not_depend_on_the_order_of_scores(
    scores: list[BestScore], random: Random
) -> None:
    shuffled = scores.copy()
    random.shuffle(shuffled)

    assert standings(shuffled) == standings(scores)


@given(boards)
def test_everyone_with_a_score_stands_on_the_board_once(scores: list[BestScore]) -> None:
    users = [standing.user_id for standing in standings(scores)]

    assert sorted(users) == sorted({score.user_id for score in scores})


@given(boards)
def test_a_board_is_in_one_order_only(scores: list[BestScore]) -> None:
    board = standings(scores)

    keys = [(-s.score, s.reached_at, s.user_id) for s in board]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@given(boards)
def test_a_rank_is_one_more_than_the_number_of_those_strictly_ahead(
    scores: list[BestScore],
) -> None:
    board = standings(scores)

    ahead = [sum((-o.score, o.reached_at) < (-s.score, s.reached_at) for o in board) for s in board]

    assert [standing.rank for standing in board] == [count + 1 for count in ahead]


@given(boards)
def test_a_total_adds_the_best_score_of_each_challenge(scores: list[BestScore]) -> None:
    challenges = {score.challenge_id for score in scores}

    totals = {standing.user_id: standing.score for standing in standings(scores)}

    assert totals == {
        user: sum(
            max((s.score for s in scores if (s.user_id, s.challenge_id) == (user, c)), default=0)
            for c in challenges
        )
        for user in {score.user_id for score in scores}
    }


@given(boards, best_scores)
def test_another_score_never_lowers_who_made_it(scores: list[BestScore], more: BestScore) -> None:
    before = {s.user_id: s for s in standings(scores)}.get(more.user_id)
    after = {s.user_id: s for s in standings([*scores, more])}[more.user_id]

    assert before is None or after.score >= before.score
    assert before is None or after.rank <= before.rank
    assert before is None or after.solved >= before.solved


@given(best_scores, best_scores, best_scores)
def test_the_better_of_several_does_not_depend_on_how_they_are_paired(
    one: BestScore, two: BestScore, three: BestScore
) -> None:
    left, right = better(better(one, two), three), better(better(three, two), one)

    assert (left.score, left.reached_at) == (right.score, right.reached_at)
    assert left.solved == right.solved


def test_the_higher_score_counts_even_when_it_came_later() -> None:
    assert better(reached("a", 1, 0), reached("a", 2, 5)) == reached("a", 2, 5)


def test_of_equal_scores_the_earlier_counts() -> None:
    assert better(reached("a", 2, 5), reached("a", 2, 3)) == reached("a", 2, 3)


def test_what_was_solved_stays_solved_whichever_score_counts() -> None:
    partial, solved = reached("a", 2, 0), reached("a", 2, 5, solved=True)

    assert better(partial, solved) == reached("a", 2, 0, solved=True)
    assert better(solved, partial) == reached("a", 2, 0, solved=True)


def test_an_empty_board_has_no_lines() -> None:
    assert standings([]) == ()


def test_equal_totals_at_the_same_moment_share_a_rank_and_the_next_is_skipped() -> None:
    board = standings([reached("d", 1), reached("c", 2, 1), reached("b", 2, 1), reached("a", 3, 2)])

    assert board == (line(1, "a", 3, 2), line(2, "b", 2, 1), line(2, "c", 2, 1), line(4, "d", 1, 0))


def test_of_equal_totals_the_one_reached_first_is_ahead() -> None:
    board = standings([reached("a", 5, 2), reached("b", 5, 1)])

    assert board == (line(1, "b", 5, 1), line(2, "a", 5, 2))


def test_a_total_is_reached_with_the_last_score_that_adds_to_it() -> None:
    board = standings(
        [
            reached("a", 3, 4, on="c1", solved=True),
            reached("a", 2, 1, on="c2"),
            reached("a", 0, 9, on="c3"),
        ]
    )

    assert board == (line(1, "a", 5, 4, solved=1),)


def test_who_has_no_points_stands_by_the_first_try() -> None:
    board = standings([reached("a", 0, 7, on="c1"), reached("a", 0, 3, on="c2")])

    assert board == (line(1, "a", 0, 3),)


def test_solved_counts_challenges_not_submissions() -> None:
    board = standings(
        [
            reached("a", 1, 0, on="c1", solved=True),
            reached("a", 1, 1, on="c1", solved=True),
            reached("a", 1, 2, on="c2", solved=True),
            reached("a", 1, 3, on="c3"),
        ]
    )

    assert board == (line(1, "a", 3, 3, solved=2),)
