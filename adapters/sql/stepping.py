"""From one revision of a SQLite file's tables to another."""

from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from adapters.sql.schema import REVISIONS
from adapters.sql.tables import metadata

FOLDER = Path(__file__).with_name("migrations")


def step_through(connection: Connection, found: int, wanted: int) -> None:
    """Apply, or take back, revisions in the caller's transaction; counts of revisions."""
    context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
    scripts = ScriptDirectory(str(FOLDER))
    with Operations.context(context):
        for revision in REVISIONS[found:wanted]:
            _module(scripts, revision).upgrade()
        for revision in reversed(REVISIONS[wanted:found]):
            _module(scripts, revision).downgrade()


def _module(scripts: ScriptDirectory, revision: str) -> Any:
    script = scripts.get_revision(revision)
    if script is None:
        raise LookupError(revision)
    return script.module
