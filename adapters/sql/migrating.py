"""From one revision of the tables to another: of a server's database, or of a SQLite file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from adapters.sql.mysql_server import WHAT, disposed, single_connections, url_of
from adapters.sql.mysql_transactions import connected
from adapters.sql.schema import NEWEST, REVISIONS, revision_of
from adapters.sql.tables import metadata
from application.ports.storage import StoreUnavailable

_FOLDER = Path(__file__).with_name("migrations")
_LOCK = text("SELECT GET_LOCK(CONCAT('assay migrate ', MD5(DATABASE())), :patience_s)")
_RELEASE = text("SELECT RELEASE_LOCK(CONCAT('assay migrate ', MD5(DATABASE())))")
_PATIENCE_S = 60


class UnknownRevision(ValueError):
    """This version of the program has no such revision."""

    def __init__(self, revision: str) -> None:
        super().__init__(f"there is no revision {revision}: there are {', '.join(REVISIONS)}")
        self.revision = revision


async def migrate_server(uri: str, to: str | None) -> tuple[str | None, str | None]:
    """Bring the database at that address to a revision, the newest by default; before and after.

    `to` may be `base`, which leaves no tables. Two that migrate at once come one after the other.

    Raises:
        UnknownRevision: there is no such revision, or the database is at one of a later version.
        AccessRefused: the server does not let us in.
        StoreUnavailable: it does not answer, or another migration takes too long.
    """
    engine = single_connections(url_of(uri))
    connection = await connected(engine)
    try:
        return await connection.run_sync(_alone, to or NEWEST)
    finally:
        await connection.close()
        await disposed(engine)


def step_through(connection: Connection, found: int, wanted: int) -> None:
    """Apply, or take back, revisions in the caller's transaction; counts of revisions."""
    context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
    scripts = ScriptDirectory(str(_FOLDER))
    with Operations.context(context):
        for revision in REVISIONS[found:wanted]:
            _module(scripts, revision).upgrade()
        for revision in reversed(REVISIONS[wanted:found]):
            _module(scripts, revision).downgrade()


def _alone(connection: Connection, to: str) -> tuple[str | None, str | None]:
    try:
        if connection.execute(_LOCK, {"patience_s": _PATIENCE_S}).scalar_one() != 1:
            raise StoreUnavailable(f"{WHAT} (another migration is under way)")
        try:
            return _migrate(connection, to)
        finally:
            connection.execute(_RELEASE)
    except DBAPIError as error:
        raise StoreUnavailable(WHAT) from error


def _migrate(connection: Connection, to: str) -> tuple[str | None, str | None]:
    found = revision_of(connection)
    order: Sequence[str | None] = (None, *REVISIONS)
    wanted = None if to == "base" else to
    for revision in (found, wanted):
        if revision not in order:
            raise UnknownRevision(str(revision))
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_FOLDER))
    forth = order.index(wanted) > order.index(found)
    (command.upgrade if forth else command.downgrade)(config, to)
    return found, revision_of(connection)


def _module(scripts: ScriptDirectory, revision: str) -> Any:
    script = scripts.get_revision(revision)
    if script is None:
        raise UnknownRevision(revision)
    return script.module
