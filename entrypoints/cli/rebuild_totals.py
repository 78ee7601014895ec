"""`assay rebuild-totals`: standings and statistics are made anew from the outcomes."""

import rich_click as click

from config.container import Container
from entrypoints.cli.containers import run_with_container
from entrypoints.cli.home import kept_settings


@click.command("rebuild-totals")
def rebuild_totals() -> None:
    """Make standings and statistics anew from what was judged.

    Nothing needs it: they are kept up with every outcome. It mends them after the database was
    changed by other hands. The server may be running meanwhile; until it ends boards are short.
    """

    async def rebuild(container: Container) -> None:
        await container.rebuild_totals()()

    run_with_container(kept_settings(), rebuild)
    click.echo("standings and statistics are made anew")
