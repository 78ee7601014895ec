"""The tables. A column is named as the field that it holds, so rows become values by name."""

from dataclasses import fields
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)

from adapters.sql.columns import Document, Exact, Id, LongBytes, LongText, Points, Utc, Word
from domain.challenge import (
    MAX_TEST_NAME_LENGTH,
    ChallengeStatus,
    Difficulty,
    JudgingRules,
    Presentation,
    Visibility,
)
from domain.ids import LanguageId, TestCaseId
from domain.judgement import Verdict
from domain.language import Language
from domain.limits import Limits
from domain.program import Program
from domain.rejudging import Impact, ItemState, RejudgeOn, SetState, Wanted
from domain.scoring import MAX_GROUP_NAME_LENGTH
from domain.submission import SubmissionKind, SubmissionStatus, WorkClass
from domain.tally import Tally
from domain.user import MAX_EMAIL_LENGTH, Role

_ROUTE_LENGTH, _KEY_LENGTH, _HASH_LENGTH = 128, 255, 64
_LANGUAGE_LENGTH = 32
_TOKEN_LENGTH, _WORKER_LENGTH = 64, 255
_DEPLOYMENT_LENGTH = 64
_SLUG_LENGTH = 64

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def values_of(value: Any) -> dict[str, Any]:
    """The fields of a frozen value, as parameters for the columns of the same names."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Exact(MAX_EMAIL_LENGTH), nullable=False),
    Column("folded_email", Exact(3 * MAX_EMAIL_LENGTH), nullable=False, unique=True),
    Column("display_name", LongText, nullable=False),
    Column("password_hash", LongText, nullable=False),
    Column("role", Word(Role), nullable=False),
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
    Column("slug", Exact(_SLUG_LENGTH), nullable=False, unique=True),
    Column("status", Word(ChallengeStatus), nullable=False),
    Column("difficulty", Word(Difficulty), nullable=False),
    Column("tags", LongText, nullable=False),
    Column("folded_title", LongText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_version", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("presentation", Document(Presentation), nullable=False),
    Index(None, "status", "id"),
)
"""What repeats parts of `presentation` is there for filters: see `challenges.py`."""

challenge_versions = Table(
    "challenge_versions",
    metadata,
    Column("challenge_id", ForeignKey("challenges.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("max_score", BigInteger, nullable=False),
    Column("hash", Exact(_HASH_LENGTH), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("rules", Document(JudgingRules), nullable=False),
    Column("resolved_limits", Document(dict[LanguageId, Limits]), nullable=False),
    Column("test_ids", Document(tuple[TestCaseId, ...]), nullable=False),
    PrimaryKeyConstraint("challenge_id", "number"),
)

test_cases = Table(
    "test_cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("challenge_id", ForeignKey("challenges.id"), nullable=False, index=True),
    Column("name", Exact(MAX_TEST_NAME_LENGTH), nullable=False),
    Column("visibility", Word(Visibility), nullable=False),
    Column("weight", Integer, nullable=False),
    Column("group", Exact(MAX_GROUP_NAME_LENGTH)),
    Column("position", Integer, nullable=False),
    Column("since_version", Integer, nullable=False),
    Column("input_key", Exact(_HASH_LENGTH), nullable=False, index=True),
    Column("input_size_bytes", BigInteger, nullable=False),
    Column("expected_key", Exact(_HASH_LENGTH), nullable=False, index=True),
    Column("expected_size_bytes", BigInteger, nullable=False),
    Column("explanation", LongText, nullable=False),
    Column("input_inline", LongBytes),
    Column("expected_inline", LongBytes),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", Id, nullable=False),
    Column("route", Exact(_ROUTE_LENGTH), nullable=False),
    Column("key", Exact(_KEY_LENGTH), nullable=False),
    Column("body_hash", Exact(_HASH_LENGTH), nullable=False),
    Column("result", Exact(64), nullable=False),
    Column("created_at", Utc, nullable=False, index=True),
    PrimaryKeyConstraint("user_id", "route", "key"),
)

deployment = Table(
    "deployment",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("id", Exact(_DEPLOYMENT_LENGTH), nullable=False),
)
"""One row, whose `only` is 1."""

workers = Table(
    "workers",
    metadata,
    Column("id", Exact(_WORKER_LENGTH), primary_key=True),
    Column("slots", Integer, nullable=False),
    Column("languages", Document(tuple[Language, ...]), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False, index=True),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Word(SubmissionKind), nullable=False),
    Column("user_id", Id, nullable=False),
    Column("challenge_id", Id),
    Column("challenge_version", Integer),
    Column("language", Exact(_LANGUAGE_LENGTH), nullable=False),
    Column("ranked", Boolean, nullable=False),
    Column("submitted_at", Utc, nullable=False),
    Column("status", Word(SubmissionStatus), nullable=False),
    Column("judgement_number", Integer, nullable=False),
    Column("pending_number", Integer),
    Column("attempt", Integer, nullable=False),
    Column("verdict", Word(Verdict)),
    Column("score", Points),
    Column("max_score", Points),
    Column("cpu_ms", BigInteger),
    Column("memory_kib", BigInteger),
    Column("judged_at", Utc),
    Column("expires_at", Utc),
    Column("ranked_score", Points),
    Column("pending_version", Integer),
    Column("work_class", Word(WorkClass)),
    Column("due_at", Utc),
    Column("lease_token", Exact(_TOKEN_LENGTH)),
    Column("lease_worker", Exact(_WORKER_LENGTH)),
    Column("lease_expires_at", Utc),
    Column("key_user_id", Id),
    Column("key_route", Exact(_ROUTE_LENGTH)),
    Column("key", Exact(_KEY_LENGTH)),
    Column("body_hash", Exact(_HASH_LENGTH)),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("shadow_of", Id),
    Column("settled_number", Integer, nullable=False, server_default="0"),
    Column("unsettled", Boolean),
    sqlite_with_rowid=False,
)
"""`ranked_score` is set where the score counts in standings. `work_class` and `due_at` are set
while there is something to judge; `due_at` is when it may be claimed: always, or not before the end
of its back-off or of its lease. So the indexes of work and standings hold nothing else. `key` and
those before it are the idempotency key that it was created with. `failures` counts the tries at the
pending judgement that the platform failed; programs that know nothing of it may go on.

Without a rowid a row is kept under its id, as in InnoDB: one page less to write for each.
"""

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

Index(
    "ix_submissions_unsettled",
    _column.unsettled,
    _column.id,
    sqlite_where=_column.unsettled.is_not(None),
)

handed_in = Table(
    "handed_in",
    metadata,
    Column("submission_id", ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True),
    Column("program", Document(Program), nullable=False),
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
"""`payload` is the whole judgement, compressed; `verdicts` one letter a test."""

rejudge_sets = Table(
    "rejudge_sets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", Word(SetState), nullable=False, index=True),
    Column("version", Word(RejudgeOn), nullable=False),
    Column("wanted", Document(Wanted), nullable=False),
    Column("total", Integer, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("impact", Document(Impact)),
)

rejudge_items = Table(
    "rejudge_items",
    metadata,
    Column("set_id", ForeignKey("rejudge_sets.id"), nullable=False),
    Column("submission_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("challenge_id", Id, nullable=False),
    Column("language", Exact(_LANGUAGE_LENGTH), nullable=False),
    Column("ranked", Boolean, nullable=False),
    Column("submitted_at", Utc, nullable=False),
    Column("version", Integer),
    Column("base", Integer, nullable=False),
    Column("old_verdict", Word(Verdict), nullable=False),
    Column("old_score", Points, nullable=False),
    Column("state", Word(ItemState), nullable=False),
    Column("first_number", Integer),
    Column("new_verdict", Word(Verdict)),
    Column("new_score", Points),
    Column("second_number", Integer),
    Column("second_verdict", Word(Verdict)),
    Column("second_score", Points),
    PrimaryKeyConstraint("set_id", "submission_id"),
    Index(None, "set_id", "state", "submission_id"),
    sqlite_with_rowid=False,
)

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
"""One user on one challenge (`domain.pairs.Pair`); `solved`, 1 or 0, is there to rank by."""

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
"""One user on all challenges (`domain.pairs.Overall`)."""

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
    Column("tally", Document(Tally), nullable=False),
    PrimaryKeyConstraint("challenge_id", "day"),
    sqlite_with_rowid=False,
)
"""All that was counted up to that UTC day and on it, so that any range of days is the difference of
two rows; of all challenges together where the challenge is empty.
"""

test_tallies = Table(
    "test_tallies",
    metadata,
    Column("challenge_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("tally", Document(Tally), nullable=False),
    PrimaryKeyConstraint("challenge_id", "version", "day"),
    sqlite_with_rowid=False,
)

item_tallies = Table(
    "item_tallies",
    metadata,
    Column("challenge_id", Id, primary_key=True),
    Column("tally", Document(Tally), nullable=False),
    sqlite_with_rowid=False,
)

settling = Table(
    "settling",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
)
"""One row, whose `only` is 1: who writes it settles, and others wait."""
