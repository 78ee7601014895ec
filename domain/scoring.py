"""From the verdicts of tests to a score, in exact arithmetic.

Rules: `all_or_nothing` gives 100 or 0; `weighted` gives the weights of the accepted tests;
`groups` gives each group's points by its rule. An accepted submission always has full marks; the
converse holds where every weight (and every group's points) is above 0. A checker of the author's
may give part of a test's marks: that test is not accepted, but counts by its share.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from domain.errors import InvalidChallenge
from domain.text import is_one_line

MAX_WEIGHT = 1_000_000
ALL_OR_NOTHING_POINTS = 100
MAX_GROUPS = 100
MAX_GROUP_NAME_LENGTH = 64


class ScoringKind(StrEnum):
    ALL_OR_NOTHING = "all_or_nothing"
    WEIGHTED = "weighted"
    GROUPS = "groups"


class GroupRule(StrEnum):
    """How a group's tests become its points.

    `all`: every one accepted, or nothing. `min`: the points times the worst test's share (the same
    as `all` while a test is either right or wrong; a checker that gives part marks makes the
    difference). `sum`: the points times the accepted part of the weights.
    """

    ALL = "all"
    MIN = "min"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestGroup:
    """A named group; it counts only if every group in `requires` got its full points."""

    name: str
    points: int
    rule: GroupRule = GroupRule.ALL
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """The rule of a challenge; `groups` only with the kind of that name."""

    kind: ScoringKind = ScoringKind.ALL_OR_NOTHING
    groups: tuple[TestGroup, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredTest:
    """What scoring needs of one test: its weight, its group, and whether it was accepted.

    `share` is the part of its marks, from 0 to 1, that a checker gave to one not accepted.
    """

    weight: int
    group: str | None
    accepted: bool
    share: Fraction = Fraction(0)

    @property
    def earned(self) -> Fraction:
        """The part of its marks that it gets."""
        return Fraction(1) if self.accepted else self.share


def check_scoring(scoring: Scoring) -> Scoring:
    """The scoring itself.

    Raises:
        InvalidChallenge: groups without the kind, names twice, points out of range, or a group
            that requires one that does not come before it (so there are no cycles).
    """
    if (scoring.kind is ScoringKind.GROUPS) != bool(scoring.groups):
        raise InvalidChallenge("/groups", 'goes with "scoring": "groups", and only with it')
    if len(scoring.groups) > MAX_GROUPS:
        raise InvalidChallenge("/groups", f"has more than {MAX_GROUPS} entries")
    earlier: set[str] = set()
    for position, group in enumerate(scoring.groups):
        _check_group(f"/groups/{position}", group, earlier)
        earlier.add(group.name)
    return scoring


def _check_group(pointer: str, group: TestGroup, earlier: set[str]) -> None:
    if not 1 <= len(group.name) <= MAX_GROUP_NAME_LENGTH or not is_one_line(group.name):
        raise InvalidChallenge(f"{pointer}/name", "must be one line of 1 to 64 characters")
    if group.name in earlier:
        raise InvalidChallenge(f"{pointer}/name", "is there twice")
    if not 0 <= group.points <= MAX_WEIGHT:
        raise InvalidChallenge(f"{pointer}/points", f"must be from 0 to {MAX_WEIGHT}")
    if not earlier.issuperset(group.requires):
        raise InvalidChallenge(f"{pointer}/requires", "names a group that does not come before it")


def max_score(scoring: Scoring, tests: Sequence[ScoredTest]) -> int:
    """Full marks. A group without tests counts for nothing."""
    match scoring.kind:
        case ScoringKind.ALL_OR_NOTHING:
            return ALL_OR_NOTHING_POINTS
        case ScoringKind.WEIGHTED:
            return sum(test.weight for test in tests)
        case ScoringKind.GROUPS:
            filled = {test.group for test in tests}
            return sum(group.points for group in scoring.groups if group.name in filled)


def score(scoring: Scoring, tests: Sequence[ScoredTest]) -> Fraction:
    """The exact score, from 0 to `max_score`; an accepted test more never lowers it."""
    match scoring.kind:
        case ScoringKind.ALL_OR_NOTHING:
            passed = bool(tests) and all(test.accepted for test in tests)
            return Fraction(ALL_OR_NOTHING_POINTS if passed else 0)
        case ScoringKind.WEIGHTED:
            return sum((test.weight * test.earned for test in tests), Fraction(0))
        case ScoringKind.GROUPS:
            return _score_of_groups(scoring.groups, tests)


def test_scores(
    scoring: Scoring, tests: Sequence[ScoredTest]
) -> tuple[tuple[Fraction, Fraction], ...]:
    """Of each test what it adds by itself, and at most: (score, max_score).

    Only `weighted` scores a test by itself; elsewhere both are 0, as only the whole counts.
    """
    if scoring.kind is not ScoringKind.WEIGHTED:
        return tuple((Fraction(0), Fraction(0)) for _ in tests)
    return tuple((test.weight * test.earned, Fraction(test.weight)) for test in tests)


def marks(scoring: Scoring, tests: Sequence[ScoredTest]) -> tuple[Fraction, ...]:
    """Of each test what it is worth where a checker gives points: the most that it may give.

    Its weight; all of the 100 points, or of its group's, where the worst test decides; its part
    of them in a group with the rule `sum`. 0 where it counts for nothing.
    """
    match scoring.kind:
        case ScoringKind.ALL_OR_NOTHING:
            return tuple(Fraction(ALL_OR_NOTHING_POINTS) for _ in tests)
        case ScoringKind.WEIGHTED:
            return tuple(Fraction(test.weight) for test in tests)
        case ScoringKind.GROUPS:
            groups = {group.name: group for group in scoring.groups}
            weights = Counter[str | None]()
            for test in tests:
                weights[test.group] += test.weight
            return tuple(_marks(groups.get(t.group or ""), t, weights[t.group]) for t in tests)


def _marks(group: TestGroup | None, test: ScoredTest, weight_of_all: int) -> Fraction:
    if group is None or group.rule is not GroupRule.SUM:
        return Fraction(group.points if group else 0)
    return Fraction(group.points * test.weight, weight_of_all) if weight_of_all else Fraction(0)


def rounded(value: Fraction) -> Decimal:
    """The value rounded half-even to 6 places, as it is shown and stored (decision 7)."""
    scaled = round(value * 10**6)  # int rounds a Fraction half to even
    return Decimal(f"{scaled}E-6")  # from text: exact, where arithmetic has 28 digits


def _score_of_groups(groups: tuple[TestGroup, ...], tests: Sequence[ScoredTest]) -> Fraction:
    shares: dict[str, Fraction] = {}
    total = Fraction(0)
    for group in groups:
        members = [test for test in tests if test.group == group.name]
        unlocked = all(shares[name] == 1 for name in group.requires)
        shares[group.name] = _share(group.rule, members) if unlocked else Fraction(0)
        if members:
            total += group.points * shares[group.name]
    return total


def _share(rule: GroupRule, members: Sequence[ScoredTest]) -> Fraction:
    """The part of a group's points that its tests earn, 0 to 1; an empty group is passed."""
    if all(test.accepted for test in members):
        return Fraction(1)
    match rule:
        case GroupRule.ALL:
            return Fraction(0)
        case GroupRule.MIN:
            return min(test.earned for test in members)
        case GroupRule.SUM:
            weight = sum(test.weight for test in members)
            earned = sum((test.weight * test.earned for test in members), Fraction(0))
            return earned / weight if weight else Fraction(0)
