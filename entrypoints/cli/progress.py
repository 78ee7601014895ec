"""A submission on the screen: live on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from entrypoints.cli.server_client import Submission, Test

LIVE_ROWS = 10
FINAL_ROWS = 50
_STYLES = {"accepted": "green", "skipped": "dim", "judge_error": "magenta"}


class Progress(Protocol):
    """Shows what happens to a submission."""

    def status(self, status: str) -> None:
        """A new status; with `queued` all is begun anew."""
        ...

    def test(self, test: Test) -> None:
        """One test has finished."""
        ...

    def close(self) -> None:
        """Nothing more is to come."""
        ...


class PlainProgress(Progress):
    """One line an event."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def status(self, status: str) -> None:
        _plain(self._console, status)

    def test(self, test: Test) -> None:
        _plain(self._console, f"test {test.ordinal}: {' '.join(filter(None, _cells(test)[1:]))}")

    def close(self) -> None:
        pass


class LiveProgress(Progress):
    """A table of the last tests, which grows in place."""

    def __init__(self, console: Console) -> None:
        self._tests: dict[int, Test] = {}
        self._status = "queued"
        self._live = Live(console=console, transient=True)
        self._live.start()

    def status(self, status: str) -> None:
        self._status = status
        if status == "queued":
            self._tests.clear()
        self._show()

    def test(self, test: Test) -> None:
        self._tests[test.ordinal] = test
        self._show()

    def close(self) -> None:
        self._live.stop()

    def _show(self) -> None:
        passed = sum(test.verdict == "accepted" for test in self._tests.values())
        title = f"{self._status}: {passed} of {len(self._tests)} tests accepted"
        self._live.update(_table(list(self._tests.values())[-LIVE_ROWS:], title))


def show_outcome(console: Console, submission: Submission) -> None:
    """The verdict, with all tests where there is a terminal to look at them."""
    if console.is_terminal and submission.tests:
        console.print(_table(submission.tests[:FINAL_ROWS], None))
        if len(submission.tests) > FINAL_ROWS:
            console.print(f"... and {len(submission.tests) - FINAL_ROWS} more tests")
    if submission.compile_output and submission.verdict == "compile_error":
        _plain(console, submission.compile_output.rstrip())
    verdict = submission.verdict or submission.status
    figures = [
        f"{submission.score or 0:g} of {submission.max_score or 0:g} points",
        *_figures(submission.time_ms, submission.memory_kib),
    ]
    console.print(
        f"[bold {_STYLES.get(verdict, 'red')}]{verdict}[/]: {', '.join(filter(None, figures))}",
        highlight=False,
        soft_wrap=True,
    )


def _table(tests: Sequence[Test], title: str | None) -> Table:
    table = Table("Test", "Verdict", "Time", "Memory", "", title=title, title_justify="left")
    for test in tests:
        number, verdict, time, memory, message = map(escape, _cells(test))
        style = _STYLES.get(test.verdict, "red")
        table.add_row(number, f"[{style}]{verdict}[/]", time, memory, message)
    return table


def _cells(test: Test) -> list[str]:
    return [
        str(test.ordinal),
        test.verdict,
        *_figures(test.time_ms, test.memory_kib),
        test.message or "",
    ]


def _figures(time_ms: int | None, memory_kib: int | None) -> list[str]:
    return [
        "" if time_ms is None else f"{time_ms} ms",
        "" if memory_kib is None else f"{memory_kib / 1024:.1f} MiB",
    ]


def _plain(console: Console, line: str) -> None:
    """Exactly these words: what comes from a server or a program is no markup."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)
