"""What is sent to Judge0 for a job: its program, with limits that this Judge0 can keep."""

import io
import zipfile
from dataclasses import dataclass, replace

from adapters.judge0.languages import Offer
from adapters.judge0.wire import Config, encoded
from application.ports.judge import USUAL, JobRefused, JudgeJob
from domain.limits import MAX_OUTPUT_KIB, Limits
from domain.program import Program, SourceFile

_LEAST_FILE_KIB = 1_024
"""Judge0's default: the limit holds for every file that a program writes, a runtime's own too."""
_LONGEST_OPTIONS = 512
_UNCHANGED_SINCE = (1980, 1, 1, 0, 0, 0)

Payload = dict[str, str | int | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One job as Judge0 takes it.

    `common` is the same for each of its submissions. `kept_bytes` is how much standard output
    Judge0 keeps: one KiB more than the limit, to see that it was passed, or less than the limit
    where this Judge0 keeps no more. `wall_s` is the wall time after which it kills.
    """

    common: Payload
    limits: Limits
    kept_bytes: int
    wall_s: float

    @property
    def output_bytes(self) -> int:
        """The limit of standard output."""
        return self.limits.output_kib * 1024

    def calling_back(self, url: str) -> "Order":
        return replace(self, common={**self.common, "callback_url": url})

    def with_input(self, stdin: bytes) -> Payload:
        return {**self.common, "stdin": encoded(stdin)}


def order_of(job: JudgeJob, offer: Offer, config: Config) -> Order:
    """The order for a job.

    Raises:
        JobRefused: this Judge0 does not go as far as the limits, or takes no second file.
    """
    if job.options != USUAL:
        raise JobRefused("a program with options of its own is not handed on to a Judge0")
    limits = job.limits
    most = most_of(config)
    _check("time limit", limits.time_ms, most.time_ms, "ms")
    _check("memory limit", limits.memory_kib, most.memory_kib, "KiB")
    file_kib = max(limits.output_kib + 1, _LEAST_FILE_KIB)
    wall_s = min(limits.wall_time_ms / 1000, config.max_wall_time_limit)
    extra_s = (limits.kill_time_ms - limits.time_ms) / 1000
    common: Payload = {
        "language_id": offer.judge0_id,
        "cpu_time_limit": limits.time_ms / 1000,
        "cpu_extra_time": min(extra_s, config.max_cpu_extra_time),
        "wall_time_limit": wall_s,
        "memory_limit": limits.memory_kib,
        "stack_limit": config.max_stack_limit,
        "max_processes_and_or_threads": config.max_max_processes_and_or_threads,
        "max_file_size": min(file_kib, config.max_max_file_size),
        "number_of_runs": 1,
        "enable_network": False,
        "redirect_stderr_to_stdout": False,
        "enable_per_process_and_thread_time_limit": False,
        "enable_per_process_and_thread_memory_limit": False,
    }
    kept_kib = min(file_kib, config.max_max_file_size)
    return Order(
        common=common | _program(job.program, offer, config),
        limits=limits,
        kept_bytes=kept_kib * 1024,
        wall_s=wall_s,
    )


def most_of(config: Config) -> Limits:
    """The largest limits that this Judge0 takes; of output it keeps what it can."""
    return Limits(
        time_ms=_ms(min(config.max_cpu_time_limit, config.max_wall_time_limit)),
        memory_kib=config.max_memory_limit,
        output_kib=MAX_OUTPUT_KIB,
    )


def _check(what: str, wanted: int, most: int, unit: str) -> None:
    if wanted > most:
        raise JobRefused(
            f"the {what} of {wanted} {unit} is over the {most} {unit} that this Judge0 allows"
        )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


# --- the program -------------------------------------------------------------------------------


def _program(program: Program, offer: Offer, config: Config) -> Payload:
    """The main file under the name that Judge0 gives it, and the others beside it.

    The main file lies there under its own name, too, so that others can refer to it.
    """
    own_name = program.main_file.name in {"", offer.entry.file_name}
    beside = [f for f in program.files if not (f is program.main_file and own_name)]
    payload: Payload = {"source_code": encoded(program.source.encode())}
    options = [offer.entry.options, *_to_name(program, offer)]
    if any(options) and offer.takes_options(config):
        joined = " ".join(filter(None, options))
        if len(joined) > _LONGEST_OPTIONS:
            raise JobRefused("the names of the program's files are longer than Judge0 takes")
        payload["compiler_options"] = joined
    elif any(options[1:]):
        raise JobRefused("this Judge0 takes no compiler options, so it compiles one file alone")
    if len(program.files) > 1:
        _check_files(beside, offer, config)
        payload["additional_files"] = encoded(_zipped(beside))
    return payload


def _to_name(program: Program, offer: Offer) -> list[str]:
    """The sources that the compiler has to be told of beside the main one."""
    others = [f.name for f in program.files if f is not program.main_file]
    endings = offer.entry.compiles_named
    return [name for name in others if endings and name.endswith(endings)]


def _check_files(beside: list[SourceFile], offer: Offer, config: Config) -> None:
    if not config.enable_additional_files:
        raise JobRefused("this Judge0 takes one file a program, and this one has several")
    if any(file.name == offer.entry.file_name for file in beside):
        name = offer.entry.file_name
        raise JobRefused(f"Judge0 calls the file to begin with {name}, and another has that name")


def _zipped(files: list[SourceFile]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            member = zipfile.ZipInfo(file.name, _UNCHANGED_SINCE)
            member.external_attr = 0o644 << 16
            archive.writestr(member, file.content.encode())
    return buffer.getvalue()
