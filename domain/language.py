"""What is known of a language that this installation can really run."""

from dataclasses import dataclass
from fractions import Fraction

from domain.ids import LanguageId
from domain.limits import (
    MAX_MEMORY_KIB,
    MAX_OUTPUT_KIB,
    MAX_TIME_MS,
    MIN_TIME_MS,
    LanguageLimits,
    Limits,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language of the judge.

    `compile_command` is None where nothing is compiled or checked before the run. The factors say
    what a fair limit is beside C++: time is multiplied, memory is added (KiB, for the runtime).
    """

    id: LanguageId
    name: str
    version: str
    file_name: str
    compile_command: str | None
    run_command: str
    time_factor: Fraction = Fraction(1)
    extra_memory_kib: int = 0
    most: Limits | None = None
    """What its judge can do at most; None: whatever a challenge may ask for."""
    runs_checkers: bool = True
    """Whether its judge runs checkers that are written in it."""


_MOST = Limits(time_ms=MAX_TIME_MS, memory_kib=MAX_MEMORY_KIB, output_kib=MAX_OUTPUT_KIB)


def resolve_limits(limits: Limits, language: Language, own: LanguageLimits | None) -> Limits:
    """The limits of one language: its own where the challenge states them, else by its factors.

    The factors go no further than its judge does; but what is stated is never made less.
    """
    own = own or LanguageLimits()
    most = language.most or _MOST
    time_ms = int(limits.time_ms * language.time_factor)
    memory_kib = limits.memory_kib + language.extra_memory_kib
    return Limits(
        time_ms=own.time_ms or min(max(MIN_TIME_MS, time_ms), max(limits.time_ms, most.time_ms)),
        memory_kib=own.memory_kib or min(memory_kib, max(limits.memory_kib, most.memory_kib)),
        output_kib=limits.output_kib,
    )
