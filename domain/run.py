"""What a judge saw of a program, compiled and run: facts, never a verdict."""

from dataclasses import dataclass
from enum import StrEnum

from domain.checker_report import CheckerReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """By what a program is judged: its toolchain and the judge, each with its version.

    `wall_time_ms` is the wall time at which this judge kills.
    """

    toolchain: str
    judge: str
    wall_time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What the compile step said; `output` is at most 64 KiB of text, compiler's own words.

    `fault` is set when the step failed through no fault of the program (then `ok` is False).
    `means` hold for the runs that follow, too.
    """

    ok: bool
    output: str = ""
    fault: str | None = None
    means: Means | None = None


class Excess(StrEnum):
    """A limit that a program went over."""

    CPU_TIME = "cpu_time"
    WALL_TIME = "wall_time"
    MEMORY = "memory"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the sandbox saw of one program on one input: facts, never a verdict.

    Exactly one of `exit_code` and `signal` (a number) is set, unless `fault` says why the platform
    could not run it. `stdout` is whole up to the output limit; `stderr` is its first part.
    `memory_kib` is the peak of the whole process tree. `excess` holds every limit that was passed.
    `report` is what the job's checker said, if there is one and the run ended well or was watched
    by an interactor; such a run has no `stdout`. Of several passes the figures are the largest.
    """

    ordinal: int
    exit_code: int | None = None
    signal: int | None = None
    cpu_ms: int = 0
    wall_ms: int = 0
    memory_kib: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    excess: frozenset[Excess] = frozenset()
    fault: str | None = None
    report: CheckerReport | None = None

    @property
    def ended_well(self) -> bool:
        """Whether the checker is what decides: no fault, no limit passed, exit code 0."""
        return self.fault is None and not self.excess and self.exit_code == 0

    @property
    def checker_failed(self) -> bool:
        """Whether the checker is to blame: not if it only stumbled over a program that had failed.

        An interactor often does, once nobody is there any more to talk with.
        """
        report = self.report
        if report is None or report.fault is None:
            return False
        return self.ended_well or report.ended_first or report.overran
