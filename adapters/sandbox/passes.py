"""The passes of a test that a checker has a say in: what each begins with, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.checker_report import CheckerReport
from domain.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass of a test: what the program reads, what is expected, what was left before."""

    input: bytes
    answer: bytes
    earlier: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the checker said in one pass, and when; what it asks for, and all that it left.

    `is_flooded` where the program wrote more than an interactor was to hear.
    """

    report: CheckerReport
    ended_ns: int
    is_flooded: bool = False
    next_input: bytes | None = None
    archive: bytes = b""

    def next_after(self, now: Pass) -> Pass | None:
        if self.next_input is None:
            return None
        return replace(now, input=self.next_input, earlier=self.archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What came of a pass; `next` is the one that follows, if one does."""

    run: Run
    next: Pass | None = None


def whole(runs: Sequence[Run]) -> Run:
    """All passes of one test as one run: the last, with the largest of their figures."""
    return replace(
        runs[-1],
        cpu_ms=max(run.cpu_ms for run in runs),
        wall_ms=max(run.wall_ms for run in runs),
        memory_kib=max(run.memory_kib for run in runs),
    )


def with_fault(run: Run, fault: str) -> Run:
    """The same, where the checker is to blame for something."""
    report = run.report or CheckerReport()
    return replace(run, report=replace(report, accepted=False, fault=fault))
