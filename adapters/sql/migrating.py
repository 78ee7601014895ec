"""From one revision of a server's tables to another."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.mysql_server import (
    WHAT,
    disposed,
    is_outage,
    is_refusal,
    is_repeatable,
    single_connections,
    url_of,
)
from adapters.sql.mysql_transactions import connected
from adapters.sql.schema import NEWEST, REVISIONS, revision_of
from adapters.sql.stepping import FOLDER
from application.ports.storage import StoreRefused, StoreUnavailable

_LOCK = text("SELECT GET_LOCK(CONCAT('assay migrate ', MD5(DATABASE())), :patience_s)")
PATIENCE_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0
BASE = "base"
"""What comes before the first revision."""


class WrongRevision(ValueError):
    """The database cannot be brought to that revision this way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """The revisions of a database, before and after; None where it has no tables of ours."""

    before: str | None
    after: str | None


class _InUse(Exception):
    """Others use a table that is to be changed; nothing is done of the step that needs it."""


async def migrate_server(
    uri: str, *, to: str = NEWEST, down: bool = False, patience_s: float = PATIENCE_S
) -> Migrated:
    """Bring the database at that address to a revision.

    With `down` it goes back, with the loss of what only later revisions hold; `base` is before the
    first. Two that migrate at once come one after the other. A table that others are reading is
    tried again for `patience_s`, and left alone in between, as whoever comes after us waits too.
    What stops midway is finished by the next run.

    Raises:
        WrongRevision: there is no such revision, or it lies the other way.
        StoreRefused: the server does not let us in, or not do what is needed.
        StoreUnavailable: it does not answer, another migration takes too long, or a table is in use
            for too long.
    """
    engine = single_connections(url_of(uri))
    connection = await connected(engine)
    try:
        await connection.run_sync(_take_turn)  # given up with the connection
        before = await connection.run_sync(_revision)
        count = _place(to) - _place(before)
        if count and down is not (count < 0):
            raise WrongRevision(f"the database has revision {before}: {to} lies the other way")
        work = partial(_change, to=to, down=down)
        return Migrated(before=before, after=await _patiently(connection, work, patience_s))
    finally:
        await connection.close()
        await disposed(engine)


async def _patiently(
    connection: AsyncConnection, work: Callable[[Connection], str | None], patience_s: float
) -> str | None:
    loop = asyncio.get_running_loop()
    end = loop.time() + patience_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return await connection.run_sync(work)
        except _InUse as error:
            if loop.time() + pause_s > end:
                what = f"{WHAT}, where a long transaction keeps a table from being changed,"
                raise StoreUnavailable(what) from error
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _take_turn(connection: Connection) -> None:
    with _translated():
        if connection.execute(_LOCK, {"patience_s": PATIENCE_S}).scalar_one() != 1:
            raise StoreUnavailable(f"{WHAT}, where another migration is under way,")


def _revision(connection: Connection) -> str | None:
    with _translated():
        return revision_of(connection)


def _change(connection: Connection, *, to: str, down: bool) -> str | None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER))
    try:
        with _translated():
            (command.downgrade if down else command.upgrade)(config, to)
            return revision_of(connection)
    except _InUse:
        connection.rollback()
        raise


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if is_repeatable(error):
            raise _InUse from error
        if is_outage(error) and not is_refusal(error):
            raise StoreUnavailable(WHAT) from error
        raise StoreRefused(WHAT, str(error.orig)) from error


def _place(revision: str | None) -> int:
    """How many revisions have led to it."""
    if revision is None or revision == BASE:
        return 0
    if revision not in REVISIONS:
        known = ", ".join(REVISIONS)
        raise WrongRevision(f"this version knows the revisions {known}, and not {revision}")
    return REVISIONS.index(revision) + 1
