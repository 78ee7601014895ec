"""The tables as they were when servers could first keep them; this file changes no more."""

from enum import StrEnum

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)

from adapters.sql.columns import Exact, Id, LongBytes, LongText, Points, Utc, Word
from adapters.sql.migrations.steps import make_table

revision = "0001"
down_revision = None

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Exact(254), nullable=False),
    Column("folded_email", Exact(762), nullable=False, unique=True),
    Column("display_name", LongText, nullable=False),
    Column("password_hash", LongText, nullable=False),
    Column("role", Word(StrEnum), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Index(None, "role", "disabled"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("rotated_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("revoked", Boolean, nullable=False),
)

challenges = Table(
    "challenges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("slug", Exact(64), nullable=False, unique=True),
    Column("status", Word(StrEnum), nullable=False),
    Column("difficulty", Word(StrEnum), nullable=False),
    Column("tags", LongText, nullable=False),
    Column("folded_title", LongText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_version", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("presentation", LongText, nullable=False),
    Index(None, "status", "id"),
)

challenge_versions = Table(
    "challenge_versions",
    metadata,
    Column("challenge_id", ForeignKey("challenges.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("max_score", BigInteger, nullable=False),
    Column("hash", Exact(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("rules", LongText, nullable=False),
    Column("resolved_limits", LongText, nullable=False),
    Column("test_ids", LongText, nullable=False),
    PrimaryKeyConstraint("challenge_id", "number"),
)

test_cases = Table(
    "test_cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("challenge_id", ForeignKey("challenges.id"), nullable=False, index=True),
    Column("name", Exact(255), nullable=False),
    Column("visibility", Word(StrEnum), nullable=False),
    Column("weight", Integer, nullable=False),
    Column("group", Exact(64)),
    Column("position", Integer, nullable=False),
    Column("since_version", Integer, nullable=False),
    Column("input_key", Exact(64), nullable=False),
    Column("input_size_bytes", BigInteger, nullable=False),
    Column("expected_key", Exact(64), nullable=False),
    Column("expected_size_bytes", BigInteger, nullable=False),
    Column("explanation", LongText, nullable=False),
    Column("input_inline", LongBytes),
    Column("expected_inline", LongBytes),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("route", Exact(128), nullable=False),
    Column("key", Exact(255), nullable=False),
    Column("body_hash", Exact(64), nullable=False),
    Column("result", Exact(64), nullable=False),
    Column("created_at", Utc, nullable=False, index=True),
    PrimaryKeyConstraint("user_id", "route", "key"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Word(StrEnum), nullable=False),
    Column("user_id", Id, nullable=False),
    Column("challenge_id", Id),
    Column("challenge_version", Integer),
    Column("language", Exact(32), nullable=False),
    Column("ranked", Boolean, nullable=False),
    Column("submitted_at", Utc, nullable=False),
    Column("status", Word(StrEnum), nullable=False),
    Column("judgement_number", Integer, nullable=False),
    Column("pending_number", Integer),
    Column("attempt", Integer, nullable=False),
    Column("verdict", Word(StrEnum)),
    Column("score", Points),
    Column("max_score", Points),
    Column("cpu_ms", BigInteger),
    Column("memory_kib", BigInteger),
    Column("judged_at", Utc),
    Column("expires_at", Utc),
    Column("ranked_score", Points),
    Column("pending_version", Integer),
    Column("work_class", Word(StrEnum)),
    Column("due_at", Utc),
    Column("lease_token", Exact(64)),
    Column("lease_worker", Exact(255)),
    Column("lease_expires_at", Utc),
    Column("key_user_id", Id),
    Column("key_route", Exact(128)),
    Column("key", Exact(255)),
    Column("body_hash", Exact(64)),
    sqlite_with_rowid=False,
)

_column = submissions.c
Index("ix_submissions_listed", _column.kind, _column.id, _column.language)
Index("ix_submissions_of_user", _column.user_id, _column.kind, _column.id)
Index("ix_submissions_of_challenge", _column.challenge_id, _column.kind, _column.id)
Index(
    "ix_submissions_by_verdict",
    _column.verdict,
    _column.kind,
    _column.id,
    sqlite_where=_column.verdict.is_not(None),
)
Index(
    "uq_submissions_key",
    _column.key_user_id,
    _column.key_route,
    _column.key,
    unique=True,
    sqlite_where=_column.key.is_not(None),
)
Index(
    "ix_submissions_work",
    _column.work_class,
    _column.id,
    _column.due_at,
    _column.user_id,
    sqlite_where=_column.work_class.is_not(None),
)
Index(
    "ix_submissions_leases",
    _column.lease_expires_at,
    _column.user_id,
    sqlite_where=_column.lease_expires_at.is_not(None),
)
Index(
    "ix_submissions_expiring",
    _column.kind,
    _column.expires_at,
    sqlite_where=_column.expires_at.is_not(None),
)
Index(
    "ix_submissions_standing",
    _column.challenge_id,
    _column.user_id,
    _column.ranked_score.desc(),
    _column.submitted_at,
    _column.verdict,
    sqlite_where=_column.ranked_score.is_not(None),
)

handed_in = Table(
    "handed_in",
    metadata,
    Column("submission_id", ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True),
    Column("program", LongText, nullable=False),
    Column("stdin", LongText),
    sqlite_with_rowid=False,
)

judgements = Table(
    "judgements",
    metadata,
    Column("submission_id", ForeignKey("submissions.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("verdicts", LongText, nullable=False),
    Column("payload", LongBytes, nullable=False),
    PrimaryKeyConstraint("submission_id", "number"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    for table in metadata.sorted_tables:
        make_table(op.get_bind(), table)


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
