"""`assay judge-server`: Judge0's HTTP API over the sandbox of this machine."""

import os

import rich_click as click

from config.settings import load_settings
from entrypoints.judge_server.server import serve

_HIGHEST_PORT = 65_535


@click.command(name="judge-server")
@click.option(
    "--host", metavar="ADDRESS", help="Address to listen on; else ASSAY_JUDGE_SERVER_HOST."
)
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, _HIGHEST_PORT),
    help="Port to listen on, 0 for a free one; else ASSAY_JUDGE_SERVER_PORT.",
)
def judge_server(*, host: str | None, port: int | None) -> None:
    """Judge for clients of Judge0, until Ctrl-C.

    Its API is that of Judge0 1.13.1 at / and of its Extra flavour at /extra. Off loopback it needs
    ASSAY_JUDGE_SERVER_TOKENS.
    """
    number = None if port is None else str(port)
    options = {"ASSAY_JUDGE_SERVER_HOST": host, "ASSAY_JUDGE_SERVER_PORT": number}
    given = {name: value for name, value in options.items() if value is not None}
    environment = {**os.environ, **given}  # noqa: TID251 - handed on whole, read in config.settings
    click.echo("Trying every language: at the first start that takes up to a minute.")
    serve(load_settings(environment=environment), announce=_announce)


def _announce(address: str) -> None:
    click.echo(f"Assay judges for clients of Judge0 on {address} until Ctrl-C.")
