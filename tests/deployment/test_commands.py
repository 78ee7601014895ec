"""Every `assay` command that the deployment's files and pages give is one that there is."""

import re
import shlex

import pytest
import rich_click as click

from entrypoints.cli.main import assay
from tests.deployment.files import ROOT, of, our_services

_WORD = r"[a-z][a-z-]*"
_COMMAND = re.compile(rf"(?:^|[\s`])assay ({_WORD}(?: --?[^\s`|;&)]+)*)")
_RUN = re.compile(rf"docker compose run(?: --?\S+)* ([a-z0-9-]+)((?: {_WORD}[^\n`#|;&]*)?)")
_PAGES = ("docs/operations.md", "README.md", "CONTRIBUTING.md")
_COMMENTED = ("compose.yaml", ".env.example", "deploy/make-secrets.sh")
_PROSE = {"is"}
"""What follows the word where it is the program's name in a sentence."""


def given() -> dict[str, str]:
    """Where each command stands, by the command."""
    found = {" ".join(one.words): f"Dockerfile, {one.stage}" for one in of("CMD")}
    for one in (*of("RUN"), *of("HEALTHCHECK")):
        text = re.sub(r'", "|\["|"\]', " ", one.text)
        found |= {match.strip(): "Dockerfile" for match in _COMMAND.findall(text)}
    found |= {" ".join(one["command"]): name for name, one in our_services().items()}
    for name in (*_PAGES, *_COMMENTED):
        found |= dict.fromkeys(_told(name), name)
    return found


def _told(name: str) -> list[str]:
    text = (ROOT / name).read_text("utf-8")
    direct = _COMMAND.findall(text) if name in _PAGES else []
    run = [command.strip() for service, command in _RUN.findall(text) if service in our_services()]
    return [one for one in (*direct, *run) if one and one.split()[0] not in _PROSE]


GIVEN = given()


@pytest.mark.parametrize("command", sorted(GIVEN), ids=str)
def test_a_command_that_is_given_is_one_that_there_is(command: str) -> None:
    name, *arguments = shlex.split(command)
    known = assay.commands

    assert name in known, GIVEN[command]
    assert _options(arguments) <= _taken(known[name]), GIVEN[command]


def _options(arguments: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in arguments if word.startswith("-")}


def _taken(command: click.Command) -> set[str]:
    return {one for parameter in command.params for one in parameter.opts} | {"--help", "-h"}


@pytest.mark.parametrize("name", [*_PAGES, *_COMMENTED])
def test_a_service_that_is_run_is_one_that_there_is(name: str) -> None:
    run = [service for service, _ in _RUN.findall((ROOT / name).read_text("utf-8"))]

    assert [service for service in run if service not in our_services()] == []
