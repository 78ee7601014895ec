"""What every command has: help, and one clear line when something cannot be done."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from entrypoints.cli.main import assay as group
from tests.entrypoints.cli.program import assay
from tests.journeys import server
from tests.services.process import answers, free_port
from tests.services.redis import redis_url

COMMANDS = sorted(group.commands)


def test_these_are_the_commands() -> None:
    expected = (
        "create-admin demo doctor gc judge-server migrate rebuild-totals serve settings submit"
        " worker"
    )
    assert expected.split() == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_and_its_options_do(command: str) -> None:
    told = assay(command, "--help")

    assert told.returncode == 0
    assert f"Usage: assay {command}" in told.stdout
    assert group.commands[command].help
    assert all(
        parameter.to_info_dict()["help"]
        for parameter in group.commands[command].params
        if parameter.param_type_name == "option"
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("fly",), {}, "No such command 'fly'"),
        (("submit",), {}, "Missing argument"),
        (("serve", "--port", "70000"), {}, "70000"),
        (("serve", "--host", "nowhere"), {}, "ASSAY_HOST must be an IP address"),
        (("doctor",), {"ASSAY_HOEM": "x"}, "ASSAY_HOEM is not a setting"),
        (("demo",), {"ASSAY_RATE_LIMITS": "perhaps"}, "ASSAY_RATE_LIMITS must be on or off"),
        (("demo",), {"ASSAY_HOME": ":memory:"}, "nothing stored here would last"),
        (("create-admin", "a@example.org"), {"ASSAY_HOME": ":memory:"}, "would last"),
        (("create-admin", "a@example.org"), {}, "use --password-file"),
        (("create-admin", "nobody", "--password-file", "-"), {}, "not an e-mail address"),
        (("create-admin", "a@example.org", "--password-file", "/none"), {}, "cannot be read"),
        (("serve",), {"ASSAY_HOME": "/dev/null"}, "ASSAY_HOME cannot be made"),
    ],
)
def test_what_a_user_can_cause_is_one_line_without_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    told = assay(
        *arguments,
        environment={"ASSAY_HOME": str(tmp_path), **environment},
        stdin="a long enough password\n",
    )

    assert told.returncode == 2
    assert told.stderr.startswith("assay: ")
    assert said in told.stderr.splitlines()[0]
    assert "Traceback" not in told.stderr


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        with pytest.raises(AssertionError, match=f"assay: ASSAY_PORT {port} .*already in use"):
            server.start(tmp_path, "--port", port)


def test_nobody_is_let_wait_for_a_server_that_waits_for_a_service(tmp_path: Path) -> None:
    port = free_port()
    environment = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0", "ASSAY_SHARED_HOME": "on"}
    starting = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "entrypoints.cli.main", "serve", "--port", str(port)],
        env=server.environment_of(tmp_path, environment),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert starting.stderr is not None
    with starting, starting.stderr as lines:
        assert any("waiting for a service" in line for line in lines)
        is_listening = answers(port)
        starting.kill()

    assert not is_listening


def test_a_redis_that_refuses_the_password_is_not_waited_for(tmp_path: Path) -> None:
    environment = {
        "REDIS_URL": redis_url().replace("redis://", "redis://:wrong@"),
        "ASSAY_SHARED_HOME": "on",
    }
    begun = time.monotonic()

    with pytest.raises(AssertionError, match="the queue refuses: Redis"):
        server.start(tmp_path, environment=environment)
    assert time.monotonic() - begun < server.START_S


def test_a_password_that_is_too_short_is_refused(tmp_path: Path) -> None:
    told = assay(
        *("create-admin", "a@example.org", "--password-file", "-"),
        environment={"ASSAY_HOME": str(tmp_path)},
        stdin="short\n",
    )

    assert told.returncode == 2
    assert "10 to 128 characters" in told.stderr


def test_settings_lists_every_setting_without_looking_at_any() -> None:
    told = assay("settings", "--markdown", environment={"ASSAY_PORT": "nonsense"})

    assert told.returncode == 0
    assert "| `ASSAY_HOME` | `./var` |" in told.stdout
    assert "| `SECRET_KEY` |  |" in told.stdout


def test_a_line_of_log_is_no_part_of_a_commands_answer(tmp_path: Path) -> None:
    """A store that is away is waited for, with a word about it."""
    environment = {
        "ASSAY_HOME": str(tmp_path),
        "MYSQL_URI": f"mysql://u:p@127.0.0.1:{free_port()}/assay",
        "SECRET_KEY": "k" * 32,
    }
    command = [sys.executable, "-m", "entrypoints.cli.main", "gc", "--dry-run"]
    with subprocess.Popen(  # noqa: S603 - our own program
        command,
        env=server.environment_of(tmp_path, environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        assert running.stderr
        assert "waiting for a service" in running.stderr.readline()
        running.terminate()
        assert running.stdout.read() == ""
