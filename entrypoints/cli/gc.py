"""`assay gc`: room that unreferenced test data takes is given back."""

import rich_click as click

from application.use_cases.collect_blobs import Collected, CollectionRefused
from config.container import Container
from entrypoints.cli.containers import run_with_container
from entrypoints.cli.home import kept_settings


@click.command()
@click.option("--dry-run", is_flag=True, help="List keys and sizes, and remove nothing.")
@click.option(
    "--even-if-most",
    is_flag=True,
    help="Also if more than half would go, or no test refers to any of what is stored.",
)
@click.option(
    "--take-over",
    is_flag=True,
    help="Make the store of test data this database's; no other deployment may use it.",
)
def gc(*, dry_run: bool, even_if_most: bool, take_over: bool) -> None:
    """Remove test data that no test refers to and nobody uploaded within 24 hours.

    The server may be running meanwhile: what is uploaded while this runs is kept. It refuses where
    the data are not this database's, or most of them would go.
    """
    settings = kept_settings()

    async def collect(container: Container) -> Collected:
        return await container.collect_blobs()(
            dry_run=dry_run, even_if_most=even_if_most, take_over=take_over
        )

    collected = run_with_container(settings, collect)
    if dry_run:
        for blob in collected.blobs:
            click.echo(f"{blob.key} {blob.size_bytes}")
    click.echo(_summary(collected, dry_run=dry_run), err=dry_run)
    if collected.refusal is not None:
        raise CollectionRefused(collected.refusal)


def _summary(collected: Collected, *, dry_run: bool) -> str:
    what = f"{len(collected.blobs)} blobs, {collected.size_bytes} bytes"
    if dry_run:
        return f"would remove: {what}"
    return f"removed: {what}; unfinished uploads: {collected.unfinished}"
