"""Which tables this version of the program has: the revisions that led to them, in order."""

from sqlalchemy import Connection, text

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Those of `migrations/versions`; a SQLite file keeps how many of them it has seen."""
NEWEST = REVISIONS[-1]

_HAS_VERSION = text(
    "SELECT count(*) FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name = 'alembic_version'"
)
_VERSION = text("SELECT version_num FROM alembic_version")


class AnotherSchema(Exception):
    """The tables are those of another version of the program; they are left alone."""


class SchemaBehind(AnotherSchema):
    """The server's tables are missing, or those of an earlier version."""

    def __init__(self, found: str | None) -> None:
        state = "has no tables of ours" if found is None else f"has schema revision {found}"
        super().__init__(
            f"the MySQL database {state}, and this program needs {NEWEST}: run `assay migrate`"
        )
        self.found = found


class SchemaAhead(AnotherSchema):
    """The server's tables are those of a later version."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the MySQL database has schema revision {found}, and this program knows only {NEWEST}:"
            " run a newer program, or go back with the newer one's `assay migrate --down-to`"
        )
        self.found = found


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables on a server, or None where there are none."""
    if not connection.execute(_HAS_VERSION).scalar_one():
        return None
    found: str | None = connection.execute(_VERSION).scalar_one_or_none()
    return found


def refuse_another_schema(connection: Connection) -> None:
    """Return if the tables on a server are those of this version.

    Raises:
        SchemaBehind: `assay migrate` has to be run.
        SchemaAhead: they are those of a later version.
    """
    found = revision_of(connection)
    if found is None or found in REVISIONS[:-1]:
        raise SchemaBehind(found)
    if found != NEWEST:
        raise SchemaAhead(found)
