"""`assay migrate` makes and changes the tables of a server, and says what it did."""

from pathlib import Path

import pytest

from adapters.sql.schema import NEWEST, REVISIONS
from tests.entrypoints.cli.program import Told, assay
from tests.services.mysql import new_database


@pytest.fixture
def database() -> str:
    return new_database()


def test_it_says_what_it_did_and_that_nothing_is_left_to_do(database: str, tmp_path: Path) -> None:
    assert (
        _migrate(database, tmp_path, "--to", "0001").stdout
        == "migrated: no tables -> revision 0001\n"
    )
    assert _migrate(database, tmp_path).stdout == f"migrated: revision 0001 -> revision {NEWEST}\n"
    assert _migrate(database, tmp_path).stdout == f"nothing to do: revision {NEWEST}\n"
    back = _migrate(database, tmp_path, "--down-to", "base")
    assert (back.returncode, back.stdout) == (0, f"migrated: revision {NEWEST} -> no tables\n")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--to", "9999"), f"knows the revisions {', '.join(REVISIONS)}, and not 9999"),
        (("--down-to", "0001"), "0001 lies the other way"),
        (("--to", "0001", "--down-to", "0001"), "exclude each other"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    database: str, tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    told = _migrate(database, tmp_path, *arguments)
    assert told.returncode == 2
    assert problem in told.stderr
    assert "Traceback" not in told.stderr


def test_the_embedded_database_needs_no_migration(tmp_path: Path) -> None:
    told = assay("migrate", environment={"ASSAY_HOME": str(tmp_path), "MYSQL_URI": ""})
    assert told.returncode == 2
    assert "MYSQL_URI is not set" in told.stderr


def _migrate(database: str, home: Path, *arguments: str) -> Told:
    environment = {"ASSAY_HOME": str(home), "MYSQL_URI": database, "SECRET_KEY": "k" * 32}
    return assay("migrate", *arguments, environment=environment)
