"""Figures with their spread, and rounds in which both sides take turns."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_FEW = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A median, and between which the middle half lay; of a few values, between which all lay."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        median = statistics.median(values)
        if len(values) <= _FEW:
            return cls(median=median, low=min(values), high=max(values))
        low, _, high = statistics.quantiles(values, n=4)
        return cls(median=median, low=low, high=high)

    @classmethod
    def of_ratios(cls, ours: Sequence[float], theirs: Sequence[float]) -> "Spread":
        """Round by round, so that a noisy moment meets both."""
        return cls.of([one / other for one, other in zip(ours, theirs, strict=True)])

    def __str__(self) -> str:
        digits = 2 if self.median < 100 else 0
        return f"{self.median:8.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def line(name: str, ours: Sequence[float], bare: Sequence[float], unit: str = "ms") -> str:
    """One figure beside what the machine can do at best, and the ratio of the two."""
    return (
        f"{name:44} {Spread.of(ours)} {unit:5}  bare {Spread.of(bare)} {unit:5}"
        f"  ratio {Spread.of_ratios(ours, bare)}"
    )
