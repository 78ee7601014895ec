from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.challenge import (
    MAX_STARTER_CODE_BYTES,
    MAX_STATEMENT_BYTES,
    Challenge,
    ChallengeStatus,
    JudgingRules,
    Presentation,
    TestCase,
    TestData,
    Visibility,
    check_presentation,
    check_rules,
    check_slug,
    check_weight,
    in_judging_order,
    natural_key,
    slug_from,
)
from domain.checking import Checker, CheckerKind
from domain.errors import InvalidChallenge
from domain.ids import BlobKey, ChallengeId, LanguageId, TestCaseId
from domain.limits import LanguageLimits, Limits
from domain.scoring import Scoring, ScoringKind, TestGroup

NOTHING = TestData(key=BlobKey("00"), size_bytes=0, inline=b"")
C = LanguageId("c")


def case(
    name: str, visibility: Visibility = Visibility.HIDDEN, *, since: int = 1, position: int = 1
) -> TestCase:
    return TestCase(
        id=TestCaseId(f"{name}/{visibility}/{since}/{position}"),
        challenge_id=ChallengeId("c1"),
        name=name,
        visibility=visibility,
        input=NOTHING,
        expected_output=NOTHING,
        weight=1,
        position=position,
        since_version=since,
    )


# --- order of tests ----------------------------------------------------------------------------

names = st.text(st.sampled_from("019ab.-٣²"), max_size=6) | st.text(max_size=6)
cases = st.builds(
    case,
    st.text(st.sampled_from("01a"), max_size=3),
    st.sampled_from(Visibility),
    since=st.integers(1, 2),
    position=st.integers(1, 3),
)


@pytest.mark.parametrize(
    "ordered",
    [
        ["1", "2", "10"],
        ["", "0", "1", "a"],
        ["a", "a1", "a2", "a10", "a10b", "b"],
        ["01", "1", "1a", "02", "2", "010"],
        ["sample", "sample2", "sample10"],
        ["1-2", "1-10", "2-1"],
        ["10", "٣"],
        ["9" * 5_000, "1" + "0" * 5_000],
    ],
)
def test_numbers_in_names_are_in_the_order_of_their_values(ordered: list[str]) -> None:
    backwards = list(reversed(ordered))

    assert sorted(backwards, key=natural_key) == ordered


@given(st.integers(0), st.integers(0), st.sampled_from(["", "t", "a-"]))
def test_names_that_differ_by_a_number_are_in_its_order(one: int, other: int, stem: str) -> None:
    before = natural_key(f"{stem}{one}") < natural_key(f"{stem}{other}")

    assert before == (one < other)


@given(names, names)
@example("3", "٣")
@example("²", "2")
def test_different_names_never_tie(one: str, other: str) -> None:
    assert (natural_key(one) == natural_key(other)) == (one == other)


@given(names, names, names)
def test_the_order_of_names_is_transitive(one: str, two: str, three: str) -> None:
    low, middle, high = sorted([one, two, three], key=natural_key)

    assert natural_key(low) <= natural_key(middle) <= natural_key(high)
    assert natural_key(low) <= natural_key(high)


@given(st.lists(cases, unique_by=lambda test: test.id, max_size=8), st.randoms())
def test_the_judging_order_does_not_depend_on_how_tests_come_in(
    tests: list[TestCase], random: Random
) -> None:
    shuffled = tests.copy()
    random.shuffle(shuffled)

    assert in_judging_order(tuple(shuffled)) == in_judging_order(tuple(tests))


def test_samples_come_first_then_names_then_the_order_of_upload() -> None:
    public = Visibility.PUBLIC
    ordered = (
        case("2", public),
        case("10", public),
        case("1", since=1, position=2),
        case("1", since=2, position=1),
        case("1", since=2, position=3),
        case("2"),
    )

    assert in_judging_order(ordered[::-1]) == ordered


# --- slugs -------------------------------------------------------------------------------------


@given(st.text())
@example("İstanbul Straße №5")
@example("a" * 63 + " b")
def test_a_slug_made_of_a_title_is_a_slug_unless_nothing_is_left(title: str) -> None:
    slug = slug_from(title)

    assert slug == "" or check_slug(slug) == slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Two Sum!", "two-sum"),
        ("  A -- B  ", "a-b"),
        ("Straße 7", "strasse-7"),
        ("两数之和", ""),
        ("x" * 80, "x" * 64),
        ("a" * 63 + " b", "a" * 63),
    ],
)
def test_a_slug_is_what_can_be_typed_of_a_title(title: str, slug: str) -> None:
    assert slug_from(title) == slug


@pytest.mark.parametrize("slug", ["a", "-", "0-z", "x" * 64])
def test_a_plain_slug_is_taken(slug: str) -> None:
    assert check_slug(slug) == slug


@pytest.mark.parametrize("slug", ["", "x" * 65, "A", "a b", "a_b", "a\n", "ä", "\u0661", "a/b"])
def test_what_is_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(InvalidChallenge) as refusal:
        check_slug(slug)

    assert refusal.value.pointer == "/slug"


# --- what people read --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "presentation",
    [
        Presentation(title="T"),
        Presentation(title="😀" * 200),
        Presentation(title="T", statement="x" * MAX_STATEMENT_BYTES),
        Presentation(title="T", statement="a\tb\r\n$x < y$\n"),
        Presentation(title="T", tags=tuple(f"t{n}" for n in range(20))),
        Presentation(title="T", tags=("x" * 40, "two words")),
        Presentation(
            title="T", starter_code={C: "", LanguageId("go"): "x" * MAX_STARTER_CODE_BYTES}
        ),
    ],
)
def test_the_edges_of_a_presentation_are_taken(presentation: Presentation) -> None:
    assert check_presentation(presentation) is presentation


@pytest.mark.parametrize(
    ("presentation", "pointer"),
    [
        (Presentation(title=""), "/title"),
        (Presentation(title=" \n"), "/title"),
        (Presentation(title="x" * 201), "/title"),
        (Presentation(title=" " * 200 + "x"), "/title"),
        (Presentation(title="\ud800"), "/title"),
        (Presentation(title="a\0"), "/title"),
        (Presentation(title="T", statement="x" * MAX_STATEMENT_BYTES + "x"), "/statement"),
        (Presentation(title="T", statement="é" * (MAX_STATEMENT_BYTES // 2) + "x"), "/statement"),
        (Presentation(title="T", statement="\udfff"), "/statement"),
        (Presentation(title="T", statement="\0"), "/statement"),
        (Presentation(title="T", tags=tuple(f"t{n}" for n in range(21))), "/tags"),
        (Presentation(title="T", tags=("a", "a")), "/tags"),
        (Presentation(title="T", tags=("a", "")), "/tags/1"),
        (Presentation(title="T", tags=("a", "b", " ")), "/tags/2"),
        (Presentation(title="T", tags=("x" * 41,)), "/tags/0"),
        (Presentation(title="T", tags=("a\nb",)), "/tags/0"),
        (Presentation(title="T", tags=("\ud800",)), "/tags/0"),
        (Presentation(title="T", starter_code={C: "\0"}), "/starter_code/c"),
        (
            Presentation(title="T", starter_code={C: "x" * MAX_STARTER_CODE_BYTES + "x"}),
            "/starter_code/c",
        ),
        (Presentation(title="T", starter_code={LanguageId("a/~"): "\0"}), "/starter_code/a~1~0"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_place(
    presentation: Presentation, pointer: str
) -> None:
    with pytest.raises(InvalidChallenge) as refusal:
        check_presentation(presentation)

    assert refusal.value.pointer == pointer


# --- what judging reads ------------------------------------------------------------------------


def own(time_ms: int | None = None, memory_kib: int | None = None) -> JudgingRules:
    limits = LanguageLimits(time_ms=time_ms, memory_kib=memory_kib)
    return JudgingRules(language_limits={C: limits})


@pytest.mark.parametrize(
    "rules",
    [
        JudgingRules(),
        JudgingRules(limits=Limits(time_ms=50, memory_kib=16_384, output_kib=1)),
        JudgingRules(limits=Limits(time_ms=60_000, memory_kib=4_194_304, output_kib=65_536)),
        own(),
        own(time_ms=50),
        own(time_ms=60_000, memory_kib=16_384),
        own(memory_kib=4_194_304),
        JudgingRules(languages=(C, LanguageId("C"))),
    ],
)
def test_the_edges_of_rules_are_taken(rules: JudgingRules) -> None:
    assert check_rules(rules) is rules


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        (JudgingRules(limits=Limits(time_ms=49)), "/limits/time_ms"),
        (JudgingRules(limits=Limits(time_ms=60_001)), "/limits/time_ms"),
        (JudgingRules(limits=Limits(memory_kib=16_383)), "/limits/memory_kib"),
        (JudgingRules(limits=Limits(memory_kib=4_194_305)), "/limits/memory_kib"),
        (JudgingRules(limits=Limits(output_kib=0)), "/limits/output_kib"),
        (JudgingRules(limits=Limits(output_kib=65_537)), "/limits/output_kib"),
        (own(time_ms=0), "/language_limits/c/time_ms"),
        (own(time_ms=60_001), "/language_limits/c/time_ms"),
        (own(memory_kib=0), "/language_limits/c/memory_kib"),
        (own(memory_kib=4_194_305), "/language_limits/c/memory_kib"),
        (
            JudgingRules(language_limits={LanguageId("~/"): LanguageLimits(time_ms=1)}),
            "/language_limits/~0~1/time_ms",
        ),
        (JudgingRules(languages=(C, LanguageId("go"), C)), "/languages"),
        (JudgingRules(checker=Checker(kind=CheckerKind.FLOAT)), "/checker"),
        (
            JudgingRules(
                scoring=Scoring(kind=ScoringKind.GROUPS, groups=(TestGroup(name="a", points=-1),))
            ),
            "/groups/0/points",
        ),
    ],
)
def test_rules_that_do_not_fit_are_refused_with_their_place(
    rules: JudgingRules, pointer: str
) -> None:
    with pytest.raises(InvalidChallenge) as refusal:
        check_rules(rules)

    assert refusal.value.pointer == pointer


@pytest.mark.parametrize("weight", [0, 1, 1_000_000])
def test_a_weight_in_range_is_taken(weight: int) -> None:
    assert check_weight("/weight", weight) == weight


@pytest.mark.parametrize("weight", [-1, 1_000_001])
def test_a_weight_out_of_range_is_refused(weight: int) -> None:
    with pytest.raises(InvalidChallenge) as refusal:
        check_weight("/testcases/3/weight", weight)

    assert refusal.value.pointer == "/testcases/3/weight"


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        (ChallengeStatus.DRAFT, False),
        (ChallengeStatus.PUBLISHED, True),
        (ChallengeStatus.ARCHIVED, False),
    ],
)
def test_only_a_published_challenge_is_open(status: ChallengeStatus, *, is_open: bool) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    draft = Challenge(
        id=ChallengeId("c1"),
        slug="s",
        presentation=Presentation(title="T"),
        status=ChallengeStatus.DRAFT,
        revision=1,
        version=1,
        published_version=1,
        created_at=now,
        updated_at=now,
    )

    assert replace(draft, status=status).is_open == is_open
