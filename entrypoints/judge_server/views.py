"""What came of a submission, as Judge0's clients read it."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

import msgspec

from config.judge_server import Judge0Config
from domain.ticket import (
    ASK_TEXTS,
    LONG_TEXTS,
    RESULT_TEXTS,
    Ask,
    Ticket,
    TicketResult,
    TicketStatus,
)
from entrypoints.judge_server.answers import error
from entrypoints.judge_server.catalogue import Catalogue

STATUSES: Mapping[TicketStatus, str] = {
    TicketStatus.IN_QUEUE: "In Queue",
    TicketStatus.PROCESSING: "Processing",
    TicketStatus.ACCEPTED: "Accepted",
    TicketStatus.WRONG_ANSWER: "Wrong Answer",
    TicketStatus.TIME_LIMIT_EXCEEDED: "Time Limit Exceeded",
    TicketStatus.COMPILATION_ERROR: "Compilation Error",
    TicketStatus.SIGSEGV: "Runtime Error (SIGSEGV)",
    TicketStatus.SIGXFSZ: "Runtime Error (SIGXFSZ)",
    TicketStatus.SIGFPE: "Runtime Error (SIGFPE)",
    TicketStatus.SIGABRT: "Runtime Error (SIGABRT)",
    TicketStatus.NON_ZERO_EXIT: "Runtime Error (NZEC)",
    TicketStatus.OTHER_SIGNAL: "Runtime Error (Other)",
    TicketStatus.INTERNAL_ERROR: "Internal Error",
    TicketStatus.EXEC_FORMAT_ERROR: "Exec Format Error",
}
USUAL_FIELDS = (
    *("stdout", "time", "memory", "stderr", "token", "compile_output", "message", "status"),
)
ALL_FIELDS = (
    *("source_code", "language_id", "stdin", "expected_output", "stdout", "status_id"),
    *("created_at", "finished_at", "time", "memory", "stderr", "token", "number_of_runs"),
    *("cpu_time_limit", "cpu_extra_time", "wall_time_limit", "memory_limit", "stack_limit"),
    *("max_processes_and_or_threads", "enable_per_process_and_thread_time_limit"),
    *("enable_per_process_and_thread_memory_limit", "max_file_size", "compile_output"),
    *("exit_code", "exit_signal", "message", "wall_time", "compiler_options"),
    *("command_line_arguments", "redirect_stderr_to_stdout", "callback_url"),
    *("additional_files", "enable_network", "status", "language"),
)
_TEXTS = frozenset(
    {"source_code", "stdin", "expected_output", "stdout", "stderr", "compile_output", "message"}
)
_LONG_TEXTS = frozenset(LONG_TEXTS)
_PIECE = 3 << 16
_OF_ASK = frozenset(Ask.__dataclass_fields__)
_OF_RESULT = frozenset(TicketResult.__dataclass_fields__) - {"status"}
_SECONDS = frozenset({"time", "wall_time", "cpu_time_limit", "cpu_extra_time", "wall_time_limit"})


class NotText(Exception):
    """A field that was asked for as text is none."""


def fields_of(text: str | None) -> tuple[str, ...]:
    """The fields that are asked for.

    Raises:
        Refused: one of them is none.
    """
    names = tuple(filter(None, (name.strip() for name in (text or "").split(","))))
    if not names:
        return USUAL_FIELDS
    if "*" in names:
        return ALL_FIELDS
    unknown = [name for name in names if name not in ALL_FIELDS]
    if unknown:
        raise error(HTTPStatus.BAD_REQUEST, f"invalid fields: [{', '.join(unknown)}]")
    return tuple(dict.fromkeys(names))


def texts_of(fields: Sequence[str]) -> frozenset[str]:
    """Those of the fields that may be long."""
    return frozenset(fields) & _LONG_TEXTS


def size_of(ticket: Ticket) -> int:
    """How much there is to show of what was read of its long texts."""
    ask = sum(len(getattr(ticket.ask, name) or b"") for name in ASK_TEXTS)
    return ask + sum(len(getattr(ticket.result, name, None) or b"") for name in RESULT_TEXTS)


class View:
    """Shows the submissions of one flavour."""

    def __init__(self, catalogue: Catalogue, config: Judge0Config) -> None:
        self._catalogue = catalogue
        self._config = config

    def __call__(
        self, ticket: Ticket, fields: Sequence[str], *, encoded: bool
    ) -> dict[str, object]:
        """Raises NotText where a text is asked for plain, and is none."""
        return {name: self._shown(ticket, name, encoded=encoded) for name in fields}

    def _shown(self, ticket: Ticket, name: str, *, encoded: bool) -> object:
        value = self._value(ticket, name)
        if name in _TEXTS and isinstance(value, bytes | str):
            return _text(value, encoded=encoded)
        if name == "additional_files" and isinstance(value, bytes):
            return _text(value, encoded=True)
        if name in _SECONDS and isinstance(value, float | int):
            return str(float(value))
        return value

    def _value(self, ticket: Ticket, name: str) -> object:
        special: dict[str, Callable[[], object]] = {
            "token": lambda: ticket.token,
            "status_id": lambda: int(ticket.status),
            "status": lambda: status_view(ticket.status),
            "created_at": lambda: moment_view(ticket.created_at),
            "finished_at": lambda: ticket.finished_at and moment_view(ticket.finished_at),
            "language": lambda: self._language(ticket.ask.language_id),
            "max_processes_and_or_threads": lambda: (
                ticket.ask.max_processes_and_or_threads or self._config.max_processes_and_or_threads
            ),
        }
        if name in special:
            return special[name]()
        if name in _OF_RESULT:
            return getattr(ticket.result, name, None)
        return getattr(ticket.ask, name) if name in _OF_ASK else False

    def _language(self, number: int) -> dict[str, object]:
        """A language may have gone since."""
        listed = self._catalogue.listed.get(number)
        return {"id": number, "name": listed.name if listed else None}


def status_view(status: TicketStatus) -> dict[str, object]:
    return {"id": int(status), "description": STATUSES[status]}


def _text(value: bytes | str, *, encoded: bool) -> msgspec.Raw:
    """As JSON already: a text at a time, so that threads beside this one have their turn."""
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if encoded:
        pieces = (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))
        return msgspec.Raw(b'"%b"' % b"".join(map(base64.b64encode, pieces)))
    try:
        return msgspec.Raw(msgspec.json.encode(data.decode()))
    except UnicodeDecodeError:
        raise NotText from None


def moment_view(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
