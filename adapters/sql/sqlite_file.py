"""The file of the embedded database: how it is opened, and the tables made in it."""

import contextlib
import os
import sqlite3
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine

from adapters.sql.lanes import writing
from adapters.sql.schema import REVISIONS, AnotherSchema
from adapters.sql.tables import metadata

SCHEMA_VERSION = len(REVISIONS)
"""Grows with every change of the tables; kept in the file as `PRAGMA user_version`."""


class SchemaTooNew(AnotherSchema):
    """The file was written by a later version of the program; it is left alone."""

    def __init__(self, path: Path, *, found: int, known: int) -> None:
        super().__init__(
            f"{path} has schema version {found}, and this program knows only {known}:"
            " run a newer program, or give it another folder"
        )
        self.path = path
        self.found = found
        self.known = known


def engine_of(path: Path, *, patience_s: float, read_only: bool) -> Engine:
    """Makes connections whose transactions begin and end by our own words alone."""
    connect = partial(_connect, path, patience_s=patience_s, read_only=read_only)
    return create_engine(
        "sqlite://", creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )


def make_tables(connection: Connection, path: Path) -> None:
    """Make the tables, or bring those of an earlier version up to date with what is in them.

    It happens in one transaction: one process does it, others wait and find it done, and a crash
    leaves the file as it was.

    Raises:
        SchemaTooNew: the file is of a later version of the program.
    """
    writing(connection, partial(_make_tables, path=path))


def _make_tables(connection: Connection, path: Path) -> None:
    found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found > SCHEMA_VERSION:
        raise SchemaTooNew(path, found=found, known=SCHEMA_VERSION)
    if found == SCHEMA_VERSION:
        return
    if found:
        _bring_up_to_date(connection, found)
    else:
        metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _bring_up_to_date(connection: Connection, found: int) -> None:
    from adapters.sql.stepping import step_through  # noqa: PLC0415 - Alembic takes 0.3 s to import

    step_through(connection, found, SCHEMA_VERSION)


def _connect(path: Path, *, patience_s: float, read_only: bool) -> sqlite3.Connection:
    _make_private(path)
    connection = sqlite3.connect(
        path, timeout=patience_s, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a crash
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(path: Path) -> None:
    """Make the file readable for its owner alone; SQLite gives its log the same permissions.

    A file that exists is not even opened: closing it would drop the locks that this process's
    other connections hold on it, and whoever comes next would take the log for abandoned
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
