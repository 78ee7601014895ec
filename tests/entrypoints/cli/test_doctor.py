"""`assay doctor` says whether a submission could be judged here."""

from pathlib import Path

import pytest
from rich.console import Console

from adapters.sandbox.report import SandboxReport
from entrypoints.cli import doctor
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


@pytest.mark.parametrize(("separate", "says_so"), [(True, False), (False, True)])
def test_where_boxes_share_the_servers_user_id_it_says_so(*, separate: bool, says_so: bool) -> None:
    report = SandboxReport(
        problem=None,
        weaknesses=(),
        bwrap_path="/usr/bin/bwrap",
        bwrap_version="0.8.0",
        user_namespaces=True,
        init_built=True,
        seccomp=True,
        separate_uids=separate,
        cgroups={},
        memory_limit_bites=True,
        slots=1,
        languages=(),
    )
    console = Console(record=True, width=200)

    doctor.show(doctor.Findings(sandbox=report, services={}), console)

    assert ("the server's own user id" in console.export_text()) == says_so
