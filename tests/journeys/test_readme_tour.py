"""The README keeps its word: its tour runs, line by line, and its table lists the settings."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from config.services import QueueKind
from config.settings import load_settings
from entrypoints.cli.settings import markdown_table
from tests.journeys import server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"<!-- settings:.*?-->\n(.*?)\n?<!-- end of settings -->", re.DOTALL)


def test_the_tour_with_curl_ends_with_accepted(tmp_path: Path) -> None:
    quick = {"ASSAY_LANGUAGES": "python3"}
    with server.running(tmp_path, "--demo", environment=quick) as running:
        tour = run_section("A tour with curl", running.url, tmp_path)

    assert tour.returncode == 0, tour.stderr
    assert tour.stdout.splitlines()[-2:] == ["100", "accepted"]
    assert "event: done" in tour.stdout


def test_a_line_of_the_tour_that_fails_ends_it(tmp_path: Path) -> None:
    nobody_there = "http://127.0.0.1:9"

    tour = run_section("A tour with curl", nobody_there, tmp_path)

    assert tour.returncode != 0


def test_the_set_up_is_two_commands() -> None:
    assert section("Set-up").split("\n\n")[0].splitlines() == ["make serve", "make test"]


def test_the_table_of_settings_is_the_one_that_the_program_prints() -> None:
    shown = _TABLE.search(README)

    assert shown is not None
    assert shown[1] == markdown_table()


def test_the_settings_for_production_go_together(tmp_path: Path) -> None:
    block = re.search(r"^```ini\n(.*?)^```$", section_text("Production"), re.DOTALL | re.MULTILINE)
    assert block is not None
    dotenv = tmp_path / ".env"
    dotenv.write_text(block[1].replace("<64 hexadecimal digits>", "5f" * 32))

    settings = load_settings(environment={"ASSAY_HOME": str(tmp_path / "home")}, dotenv=dotenv)

    assert settings.services.queue is QueueKind.REDIS
    assert settings.is_production


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def run_section(title: str, url: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run the commands of one section, as one script, against that server with that home."""
    environment = {**os.environ, "ASSAY": url, "ASSAY_HOME": str(home)}  # noqa: TID251
    return subprocess.run(  # noqa: S603 - the README's own lines
        ["/bin/bash", "-e", "-x", "-o", "pipefail", "-c", section(title)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def section(title: str) -> str:
    """The commands of one section, a blank line between its blocks."""
    return "\n\n".join(_BLOCK.findall(section_text(title)))


def section_text(title: str) -> str:
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
