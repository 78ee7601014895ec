"""Standings and statistics are kept up; what was judged before is unsettled, so it is added."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    text,
)

from adapters.sql.columns import Id, LongText, Points, Utc
from adapters.sql.migrations.steps import (
    drop_column,
    drop_index,
    make_column,
    make_index,
    make_table,
)

revision = "0006"
down_revision = "0005"

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})
pair_standings = Table(
    "pair_standings",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("challenge_id", Id, nullable=False),
    Column("best_score", Points, nullable=False),
    Column("reached_at", Utc, nullable=False),
    Column("first_submitted_at", Utc, nullable=False),
    Column("solved_at", Utc),
    Column("attempts", Integer, nullable=False),
    Column("penalty_minutes", BigInteger, nullable=False),
    Column("solved", Integer, nullable=False),
    PrimaryKeyConstraint("user_id", "challenge_id"),
    sqlite_with_rowid=False,
)
_pair = pair_standings.c
Index(
    "ix_pair_standings_best_score",
    *(_pair.challenge_id, _pair.best_score.desc(), _pair.reached_at, _pair.user_id),
)
Index(
    "ix_pair_standings_icpc",
    *(_pair.challenge_id, _pair.solved.desc(), _pair.penalty_minutes, _pair.solved_at),
    _pair.user_id,
)
user_standings = Table(
    "user_standings",
    metadata,
    Column("user_id", Id, primary_key=True),
    Column("score", Points, nullable=False),
    Column("reached_at", Utc, nullable=False),
    Column("solved", Integer, nullable=False),
    Column("penalty_minutes", BigInteger, nullable=False),
    Column("last_solved_at", Utc),
    Column("first_submitted_at", Utc, nullable=False),
    Column("first_solved_at", Utc),
    sqlite_with_rowid=False,
)
_user = user_standings.c
Index("ix_user_standings_best_score", *(_user.score.desc(), _user.reached_at, _user.user_id))
Index(
    "ix_user_standings_icpc",
    *(_user.solved.desc(), _user.penalty_minutes, _user.last_solved_at, _user.user_id),
)
day_tallies = Table(
    "day_tallies",
    metadata,
    Column("challenge_id", Id, nullable=False),
    Column("day", Date, nullable=False),
    Column("tally", LongText, nullable=False),
    PrimaryKeyConstraint("challenge_id", "day"),
    sqlite_with_rowid=False,
)
test_tallies = Table(
    "test_tallies",
    metadata,
    Column("challenge_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("tally", LongText, nullable=False),
    PrimaryKeyConstraint("challenge_id", "version", "day"),
    sqlite_with_rowid=False,
)
item_tallies = Table(
    "item_tallies",
    metadata,
    Column("challenge_id", Id, primary_key=True),
    Column("tally", LongText, nullable=False),
    sqlite_with_rowid=False,
)
settling = Table(
    "settling", metadata, Column("only", Integer, primary_key=True, autoincrement=False)
)
_TABLES = (pair_standings, user_standings, day_tallies, test_tallies, item_tallies, settling)

submissions = Table(
    "submissions", MetaData(), Column("id", Id, primary_key=True), Column("unsettled", Boolean)
)
_unsettled = Index(
    "ix_submissions_unsettled",
    submissions.c.unsettled,
    submissions.c.id,
    sqlite_where=submissions.c.unsettled.is_not(None),
)
_ALL_THAT_COUNTS = text(
    "UPDATE submissions SET unsettled = 1 WHERE kind = 'submission' AND status = 'done'"
    " AND ranked = 1 AND challenge_id IS NOT NULL AND settled_number = 0"
)


def upgrade() -> None:
    make_column(
        "submissions", Column("settled_number", Integer, nullable=False, server_default="0")
    )
    make_column("submissions", Column("unsettled", Boolean))
    make_index(op.get_bind(), _unsettled)
    for table in _TABLES:
        make_table(op.get_bind(), table)
    op.get_bind().execute(_ALL_THAT_COUNTS)


def downgrade() -> None:
    drop_index(op.get_bind(), _unsettled)
    drop_column("submissions", "unsettled")
    drop_column("submissions", "settled_number")
    for table in reversed(_TABLES):
        table.drop(op.get_bind(), checkfirst=True)
