"""From what the sandbox saw (runs) to a verdict for each test and a judgement of the whole."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What the compile step said; `output` is at most 64 KiB of text, compiler's own words.

    `fault` is set when the step failed through no fault of the program (then `ok` is False).
    """

    ok: bool
    output: str = ""
    fault: str | None = None


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
