"""What a client of the judge as a service hands in, and what comes of it, as Judge0 counts.

Its fields have the names and units of Judge0's: limits of time in seconds, of room in KiB.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType

from domain.ids import LanguageId
from domain.run import Compilation, Excess, Run

TicketToken = NewType("TicketToken", str)
"""Whoever knows it may read what came of the ticket."""

ASK_TEXTS = ("source_code", "stdin", "expected_output", "additional_files")
RESULT_TEXTS = ("stdout", "stderr", "compile_output")
LONG_TEXTS = (*ASK_TEXTS, *RESULT_TEXTS)
"""What of a ticket may be long, by the names of the fields."""

_BLANK = b" \t\r\v\f\0"
_BLANK_LINES = _BLANK + b"\n"
_BLANK_ENDS = tuple(bytes((blank,)) + b"\n" for blank in _BLANK)
_PIECE = 1 << 16
_LONGEST_REASON = 4_096
_NOT_STARTED = b"cannot be started: Exec format error"
_NOT_FOUND_CODE = 127
_TOO_MUCH_OUTPUT = "Output limit exceeded"
_SIGXFSZ = 25


class TicketStatus(IntEnum):
    IN_QUEUE = 1
    PROCESSING = 2
    ACCEPTED = 3
    WRONG_ANSWER = 4
    TIME_LIMIT_EXCEEDED = 5
    COMPILATION_ERROR = 6
    SIGSEGV = 7
    SIGXFSZ = 8
    SIGFPE = 9
    SIGABRT = 10
    NON_ZERO_EXIT = 11
    OTHER_SIGNAL = 12
    INTERNAL_ERROR = 13
    EXEC_FORMAT_ERROR = 14

    @property
    def is_final(self) -> bool:
        return self > TicketStatus.PROCESSING


_BY_SIGNAL = {
    11: TicketStatus.SIGSEGV,
    _SIGXFSZ: TicketStatus.SIGXFSZ,
    8: TicketStatus.SIGFPE,
    6: TicketStatus.SIGABRT,
}


class Flavour(StrEnum):
    """Which of Judge0's two sets of languages the numbers are of."""

    COMMON = "common"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What was asked for, with every default filled in.

    `language` and `file_name` are what the number of the language means here; without a file
    name there is no source, and all that is run is in `additional_files`, a zip.
    """

    language_id: int
    language: LanguageId
    file_name: str | None
    source_code: bytes | None = None
    stdin: bytes | None = None
    expected_output: bytes | None = None
    compiler_options: str | None = None
    command_line_arguments: str | None = None
    additional_files: bytes | None = None
    callback_url: str | None = None
    cpu_time_limit: float
    cpu_extra_time: float
    wall_time_limit: float
    memory_limit: int
    stack_limit: int
    max_processes_and_or_threads: int | None
    max_file_size: int
    number_of_runs: int = 1
    redirect_stderr_to_stdout: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketResult:
    """What came of it; of several runs the last, with the means of time and memory."""

    status: TicketStatus
    stdout: bytes | None = None
    stderr: bytes | None = None
    compile_output: bytes | None = None
    message: str | None = None
    time: float | None = None
    wall_time: float | None = None
    memory: int | None = None
    exit_code: int | None = None
    exit_signal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    token: TicketToken
    flavour: Flavour
    ask: Ask
    created_at: datetime
    status: TicketStatus = TicketStatus.IN_QUEUE
    result: TicketResult | None = None
    finished_at: datetime | None = None


def lost_ask(language_id: int, callback_url: str | None) -> Ask:
    """Stands for what was asked for where that can no longer be read; nothing can be run by it."""
    return Ask(
        language_id=language_id,
        language=LanguageId(""),
        file_name=None,
        callback_url=callback_url,
        cpu_time_limit=0,
        cpu_extra_time=0,
        wall_time_limit=0,
        memory_limit=0,
        stack_limit=0,
        max_processes_and_or_threads=None,
        max_file_size=0,
    )


def with_ask_texts(ask: Ask, text_of: Callable[[str], bytes | None]) -> Ask:
    """With other long texts, each by its name."""
    return replace(
        ask,
        source_code=text_of("source_code"),
        stdin=text_of("stdin"),
        expected_output=text_of("expected_output"),
        additional_files=text_of("additional_files"),
    )


def with_result_texts(result: TicketResult, text_of: Callable[[str], bytes | None]) -> TicketResult:
    """With other long texts, each by its name."""
    return replace(
        result,
        stdout=text_of("stdout"),
        stderr=text_of("stderr"),
        compile_output=text_of("compile_output"),
    )


def is_same_output(expected: bytes, written: bytes) -> bool:
    """Whether the lines are equal, but for blanks at their ends and blank lines at the end."""
    return expected == written or _trimmed(expected) == _trimmed(written)


def failed_ticket(reason: str) -> TicketResult:
    """With as much of the reason as can be shown and kept, whatever it has in it."""
    message = reason[:_LONGEST_REASON].encode("utf-8", "replace").decode()
    return TicketResult(status=TicketStatus.INTERNAL_ERROR, message=message)


def result_of(ask: Ask, compilation: Compilation, runs: Sequence[Run]) -> TicketResult:
    """What came of a program that was compiled, and then run until it first went wrong."""
    output = compilation.output.encode("utf-8", "replace") or None
    if compilation.fault is not None:
        return failed_ticket(compilation.fault)
    if not compilation.ok:
        return TicketResult(status=TicketStatus.COMPILATION_ERROR, compile_output=output)
    if not runs:
        return failed_ticket("the judge ended before the program was run")
    last = runs[-1]
    if last.fault is not None:
        return failed_ticket(last.fault)
    status, message = _ending(ask, last)
    return TicketResult(
        status=status,
        stdout=last.stdout or None,
        stderr=last.stderr[: ask.max_file_size * 1024] or None,
        compile_output=output,
        message=message,
        time=_mean([run.cpu_ms / 1000 for run in runs]),
        wall_time=_mean([run.wall_ms / 1000 for run in runs]),
        memory=int(sum(run.memory_kib for run in runs) / len(runs)),
        exit_code=last.exit_code or 0,
        exit_signal=_signal(status, last),
    )


def is_accepted(ask: Ask, run: Run) -> bool:
    """Whether a further run can change anything."""
    return run.fault is None and _ending(ask, run)[0] is TicketStatus.ACCEPTED


def _ending(ask: Ask, run: Run) -> tuple[TicketStatus, str | None]:
    if run.excess:
        return _of_excess(run)
    if len(run.stderr) > ask.max_file_size * 1024:
        return TicketStatus.SIGXFSZ, _TOO_MUCH_OUTPUT
    if run.signal is not None:
        status = _BY_SIGNAL.get(run.signal, TicketStatus.OTHER_SIGNAL)
        return status, f"Caught fatal signal {run.signal}"
    if run.exit_code == _NOT_FOUND_CODE and run.stderr.startswith(_NOT_STARTED):
        return TicketStatus.EXEC_FORMAT_ERROR, run.stderr.decode(errors="replace").strip()
    if run.exit_code:
        return TicketStatus.NON_ZERO_EXIT, f"Exited with error status {run.exit_code}"
    is_right = ask.expected_output is None or is_same_output(ask.expected_output, run.stdout)
    return (TicketStatus.ACCEPTED if is_right else TicketStatus.WRONG_ANSWER), None


def _of_excess(run: Run) -> tuple[TicketStatus, str]:
    """Judge0 knows of no limit of memory or output: its message says which it was."""
    if Excess.CPU_TIME in run.excess:
        return TicketStatus.TIME_LIMIT_EXCEEDED, "Time limit exceeded"
    if Excess.WALL_TIME in run.excess:
        return TicketStatus.TIME_LIMIT_EXCEEDED, "Time limit exceeded (wall clock)"
    if Excess.MEMORY in run.excess:
        by_code = run.signal is None
        status = TicketStatus.NON_ZERO_EXIT if by_code else TicketStatus.OTHER_SIGNAL
        return status, "Memory limit exceeded"
    return TicketStatus.SIGXFSZ, _TOO_MUCH_OUTPUT


def _signal(status: TicketStatus, run: Run) -> int | None:
    if status is TicketStatus.TIME_LIMIT_EXCEEDED:
        return None
    return _SIGXFSZ if status is TicketStatus.SIGXFSZ else run.signal


def _mean(seconds: list[float]) -> float:
    return round(sum(seconds) / len(seconds), 3)


def _trimmed(text: bytes) -> bytes:
    """A piece at a time: a text of many short lines is never held as lines all at once."""
    text = text.rstrip(_BLANK_LINES)
    trimmed = bytearray()
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _PIECE) + 1 or len(text)
        trimmed += _without_blank_ends(text[start:end])
        start = end
    return bytes(trimmed)


def _without_blank_ends(lines: bytes) -> bytes:
    if not any(end in lines for end in _BLANK_ENDS):
        return lines
    return b"\n".join(line.rstrip(_BLANK) for line in lines.split(b"\n"))
