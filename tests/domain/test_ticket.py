"""What comes of a ticket, from what the sandbox saw."""

import tracemalloc
from dataclasses import replace

import pytest

from domain.run import Compilation, Excess, Run
from domain.ticket import TicketStatus, failed_ticket, is_accepted, is_same_output, result_of
from tests import tickets

ASK = replace(tickets.ASK, max_file_size=1)
OK = Compilation(ok=True)
RUN = Run(ordinal=1, exit_code=0, cpu_ms=10, wall_ms=21, memory_kib=100, stdout=b"x\n")


@pytest.mark.parametrize(
    ("expected", "written", "is_same"),
    [
        (b"", b"", True),
        (b"", b" \n\t\n\0", True),
        (b"a", b"a \t\r\v\f\0", True),
        (b"a\nb", b"a  \nb\n\n", True),
        (b"a\r\nb\r\n", b"a\nb", True),
        (b"\na", b"a", False),
        (b"a", b" a", False),
        (b"a  b", b"a b", False),
        (b"a\n\nb", b"a\nb", False),
        (b"a", b"A", False),
        (b"\xc2\xa0", b"", False),
        (b"a \n" * 50_000, b"a\n" * 50_000, True),
        (b"a\n" * 50_000 + b"b", b"a \n" * 50_000, False),
        (b"a" + b" " * 200_000 + b"\nb", b"a\nb", True),
        (b"\n" * 200_000, b"", True),
        (b"\n" * 200_000 + b"a", b"\t\n" * 200_000 + b"a", True),
    ],
)
def test_blanks_at_ends_do_not_count(expected: bytes, written: bytes, is_same: bool) -> None:  # noqa: FBT001 (a row of the table)
    assert is_same_output(expected, written) is is_same


def test_many_short_lines_are_never_all_held_apart() -> None:
    text = b"\n" * (4 << 20) + b"a"
    tracemalloc.start()
    is_different = not is_same_output(text, b"b" + text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert is_different
    assert peak < 8 * len(text)


def test_any_reason_of_a_failure_can_be_written_down() -> None:
    message = failed_ticket("\ud800" * 10_000).message
    assert message is not None
    assert len(message.encode()) < 10_000


@pytest.mark.parametrize(
    ("compilation", "status", "message"),
    [
        (Compilation(ok=False, output="bad"), TicketStatus.COMPILATION_ERROR, None),
        (Compilation(ok=False, fault="broken"), TicketStatus.INTERNAL_ERROR, "broken"),
    ],
)
def test_what_was_not_compiled_has_no_figures(
    compilation: Compilation, status: TicketStatus, message: str | None
) -> None:
    result = result_of(ASK, compilation, [])
    assert (result.status, result.message) == (status, message)
    assert (result.time, result.memory, result.exit_code, result.stdout) == (None,) * 4


@pytest.mark.parametrize(
    ("excess", "status", "message"),
    [
        (Excess.CPU_TIME, TicketStatus.TIME_LIMIT_EXCEEDED, "Time limit exceeded"),
        (Excess.WALL_TIME, TicketStatus.TIME_LIMIT_EXCEEDED, "Time limit exceeded (wall clock)"),
        (Excess.MEMORY, TicketStatus.OTHER_SIGNAL, "Memory limit exceeded"),
        (Excess.OUTPUT, TicketStatus.SIGXFSZ, "Output limit exceeded"),
    ],
)
def test_a_limit_that_was_passed_is_named(
    excess: Excess, status: TicketStatus, message: str
) -> None:
    run = replace(RUN, exit_code=None, signal=9, excess=frozenset({excess}))
    result = result_of(ASK, OK, [run])
    assert (result.status, result.message, result.stdout) == (status, message, b"x\n")


def test_figures_of_several_runs_are_their_means() -> None:
    runs = [RUN, replace(RUN, cpu_ms=16, wall_ms=25, memory_kib=103)]
    result = result_of(ASK, OK, runs)
    assert (result.time, result.wall_time, result.memory) == (0.013, 0.023, 101)


def test_a_fault_of_the_platform_is_no_verdict() -> None:
    result = result_of(ASK, OK, [Run(ordinal=1, fault="broken")])
    assert (result.status, result.message) == (TicketStatus.INTERNAL_ERROR, "broken")


def test_what_is_not_accepted_is_not_run_again() -> None:
    assert is_accepted(ASK, RUN)
    assert is_accepted(replace(ASK, expected_output=b"x"), RUN)
    assert not is_accepted(replace(ASK, expected_output=b"y"), RUN)
    assert not is_accepted(ASK, replace(RUN, exit_code=1))
    assert not is_accepted(ASK, Run(ordinal=1, fault="broken"))


def test_standard_error_counts_against_the_size_of_a_file() -> None:
    within = result_of(ASK, OK, [replace(RUN, stderr=b"e" * 1024)])
    beyond = result_of(ASK, OK, [replace(RUN, stderr=b"e" * 1025)])
    assert within.status is TicketStatus.ACCEPTED
    assert (beyond.status, beyond.message) == (TicketStatus.SIGXFSZ, "Output limit exceeded")
    assert beyond.stderr == b"e" * 1024
