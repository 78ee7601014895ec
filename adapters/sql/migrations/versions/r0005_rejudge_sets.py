"""Submissions are judged anew in sets, beside the outcomes that count."""

from enum import StrEnum

from alembic import op
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)

from adapters.sql.columns import Exact, Id, LongText, Points, Utc, Word
from adapters.sql.migrations.steps import drop_column, make_column, make_table

revision = "0005"
down_revision = "0004"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
rejudge_sets = Table(
    "rejudge_sets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", Word(StrEnum), nullable=False, index=True),
    Column("version", Word(StrEnum), nullable=False),
    Column("wanted", LongText, nullable=False),
    Column("total", Integer, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("impact", LongText),
)
rejudge_items = Table(
    "rejudge_items",
    metadata,
    Column("set_id", ForeignKey("rejudge_sets.id"), nullable=False),
    Column("submission_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("challenge_id", Id, nullable=False),
    Column("language", Exact(32), nullable=False),
    Column("ranked", Boolean, nullable=False),
    Column("submitted_at", Utc, nullable=False),
    Column("version", Integer),
    Column("base", Integer, nullable=False),
    Column("old_verdict", Word(StrEnum), nullable=False),
    Column("old_score", Points, nullable=False),
    Column("state", Word(StrEnum), nullable=False),
    Column("first_number", Integer),
    Column("new_verdict", Word(StrEnum)),
    Column("new_score", Points),
    Column("second_number", Integer),
    Column("second_verdict", Word(StrEnum)),
    Column("second_score", Points),
    PrimaryKeyConstraint("set_id", "submission_id"),
    Index(None, "set_id", "state", "submission_id"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    make_column("submissions", Column("shadow_of", Id))
    make_table(op.get_bind(), rejudge_sets)
    make_table(op.get_bind(), rejudge_items)


def downgrade() -> None:
    rejudge_items.drop(op.get_bind(), checkfirst=True)
    rejudge_sets.drop(op.get_bind(), checkfirst=True)
    drop_column("submissions", "shadow_of")
