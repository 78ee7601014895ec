"""How much time, memory and output a program may use."""

from dataclasses import dataclass

MIN_TIME_MS, MAX_TIME_MS = 50, 60_000
MIN_MEMORY_KIB, MAX_MEMORY_KIB = 16_384, 4_194_304
MIN_OUTPUT_KIB, MAX_OUTPUT_KIB = 1, 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one test: CPU time, peak memory of the whole process tree, standard output."""

    time_ms: int = 2_000
    memory_kib: int = 262_144
    output_kib: int = 16_384

    @property
    def kill_time_ms(self) -> int:
        """CPU time at which the program is killed: 1.1 L, rounded up (decision 30)."""
        return (self.time_ms * 11 + 9) // 10

    @property
    def wall_time_ms(self) -> int:
        """Wall time at which the program is killed: the larger of 2 L and L + 2 s."""
        return max(2 * self.time_ms, self.time_ms + 2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageLimits:
    """What one challenge sets apart for one language; None keeps what the factors give."""

    time_ms: int | None = None
    memory_kib: int | None = None
