"""Tallies: counts by name that are added and subtracted, so that sums can be kept up.

A tally of many submissions is the sum of the tallies of each. Numbers of which a median is wanted
(times, attempts) are counted in buckets, whose bounds are fixed for ever: they are stored.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Self

SHARES = 10
"""A score's share of the most is counted in tenths, cut off; full marks are a bucket apart."""
SCORE_UNITS = 1_000_000
"""Scores are summed in millionths, as exact as they are stored."""
_LAST_BOUND = 1 << 40


def _bounds() -> Iterator[int]:
    """Lower bounds of buckets; a bucket's middle is at most 5 % off from what is in it."""
    bound = 0
    while bound < _LAST_BOUND:
        yield bound
        bound = max(bound + 1, bound * 11 // 10)


_BOUNDS = tuple(_bounds())
_MIDDLES: Mapping[int, Fraction] = {
    low: Fraction(low + high - 1, 2) for low, high in pairwise(_BOUNDS)
} | {_BOUNDS[-1]: Fraction(_BOUNDS[-1])}


def bucket(value: int) -> int:
    """The lower bound of the bucket that a number is counted in; none is below 0."""
    return _BOUNDS[bisect_right(_BOUNDS, max(value, 0)) - 1]


@dataclass(frozen=True, slots=True)
class Tally:
    """Whole numbers by name; what is not there is 0, and a 0 is not kept.

    Names are letters, digits, `_`, `-`, and one `:` between the name of a histogram and its bucket.
    """

    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        return cls({name: count for name, count in counts.items() if count})

    @classmethod
    def total(cls, tallies: Iterable["Tally"]) -> Self:
        """The sum of all."""
        sums: dict[str, int] = {}
        for tally in tallies:
            for name, count in tally.counts.items():
                sums[name] = sums.get(name, 0) + count
        return cls.of(sums)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally.total((self, other))

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally.total((self, -other))

    def __neg__(self) -> "Tally":
        return Tally({name: -count for name, count in self.counts.items()})

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)

    def __bool__(self) -> bool:
        return bool(self.counts)

    def histogram(self, name: str) -> Mapping[str, int]:
        """The counts of a histogram, by bucket."""
        start = f"{name}:"
        return {
            key.removeprefix(start): count
            for key, count in self.counts.items()
            if key.startswith(start)
        }


def median(histogram: Mapping[str, int]) -> Fraction | None:
    """The median of what was counted by `bucket`, at most 5 % off; None of nothing."""
    total = sum(histogram.values())
    if not total:
        return None
    lower, upper = _at_rank(histogram, (total + 1) // 2), _at_rank(histogram, total // 2 + 1)
    return (lower + upper) / 2


def percentile(histogram: Mapping[str, int], percent: int) -> Fraction | None:
    """By the nearest rank, at most 5 % off; None of nothing."""
    total = sum(histogram.values())
    return _at_rank(histogram, -(-percent * total // 100)) if total else None


def _at_rank(histogram: Mapping[str, int], rank: int) -> Fraction:
    seen = 0
    for low in sorted(map(int, histogram)):
        seen += histogram[str(low)]
        if seen >= rank:
            return _MIDDLES[low]
    raise ValueError("a rank beyond what was counted")
