"""Passwords come from a file, from standard input or from a prompt, never from an argument."""

import sys
from pathlib import Path

import rich_click as click

from entrypoints.cli.failure import Failure

STANDARD_INPUT = "-"

password_file_option = click.option(
    "--password-file",
    metavar="FILE",
    help="Read the password from the first line of FILE; - is standard input. "
    "Without it you are asked.",
)


def read_password(password_file: str | None, *, confirmed: bool) -> str:
    """The password, asked for (twice where `confirmed`) if there is no file."""
    if password_file is None:
        if not sys.stdin.isatty():
            raise Failure("there is no terminal to ask for the password: use --password-file")
        return str(
            click.prompt("Password", hide_input=True, confirmation_prompt=confirmed, err=True)
        )
    if password_file == STANDARD_INPUT:
        return sys.stdin.readline().rstrip("\r\n")
    try:
        lines = Path(password_file).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"the password file cannot be read: {error}") from None
    return lines[0] if lines else ""
