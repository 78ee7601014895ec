"""`assay doctor` says whether a submission could be judged here."""

from pathlib import Path

import pytest

from tests.entrypoints.cli.program import assay

QUICK = {"ASSAY_LANGUAGES": "python3"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_a_machine_that_can_judge_ends_with_0(home: Path) -> None:
    told = assay("doctor", environment={"ASSAY_HOME": str(home), **QUICK})

    assert told.returncode == 0, told.stdout + told.stderr
    assert "Submissions can be judged here." in told.stdout
    assert "bubblewrap" in told.stdout
    assert "python3" in told.stdout
    assert "blob_store" in told.stdout


def test_the_judge_alone_is_looked_at(home: Path) -> None:
    told = assay("doctor", "--judge", environment={"ASSAY_HOME": str(home), **QUICK})

    assert told.returncode == 0, told.stdout + told.stderr
    assert "blob_store" not in told.stdout


def test_a_machine_without_a_language_ends_with_1(home: Path) -> None:
    none = {"ASSAY_HOME": str(home), "ASSAY_LANGUAGES": "klingon"}

    told = assay("doctor", "--judge", environment=none)

    assert told.returncode == 1
    assert "Submissions cannot be judged here:" in told.stdout
