"""`assay serve`: the server with its embedded worker."""

import os

import rich_click as click

from config.container import Container
from config.settings import Settings, load_settings
from entrypoints.demo.admin import DemoAdmin, demo_admin
from entrypoints.demo.loading import load_demo
from entrypoints.server import serve as run_server

_HIGHEST_PORT = 65_535


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on; else ASSAY_HOST.")
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, _HIGHEST_PORT),
    help="Port to listen on, 0 for a free one; else ASSAY_PORT.",
)
@click.option("--demo", is_flag=True, help="Load the demo challenges, and make an admin for them.")
def serve(*, host: str | None, port: int | None, demo: bool) -> None:
    """Serve HTTP and judge what is handed in, until Ctrl-C.

    Everything is kept in ASSAY_HOME. With --demo, on loopback and where there is no admin yet, one
    is made whose random password is printed and kept there.
    """
    settings = load_settings(environment=_environment(host, port))
    login = _without_demo(settings)

    async def prepare(container: Container) -> None:
        nonlocal login
        if demo:
            click.echo("Loading the demo. The first start tries every language: up to a minute.")
            await load_demo(container)
            admin = await demo_admin(container, settings)
            login = _with_demo(admin) if admin else login

    def announce(address: str) -> None:
        click.echo(f"{login}\nAssay listens on {address} until Ctrl-C.")

    run_server(settings, prepare=prepare, announce=announce)


def _environment(host: str | None, port: int | None) -> dict[str, str]:
    """The environment, in which the options stand for the settings of their names."""
    options = {"ASSAY_HOST": host, "ASSAY_PORT": None if port is None else str(port)}
    given = {name: value for name, value in options.items() if value is not None}
    return {**os.environ, **given}  # noqa: TID251 - handed on whole, read in config.settings


def _with_demo(admin: DemoAdmin) -> str:
    kept = f" (kept in {admin.password_file})" if admin.password_file is not None else ""
    return f"Log in as {admin.email} with the password {admin.password}{kept}."


def _without_demo(settings: Settings) -> str:
    if settings.admin is not None:
        email, _ = settings.admin
        return f"If {email} is the first admin: log in with ASSAY_ADMIN_PASSWORD."
    return "To make an admin: assay create-admin EMAIL"
