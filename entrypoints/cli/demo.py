"""`assay demo`: the demo challenges."""

import rich_click as click

from config.container import Container
from entrypoints.cli.containers import run_with_container
from entrypoints.cli.home import kept_settings
from entrypoints.demo.loading import load_demo


@click.command()
def demo() -> None:
    """Load the demo challenges, with tests and starter code.

    A challenge whose slug exists is left as it is. The server may be running meanwhile.
    """

    async def load(container: Container) -> list[str]:
        return await load_demo(container)

    loaded = run_with_container(kept_settings(), load)
    for slug in loaded:
        click.echo(f"loaded {slug}")
    if not loaded:
        click.echo("Every demo challenge is there already.")
