"""What a submission looks like on a terminal, and where there is none."""

import io

import msgspec
import pytest
from rich.console import Console

from entrypoints.cli.progress import LiveProgress, PlainProgress, show_outcome
from entrypoints.cli.server_client import Submission, Test

ACCEPTED = Test(ordinal=1, verdict="accepted", time_ms=12, memory_kib=3_072)
WRONG = Test(ordinal=2, verdict="wrong_answer", message="[red]is no markup[/] here")


def _console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    screen = io.StringIO()
    return Console(file=screen, force_terminal=terminal, width=120, _environ={}), screen


def _submission(**fields: object) -> Submission:
    known = {"id": "1", "status": "done", "verdict": "wrong_answer", "score": 40, "max_score": 100}
    return msgspec.convert({**known, **fields}, Submission)


def test_without_a_terminal_every_event_is_a_line() -> None:
    console, screen = _console(terminal=False)
    progress = PlainProgress(console)

    progress.status("running")
    progress.test(ACCEPTED)
    progress.test(WRONG)

    assert screen.getvalue().splitlines() == [
        "running",
        "test 1: accepted 12 ms 3.0 MiB",
        "test 2: wrong_answer [red]is no markup[/] here",
    ]


def test_on_a_terminal_the_tests_of_a_broken_off_attempt_are_dropped() -> None:
    console, screen = _console(terminal=True)
    progress = LiveProgress(console)
    progress.test(ACCEPTED)
    progress.status("queued")

    progress.test(WRONG)
    progress.close()

    last = screen.getvalue().rpartition("queued: ")[2]
    assert last.startswith("0 of 1 tests accepted")
    assert "[red]is no markup[/] here" in last


@pytest.mark.parametrize("terminal", [False, True])
def test_the_verdict_and_the_points_come_last(*, terminal: bool) -> None:
    console, screen = _console(terminal=terminal)

    show_outcome(console, _submission(tests=[ACCEPTED, WRONG], time_ms=12))

    last = screen.getvalue().splitlines()[-1]
    assert "wrong_answer" in last
    assert last.endswith("40 of 100 points, 12 ms")


def test_what_a_compiler_says_is_no_markup() -> None:
    console, screen = _console(terminal=False)

    show_outcome(console, _submission(verdict="compile_error", compile_output="[bold]x[/]\n"))

    assert screen.getvalue().splitlines()[0] == "[bold]x[/]"
