"""${message}."""

from alembic import op

revision = "${up_revision}"
down_revision = "${down_revision}"


def upgrade() -> None:
    """Each step is one that can be repeated: see `steps.py`."""


def downgrade() -> None:
    """Back to what the revision before knows."""
