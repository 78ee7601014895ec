"""From Judge0's statuses back to what happened: a compilation, a run, or a fault of the platform.

Judge0's own verdicts are not used: nothing is ever compared there. Since it starts programs from a
shell, a program that was killed by signal n shows as exit code 128 + n, and one that itself ends
with such a code cannot be told from it.
"""

from dataclasses import replace

from adapters.judge0.orders import Order
from adapters.judge0.wire import Result, decoded
from application.ports.judge import JudgeUnavailable
from domain.run import Compilation, Excess, Run
from domain.stored_output import stored_text
from domain.ticket import TicketStatus

_BY_STATUS = {
    TicketStatus.SIGSEGV: 11,
    TicketStatus.SIGXFSZ: 25,
    TicketStatus.SIGFPE: 8,
    TicketStatus.SIGABRT: 6,
}
_KILLED = 9
_SHELL_SIGNAL = 128
_LAST_SIGNAL = 64
_NEARLY_ALL = 0.95
"""Of the memory limit: who was killed there was killed for want of memory."""
_SAID = "memory limit exceeded"
_MAX_STDERR_BYTES = 64 * 1024
_MAX_REASON_LENGTH = 300


def is_worth_another_try(result: Result) -> bool:
    """Whether the platform failed, in a way that may be over the next time."""
    return _fault(result) is not None


def compilation_of(result: Result) -> Compilation:
    """What the compile step said, of any finished submission of the program.

    Raises:
        JudgeUnavailable: Judge0's answer is not what it ought to be.
    """
    fault = _fault(result)
    if fault is not None:
        return Compilation(ok=False, fault=fault)
    output = stored_text(decoded(result.compile_output))
    return Compilation(ok=result.status_id != TicketStatus.COMPILATION_ERROR, output=output)


def run_of(ordinal: int, result: Result, order: Order) -> Run:
    """What happened on one input; the program is known to compile.

    Raises:
        JudgeUnavailable: Judge0's answer is not what it ought to be.
    """
    fault = _fault(result)
    if fault is None and result.status_id == TicketStatus.COMPILATION_ERROR:
        fault = "Judge0 could not compile again what it had compiled before"
    if fault is not None:
        return Run(ordinal=ordinal, fault=fault)
    exit_code, signal = _ending(result)
    stdout = decoded(result.stdout)
    run = Run(
        ordinal=ordinal,
        exit_code=exit_code,
        signal=signal,
        cpu_ms=_ms(result.time),
        wall_ms=_ms(result.wall_time),
        memory_kib=round(result.memory or 0),
        stdout=stdout[: order.output_bytes],
        stderr=decoded(result.stderr)[:_MAX_STDERR_BYTES],
    )
    return _with_excess(run, result, order, len(stdout))


def _fault(result: Result) -> str | None:
    """Why the platform could not compile or run it; None where it could."""
    match result.status_id:
        case TicketStatus.INTERNAL_ERROR:
            return f"Judge0: internal error: {_message(result) or 'without a reason'}"
        case TicketStatus.EXEC_FORMAT_ERROR:
            return f"Judge0: exec format error: {_message(result) or 'without a reason'}"
        case TicketStatus.COMPILATION_ERROR if not result.compile_output:
            return "Judge0: the compile step failed without a word, as when its sandbox is broken"
        case number if not TicketStatus.ACCEPTED <= number <= TicketStatus.EXEC_FORMAT_ERROR:
            return f"Judge0: unknown status {number}"
        case _:
            return None


def _ending(result: Result) -> tuple[int | None, int | None]:
    """The exit code or the signal, exactly one of them."""
    status = result.status_id
    if status == TicketStatus.TIME_LIMIT_EXCEEDED:
        return None, result.exit_signal or _KILLED
    if status in _BY_STATUS or status == TicketStatus.OTHER_SIGNAL or result.exit_signal:
        by_status = {number.value: signal for number, signal in _BY_STATUS.items()}
        return None, result.exit_signal or by_status.get(status, _KILLED)
    code = result.exit_code or 0
    if _SHELL_SIGNAL < code <= _SHELL_SIGNAL + _LAST_SIGNAL:
        return None, code - _SHELL_SIGNAL
    if status == TicketStatus.NON_ZERO_EXIT and code == 0:
        return 1, None  # what it says beside its status is not worth more than the status
    return code, None


def _with_excess(run: Run, result: Result, order: Order, written: int) -> Run:
    limits, message = order.limits, _message(result).lower()
    is_timed_out = result.status_id == TicketStatus.TIME_LIMIT_EXCEEDED
    is_wall = "wall" in message
    is_full = run.memory_kib >= _NEARLY_ALL * limits.memory_kib
    went_wrong = run.exit_code != 0
    is_cut = written >= order.kept_bytes and (went_wrong or order.kept_bytes < order.output_bytes)
    passed = {
        Excess.CPU_TIME: (is_timed_out and not is_wall) or run.cpu_ms > limits.time_ms,
        Excess.WALL_TIME: is_timed_out and is_wall,
        Excess.MEMORY: _SAID in message
        or run.memory_kib > limits.memory_kib
        or (is_full and went_wrong and not is_timed_out),
        Excess.OUTPUT: written > order.output_bytes or is_cut,
    }
    excess = frozenset(excess for excess, is_passed in passed.items() if is_passed)
    if is_cut and order.kept_bytes < order.output_bytes and excess == {Excess.OUTPUT}:
        return Run(ordinal=run.ordinal, fault=_too_much(order))
    return replace(run, excess=excess)


def _too_much(order: Order) -> str:
    """Within the challenge's limit, and yet more than can be had."""
    return (
        f"the program wrote the {order.kept_bytes // 1024} KiB that this Judge0 keeps of an "
        f"output, and the challenge allows {order.limits.output_kib} KiB"
    )


def _message(result: Result) -> str:
    try:
        text = decoded(result.message).decode(errors="replace")
    except JudgeUnavailable:
        text = result.message or ""
    return " ".join(text.split())[:_MAX_REASON_LENGTH]


def _ms(seconds: float | None) -> int:
    return round((seconds or 0) * 1000)
