"""`assay create-admin` makes admins beside a running server, and lets them back in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.entrypoints.cli.program import Told, assay
from tests.journeys import server
from tests.journeys.api import register, signed_in

FIRST, SECOND = "a long enough password", "another long password"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Server]:
    with server.running(tmp_path_factory.mktemp("home")) as running:
        yield running


def _create_admin(home: Path, email: str, password: str) -> Told:
    return assay(
        *("create-admin", email, "--password-file", "-"),
        environment={"ASSAY_HOME": str(home)},
        stdin=f"{password}\n",
    )


def test_a_new_admin_can_log_in_at_once(running: server.Server) -> None:
    told = _create_admin(running.home, "new@example.org", FIRST)

    assert (told.returncode, told.stdout) == (0, "new@example.org is an admin now.\n")
    with signed_in(running.url, "new@example.org", FIRST) as admin:
        assert admin.http.get("/auth/me").json()["role"] == "admin"


def test_an_account_that_exists_is_promoted_with_the_new_password(running: server.Server) -> None:
    register(running.url, "known@example.org", FIRST)

    told = _create_admin(running.home, "known@example.org", SECOND)

    assert told.returncode == 0
    with signed_in(running.url, "known@example.org", SECOND) as admin:
        assert admin.http.get("/auth/me").json()["role"] == "admin"


def test_the_password_may_come_from_a_file(running: server.Server, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{FIRST}\nnot this line\n", "utf-8")

    told = assay(
        *("create-admin", "file@example.org", "--password-file", str(file)),
        environment={"ASSAY_HOME": str(running.home)},
    )

    assert told.returncode == 0
    with signed_in(running.url, "file@example.org", FIRST) as admin:
        assert admin.http.get("/auth/me").json()["email"] == "file@example.org"
