"""Running `assay` as its users do: arguments, an environment, an exit code and two outputs."""

import io
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from entrypoints.cli.main import main

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Told:
    """How a run ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def assay(*arguments: str, environment: Mapping[str, str] | None = None, stdin: str = "") -> Told:
    """One run to its end, in this process, without what the environment has set of ours."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in os.environ if name.startswith("ASSAY_")]:  # noqa: TID251
            patch.delenv(name)
        for name, value in {"COLUMNS": "200", **(environment or {})}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["assay", *arguments])
        patch.setattr(sys, "stdin", io.StringIO(stdin))
        with logs_as_before(), pytest.raises(SystemExit) as ended:
            main()
    assert isinstance(ended.value.code, int)
    return Told(ended.value.code, out.getvalue(), err.getvalue())


@contextmanager
def logs_as_before() -> Iterator[None]:
    """What the program does to this process's log is undone."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.reset_defaults()
