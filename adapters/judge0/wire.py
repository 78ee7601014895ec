"""What Judge0 sends, as far as it is read here, and its base64."""

import base64

import msgspec

from application.ports.judge import JudgeUnavailable
from domain.ticket import TicketStatus

_LIMITS = (
    "max_cpu_time_limit",
    "max_wall_time_limit",
    "max_memory_limit",
    "max_stack_limit",
    "max_max_processes_and_or_threads",
    "max_max_file_size",
)
_LONGEST_S = 86_400.0
_MOST_FILE_KIB = 12 << 10
"""Outputs, errors and what the compiler says, each so large, still make an answer of 64 MiB."""


class NamedLanguage(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str


class About(msgspec.Struct, frozen=True, kw_only=True):
    version: str = ""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What `/config_info` says; a gateway that leaves something out means the shipped default.

    Times are seconds, sizes KiB, as there.
    """

    enable_compiler_options: bool = True
    allowed_languages_for_compile_options: tuple[str, ...] = ()
    enable_callbacks: bool = True
    enable_additional_files: bool = True
    max_cpu_time_limit: float = 15.0
    max_cpu_extra_time: float = 5.0
    max_wall_time_limit: float = 20.0
    max_memory_limit: int = 512_000
    max_stack_limit: int = 128_000
    max_max_processes_and_or_threads: int = 120
    max_max_file_size: int = 4_096
    enable_batched_submissions: bool = True
    max_submission_batch_size: int = 20

    @property
    def impossible(self) -> tuple[str, ...]:
        """The limits within which no program can run, with their values."""
        limits = {name: float(getattr(self, name)) for name in _LIMITS}
        return tuple(f"{name} {limit:g}" for name, limit in limits.items() if not limit > 0)

    def within_reason(self) -> "Config":
        """The same, but no larger and no smaller than can be worked with."""
        batch_size = self.max_submission_batch_size
        return msgspec.structs.replace(
            self,
            max_cpu_time_limit=min(self.max_cpu_time_limit, _LONGEST_S),
            max_cpu_extra_time=min(max(self.max_cpu_extra_time, 0.0), _LONGEST_S),
            max_wall_time_limit=min(self.max_wall_time_limit, _LONGEST_S),
            max_max_file_size=min(self.max_max_file_size, _MOST_FILE_KIB),
            enable_batched_submissions=self.enable_batched_submissions and batch_size > 0,
            max_submission_batch_size=max(1, batch_size),
        )


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one submission, or how far it is, by the fields that were asked for.

    Texts are base64, times are seconds, memory is KiB.
    """

    token: str
    status_id: int
    stdout: str | None = None
    stderr: str | None = None
    compile_output: str | None = None
    message: str | None = None
    time: float | None = None
    wall_time: float | None = None
    memory: float | None = None
    exit_code: int | None = None
    exit_signal: int | None = None

    @property
    def is_finished(self) -> bool:
        return self.status_id not in {TicketStatus.IN_QUEUE, TicketStatus.PROCESSING}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def decoded(text: str | None) -> bytes:
    """The bytes of a field; what Judge0 breaks into lines is joined, and null is nothing.

    Raises:
        JudgeUnavailable: it is not base64.
    """
    try:
        return base64.b64decode(text or "")
    except ValueError:
        raise JudgeUnavailable("Judge0 answered with what is not base64") from None
