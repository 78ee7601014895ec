"""`assay create-admin`: the way to the first admin, and back in for one who is locked out."""

import rich_click as click

from config.container import Container
from entrypoints.cli.containers import run_with_container
from entrypoints.cli.home import kept_settings
from entrypoints.cli.passwords import password_file_option, read_password


@click.command("create-admin")
@click.argument("email")
@password_file_option
def create_admin(email: str, password_file: str | None) -> None:
    """Make EMAIL an admin.

    A new account is made. One that exists is promoted and enabled, gets the new password and is
    signed out everywhere. The server may be running meanwhile.
    """
    settings = kept_settings()
    password = read_password(password_file, confirmed=True)

    async def make(container: Container) -> None:
        await container.create_admin()(email=email, password=password)

    run_with_container(settings, make)
    click.echo(f"{email} is an admin now.")
