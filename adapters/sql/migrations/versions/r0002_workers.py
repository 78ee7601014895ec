"""Workers make themselves known, and blobs that no test refers to are found quickly."""

from alembic import op
from sqlalchemy import Column, Index, Integer, MetaData, Table

from adapters.sql.columns import Exact, LongText, Utc
from adapters.sql.migrations.steps import drop_index, make_index, make_table

revision = "0002"
down_revision = "0001"

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})
workers = Table(
    "workers",
    metadata,
    Column("id", Exact(255), nullable=False, primary_key=True),
    Column("slots", Integer, nullable=False),
    Column("languages", LongText, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Index("ix_workers_seen_at", "seen_at"),
)
test_cases = Table(
    "test_cases", metadata, Column("input_key", Exact(64)), Column("expected_key", Exact(64))
)
indexes = (
    Index("ix_test_cases_input_key", test_cases.c.input_key),
    Index("ix_test_cases_expected_key", test_cases.c.expected_key),
)


def upgrade() -> None:
    make_table(op.get_bind(), workers)
    for index in indexes:
        make_index(op.get_bind(), index)


def downgrade() -> None:
    for index in indexes:
        drop_index(op.get_bind(), index)
    workers.drop(op.get_bind(), checkfirst=True)
