from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidChallenge
from domain.scoring import (
    MAX_GROUPS,
    MAX_WEIGHT,
    GroupRule,
    ScoredTest,
    Scoring,
    ScoringKind,
    TestGroup,
    check_scoring,
    max_score,
    rounded,
    score,
)
from domain.scoring import test_scores as scores_of_tests  # its own name looks like a test

ALL_OR_NOTHING = Scoring()
WEIGHTED = Scoring(kind=ScoringKind.WEIGHTED)
NAMES = ("one", "two", "three", "four")


def right(weight: int = 1, group: str | None = None) -> ScoredTest:
    return ScoredTest(weight=weight, group=group, accepted=True)


def wrong(weight: int = 1, group: str | None = None) -> ScoredTest:
    return ScoredTest(weight=weight, group=group, accepted=False)


def grouped(*groups: TestGroup) -> Scoring:
    return check_scoring(Scoring(kind=ScoringKind.GROUPS, groups=groups))


@st.composite
def group_lists(draw: st.DrawFn, least_points: int = 0) -> tuple[TestGroup, ...]:
    count = draw(st.integers(1, len(NAMES)))
    return tuple(
        TestGroup(
            name=name,
            points=draw(st.integers(least_points, 5)),
            rule=draw(st.sampled_from(GroupRule)),
            requires=tuple(draw(st.sets(st.sampled_from(NAMES[:position])))) if position else (),
        )
        for position, name in enumerate(NAMES[:count])
    )


def scorings(least_points: int = 0) -> st.SearchStrategy[Scoring]:
    in_groups = st.builds(
        Scoring, kind=st.just(ScoringKind.GROUPS), groups=group_lists(least_points)
    )
    return st.sampled_from([ALL_OR_NOTHING, WEIGHTED]) | in_groups


tests_in_any_group = st.lists(
    st.builds(
        ScoredTest,
        weight=st.integers(0, 4),
        group=st.sampled_from([None, *NAMES]),
        accepted=st.booleans(),
    ),
    max_size=8,
)


@st.composite
def whole_challenges(draw: st.DrawFn) -> tuple[Scoring, list[ScoredTest]]:
    """Every weight and every group's points above 0, every test in one of the groups."""
    scoring = draw(scorings(least_points=1))
    names: list[str | None] = [group.name for group in scoring.groups]
    one = st.builds(
        ScoredTest,
        weight=st.integers(1, 4),
        group=st.sampled_from(names or [None]),
        accepted=st.booleans(),
    )
    return scoring, draw(st.lists(one, min_size=1, max_size=8))


def all_accepted(tests: list[ScoredTest]) -> list[ScoredTest]:
    return [ScoredTest(weight=t.weight, group=t.group, accepted=True) for t in tests]


@given(scorings(), tests_in_any_group)
def test_a_score_is_between_nothing_and_full_marks(
    scoring: Scoring, tests: list[ScoredTest]
) -> None:
    assert 0 <= score(scoring, tests) <= max_score(scoring, tests)


@given(scorings(), tests_in_any_group.filter(bool))
def test_every_test_accepted_means_full_marks(scoring: Scoring, tests: list[ScoredTest]) -> None:
    perfect = all_accepted(tests)

    assert score(scoring, perfect) == max_score(scoring, perfect)


@given(whole_challenges())
def test_full_marks_mean_every_test_accepted_where_every_weight_counts(
    challenge: tuple[Scoring, list[ScoredTest]],
) -> None:
    scoring, tests = challenge

    full = score(scoring, tests) == max_score(scoring, tests)

    assert full == all(test.accepted for test in tests)


@given(scorings(), tests_in_any_group, st.data())
def test_a_better_run_never_lowers_a_score(
    scoring: Scoring, tests: list[ScoredTest], data: st.DataObject
) -> None:
    mended = data.draw(st.lists(st.booleans(), min_size=len(tests), max_size=len(tests)))
    better = [
        ScoredTest(weight=test.weight, group=test.group, accepted=test.accepted or now)
        for test, now in zip(tests, mended, strict=True)
    ]

    assert score(scoring, better) >= score(scoring, tests)


@given(scorings(), tests_in_any_group)
def test_what_a_program_does_never_changes_full_marks(
    scoring: Scoring, tests: list[ScoredTest]
) -> None:
    assert max_score(scoring, tests) == max_score(scoring, all_accepted(tests))


@given(scorings(), tests_in_any_group, st.randoms())
def test_the_order_of_tests_does_not_matter(
    scoring: Scoring, tests: list[ScoredTest], random: Random
) -> None:
    shuffled = tests.copy()
    random.shuffle(shuffled)

    assert score(scoring, shuffled) == score(scoring, tests)


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        pytest.param([right(), right()], 100, id="all accepted"),
        pytest.param([right(), wrong()], 0, id="one wrong"),
        pytest.param([right(5), wrong(0)], 0, id="one of weight 0 wrong"),
        pytest.param([], 0, id="no test"),
    ],
)
def test_all_or_nothing_is_a_hundred_or_nothing(tests: list[ScoredTest], expected: int) -> None:
    assert score(ALL_OR_NOTHING, tests) == expected
    assert max_score(ALL_OR_NOTHING, tests) == 100


def test_weighted_adds_the_weights_of_accepted_tests() -> None:
    tests = [right(3), wrong(5), right(0), right(MAX_WEIGHT)]

    assert score(WEIGHTED, tests) == 3 + MAX_WEIGHT
    assert max_score(WEIGHTED, tests) == 8 + MAX_WEIGHT


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(GroupRule.ALL, 0), (GroupRule.MIN, 0), (GroupRule.SUM, Fraction(10 * 3, 4))],
)
def test_a_group_with_a_wrong_test_scores_by_its_rule(
    rule: GroupRule, expected: int | Fraction
) -> None:
    scoring = grouped(TestGroup(name="one", points=10, rule=rule))

    assert score(scoring, [right(3, "one"), wrong(1, "one")]) == expected


@pytest.mark.parametrize("rule", GroupRule)
def test_a_group_with_every_test_right_has_its_points_even_without_weights(rule: GroupRule) -> None:
    scoring = grouped(TestGroup(name="one", points=10, rule=rule))

    assert score(scoring, [right(0, "one"), right(0, "one")]) == 10


def test_a_group_of_weightless_tests_has_nothing_when_one_is_wrong() -> None:
    scoring = grouped(TestGroup(name="one", points=10, rule=GroupRule.SUM))

    assert score(scoring, [right(0, "one"), wrong(0, "one")]) == 0


def test_a_group_without_tests_counts_for_nothing() -> None:
    scoring = grouped(TestGroup(name="one", points=10), TestGroup(name="two", points=5))

    assert max_score(scoring, [wrong(1, "two")]) == 5
    assert score(scoring, [right(1, "two")]) == 5


def test_a_test_outside_every_group_counts_for_nothing() -> None:
    scoring = grouped(TestGroup(name="one", points=10))

    assert max_score(scoring, [right(7), right(1, "one")]) == 10
    assert score(scoring, [wrong(7), right(1, "one")]) == 10


CHAIN = grouped(
    TestGroup(name="one", points=1, rule=GroupRule.SUM),
    TestGroup(name="two", points=10, requires=("one",)),
    TestGroup(name="three", points=100, requires=("two",)),
    TestGroup(name="four", points=1000),
)


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        pytest.param(
            [right(1, "one"), right(1, "two"), right(1, "three"), right(1, "four")],
            1111,
            id="all passed",
        ),
        pytest.param(
            [right(1, "one"), wrong(1, "one"), right(1, "two"), right(1, "three")],
            Fraction(1, 2),
            id="what requires a group in part passed is locked, and so on along the chain",
        ),
        pytest.param(
            [right(1, "one"), wrong(1, "two"), right(1, "three"), right(1, "four")],
            1001,
            id="a locked group does not lock what does not require it",
        ),
        pytest.param([right(1, "two"), right(1, "three")], 110, id="an empty group is passed"),
        pytest.param([wrong(1, "one"), right(1, "three")], 0, id="an empty group passes a lock on"),
    ],
)
def test_a_group_counts_only_if_those_it_requires_have_full_points(
    tests: list[ScoredTest], expected: int | Fraction
) -> None:
    assert score(CHAIN, tests) == expected


@given(group_lists(), tests_in_any_group)
def test_min_is_all_while_a_test_is_right_or_wrong(
    groups: tuple[TestGroup, ...], tests: list[ScoredTest]
) -> None:
    def with_rule(rule: GroupRule) -> Scoring:
        own = [
            TestGroup(name=g.name, points=g.points, rule=rule, requires=g.requires) for g in groups
        ]
        return grouped(*own)

    assert score(with_rule(GroupRule.MIN), tests) == score(with_rule(GroupRule.ALL), tests)


@given(tests_in_any_group)
def test_the_scores_of_weighted_tests_add_up_to_the_whole(tests: list[ScoredTest]) -> None:
    own = scores_of_tests(WEIGHTED, tests)

    assert sum(got for got, _ in own) == score(WEIGHTED, tests)
    assert sum(most for _, most in own) == max_score(WEIGHTED, tests)
    assert len(own) == len(tests)


@pytest.mark.parametrize(
    "scoring", [ALL_OR_NOTHING, grouped(TestGroup(name="one", points=10))], ids=["all", "groups"]
)
def test_elsewhere_a_test_has_no_score_of_its_own(scoring: Scoring) -> None:
    own = scores_of_tests(scoring, [right(2, "one"), wrong(3)])

    assert own == ((Fraction(0), Fraction(0)), (Fraction(0), Fraction(0)))


# --- rounding ----------------------------------------------------------------------------------


@given(st.fractions(min_value=-(10**12), max_value=10**12))
def test_rounding_is_half_even_to_six_places_like_decimal_arithmetic(value: Fraction) -> None:
    context = Context(prec=200)
    quotient = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    expected = quotient.quantize(Decimal("1e-6"), rounding=ROUND_HALF_EVEN, context=context)

    assert rounded(value) == expected


@given(st.integers(-(10**12), 10**12))
def test_a_value_between_two_steps_goes_to_the_even_one(step: int) -> None:
    middle = Fraction(2 * step + 1, 2 * 10**6)

    digits = int(rounded(middle) * 10**6)

    assert digits in {step, step + 1}
    assert digits % 2 == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(0), "0.000000"),
        (Fraction(100), "100.000000"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(1, 2_000_000), "0.000000"),
        (Fraction(3, 2_000_000), "0.000002"),
        (Fraction(10**40 + 1, 3), f"{'3' * 40}.666667"),
    ],
)
def test_a_rounded_value_shows_six_places(value: Fraction, expected: str) -> None:
    assert str(rounded(value)) == expected


def test_rounding_does_not_depend_on_how_others_set_decimal_arithmetic() -> None:
    with localcontext(prec=3):
        assert rounded(Fraction(10**9, 7)) == Decimal("142857142.857143")


# --- what is a scoring -------------------------------------------------------------------------


@given(scorings())
def test_a_sound_scoring_is_taken_as_it_is(scoring: Scoring) -> None:
    assert check_scoring(scoring) is scoring


@pytest.mark.parametrize(
    "group",
    [
        TestGroup(name="g", points=0),
        TestGroup(name="g", points=MAX_WEIGHT),
        TestGroup(name="n" * 64, points=1),
        TestGroup(name="Größe 😀", points=1),
    ],
)
def test_the_edges_of_a_group_are_taken(group: TestGroup) -> None:
    assert grouped(group).groups == (group,)


ONE = TestGroup(name="one", points=1)


@pytest.mark.parametrize(
    ("groups", "pointer"),
    [
        pytest.param([], "/groups", id="none"),
        pytest.param([TestGroup(name="", points=1)], "/groups/0/name", id="no name"),
        pytest.param([TestGroup(name="n" * 65, points=1)], "/groups/0/name", id="long name"),
        pytest.param([TestGroup(name="a\nb", points=1)], "/groups/0/name", id="line break"),
        pytest.param([TestGroup(name="\ud800", points=1)], "/groups/0/name", id="surrogate"),
        pytest.param([ONE, ONE], "/groups/1/name", id="name twice"),
        pytest.param([TestGroup(name="g", points=-1)], "/groups/0/points", id="below 0"),
        pytest.param([TestGroup(name="g", points=MAX_WEIGHT + 1)], "/groups/0/points", id="over"),
        pytest.param(
            [TestGroup(name="g", points=1, requires=("g",))], "/groups/0/requires", id="itself"
        ),
        pytest.param(
            [TestGroup(name="g", points=1, requires=("one",)), ONE],
            "/groups/0/requires",
            id="later",
        ),
        pytest.param(
            [ONE, TestGroup(name="g", points=1, requires=("one", "?"))],
            "/groups/1/requires",
            id="unknown",
        ),
        pytest.param(
            [TestGroup(name=f"g{n}", points=1) for n in range(MAX_GROUPS + 1)],
            "/groups",
            id="too many",
        ),
    ],
)
def test_groups_that_do_not_fit_are_refused_with_their_place(
    groups: list[TestGroup], pointer: str
) -> None:
    with pytest.raises(InvalidChallenge) as refusal:
        check_scoring(Scoring(kind=ScoringKind.GROUPS, groups=tuple(groups)))

    assert refusal.value.pointer == pointer


@pytest.mark.parametrize("kind", [ScoringKind.ALL_OR_NOTHING, ScoringKind.WEIGHTED])
def test_groups_go_only_with_their_kind(kind: ScoringKind) -> None:
    with pytest.raises(InvalidChallenge) as refusal:
        check_scoring(Scoring(kind=kind, groups=(ONE,)))

    assert refusal.value.pointer == "/groups"


def test_as_many_groups_as_allowed_are_taken() -> None:
    groups = tuple(TestGroup(name=f"g{n}", points=1) for n in range(MAX_GROUPS))

    assert len(grouped(*groups).groups) == MAX_GROUPS
