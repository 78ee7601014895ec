"""Running `assay` as its users do: a process with an environment, an exit code and two outputs."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]


def assay(
    *arguments: str, environment: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """One run of the program to its end, without what this process has set of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}  # noqa: TID251
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "entrypoints.cli.main", *arguments],
        cwd=ROOT,
        env={**kept, "COLUMNS": "200", **(environment or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
