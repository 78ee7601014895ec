"""`assay migrate`: the tables of a MySQL server are made, or brought to another revision."""

import asyncio

import rich_click as click

from config.migrations import migrate as migrate_tables
from config.settings import load_settings


@click.command()
@click.option("--to", metavar="REVISION", help="Up to this revision and no further.")
@click.option(
    "--down-to",
    metavar="REVISION",
    help="Back to this revision, or `base`; what only later ones hold is lost.",
)
def migrate(to: str | None, down_to: str | None) -> None:
    """Bring the tables in MYSQL_URI's database up to date, before a new version is started.

    To run it again, or twice at once, is harmless. The embedded database needs no such step.
    """
    if to is not None and down_to is not None:
        raise click.UsageError("--to and --down-to exclude each other.")
    migration = asyncio.run(
        migrate_tables(load_settings(), to=down_to or to, down=down_to is not None)
    )
    if migration.before == migration.after:
        click.echo(f"nothing to do: {_named(migration.after)}")
    else:
        click.echo(f"migrated: {_named(migration.before)} -> {_named(migration.after)}")


def _named(revision: str | None) -> str:
    return "no tables" if revision is None else f"revision {revision}"
