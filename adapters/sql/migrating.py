"""From one revision of a server's tables to another."""

from dataclasses import dataclass
from functools import partial

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from adapters.sql.mysql_server import WHAT, disposed, is_outage, single_connections, url_of
from adapters.sql.mysql_transactions import connected
from adapters.sql.schema import NEWEST, REVISIONS, revision_of
from adapters.sql.stepping import FOLDER
from application.ports.storage import StoreUnavailable

_LOCK = text("SELECT GET_LOCK(CONCAT('assay migrate ', MD5(DATABASE())), :patience_s)")
_RELEASE = text("SELECT RELEASE_LOCK(CONCAT('assay migrate ', MD5(DATABASE())))")
_PATIENCE_S = 60
BASE = "base"
"""What comes before the first revision."""


class WrongRevision(ValueError):
    """The database cannot be brought to that revision this way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """The revisions of a database, before and after; None where it has no tables of ours."""

    before: str | None
    after: str | None


async def migrate_server(uri: str, *, to: str = NEWEST, down: bool = False) -> Migrated:
    """Bring the database at that address to a revision.

    With `down` it goes back, with the loss of what only later revisions hold; `base` is before the
    first. Two that migrate at once come one after the other.

    Raises:
        WrongRevision: there is no such revision, or it lies the other way.
        StoreRefused: the server does not let us in.
        StoreUnavailable: it does not answer, or another migration takes too long.
    """
    engine = single_connections(url_of(uri))
    connection = await connected(engine)
    try:
        return await connection.run_sync(partial(_alone, to=to, down=down))
    finally:
        await connection.close()
        await disposed(engine)


def _alone(connection: Connection, *, to: str, down: bool) -> Migrated:
    try:
        if connection.execute(_LOCK, {"patience_s": _PATIENCE_S}).scalar_one() != 1:
            raise StoreUnavailable(f"{WHAT}, where another migration is under way,")
        try:
            return _migrate(connection, to=to, down=down)
        finally:
            connection.execute(_RELEASE)
    except DBAPIError as error:
        if is_outage(error):
            raise StoreUnavailable(WHAT) from error
        raise


def _migrate(connection: Connection, *, to: str, down: bool) -> Migrated:
    before = revision_of(connection)
    count = _place(to) - _place(before)
    if count and down is not (count < 0):
        raise WrongRevision(f"the database has revision {before}: {to} lies the other way")
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER))
    (command.downgrade if down else command.upgrade)(config, to)
    return Migrated(before=before, after=revision_of(connection))


def _place(revision: str | None) -> int:
    """How many revisions have led to it."""
    if revision is None or revision == BASE:
        return 0
    if revision not in REVISIONS:
        known = ", ".join(REVISIONS)
        raise WrongRevision(f"this version knows the revisions {known}, and not {revision}")
    return REVISIONS.index(revision) + 1
