"""A database knows which deployment it belongs to, and so whose blobs it may remove."""

from alembic import op
from sqlalchemy import Column, Integer, MetaData, Table

from adapters.sql.columns import Exact
from adapters.sql.migrations.steps import make_table

revision = "0003"
down_revision = "0002"

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})
deployment = Table(
    "deployment",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("id", Exact(64), nullable=False),
)


def upgrade() -> None:
    make_table(op.get_bind(), deployment)


def downgrade() -> None:
    deployment.drop(op.get_bind(), checkfirst=True)
