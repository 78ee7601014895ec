"""What the platform failed is counted apart from the tries."""

from sqlalchemy import Column, Integer

from adapters.sql.migrations.steps import drop_column, make_column

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    make_column("submissions", Column("failures", Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    drop_column("submissions", "failures")
