"""Programs that staff write to judge outputs (checkers), or to talk with programs (interactors)."""

from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import InvalidChallenge, InvalidProgram, TooLarge
from domain.ids import LanguageId
from domain.limits import MAX_MEMORY_KIB, MAX_TIME_MS, MIN_MEMORY_KIB, MIN_TIME_MS
from domain.program import Program, check_program

MAX_CHECKER_BYTES = 384 * 1024
"""All its files together: a checker brings its library along, and is kept in every version."""
MAX_ARGUMENTS = 32
MAX_ARGUMENT_LENGTH = 255
MAX_VALIDATION_PASSES = 20


class CheckerProtocol(StrEnum):
    """How a checker is called and how it answers.

    `icpc`: called with input, answer and feedback folder, the output on standard input; exit code
    42 accepts, 43 rejects. `testlib`: called with input, output and answer; 0 accepts, 1 and 2
    reject, 7 gives points, 3 is a failure of its own. An interactor of its kind has a file to write
    to in place of the output, which nobody reads.
    """

    ICPC = "icpc"
    TESTLIB = "testlib"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerLimits:
    """Limits of one call of it: CPU time and peak memory of its whole process tree."""

    time_ms: int = 10_000
    memory_kib: int = 1_048_576

    @property
    def wall_time_ms(self) -> int:
        """Wall time at which it is killed, beside what it waits for a program."""
        return max(2 * self.time_ms, self.time_ms + 2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerProgram:
    """A checker's program, and how it is called.

    With `is_interactive` it runs beside the program, each reading what the other writes. A test
    has at most `validation_passes` passes: an accepting checker may ask for another one.
    """

    language: LanguageId
    program: Program
    protocol: CheckerProtocol = CheckerProtocol.ICPC
    arguments: tuple[str, ...] = ()
    limits: CheckerLimits = field(default_factory=CheckerLimits)
    validation_passes: int = 2
    is_interactive: bool = False


def check_checker_program(checker: CheckerProgram) -> CheckerProgram:
    """The checker itself.

    Raises:
        InvalidChallenge: files, arguments, limits or passes do not fit.
    """
    try:
        check_program(checker.program, MAX_CHECKER_BYTES)
    except InvalidProgram as error:
        raise InvalidChallenge(f"/checker{error.pointer}", error.detail) from None
    except TooLarge as error:
        raise InvalidChallenge("/checker", f"is too large: {error}") from None
    _check_arguments(checker.arguments)
    limits = checker.limits
    _check_range("limits/time_ms", limits.time_ms, MIN_TIME_MS, MAX_TIME_MS)
    _check_range("limits/memory_kib", limits.memory_kib, MIN_MEMORY_KIB, MAX_MEMORY_KIB)
    _check_range("validation_passes", checker.validation_passes, 1, MAX_VALIDATION_PASSES)
    return checker


def _check_arguments(arguments: tuple[str, ...]) -> None:
    if len(arguments) > MAX_ARGUMENTS:
        raise InvalidChallenge("/checker/arguments", f"must be at most {MAX_ARGUMENTS}")
    for position, text in enumerate(arguments):
        pointer = f"/checker/arguments/{position}"
        if len(text) > MAX_ARGUMENT_LENGTH:
            raise InvalidChallenge(pointer, f"has more than {MAX_ARGUMENT_LENGTH} characters")
        if not (text.isascii() and text.isprintable()):  # a lone surrogate cannot be passed on
            raise InvalidChallenge(pointer, "holds a character other than printable ASCII")


def _check_range(field_name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidChallenge(f"/checker/{field_name}", f"must be from {least} to {most}")
