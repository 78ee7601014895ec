"""What is asked often is answered from an index, however much is stored."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from adapters.sql import adding_up, claims, intake, line, lookups
from adapters.sql.sqlite_file import engine_of, make_tables
from application.ports.submissions import SubmissionFilter
from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.judgement import Verdict
from domain.submission import SubmissionKind, SubmissionStatus, WorkClass
from tests.contracts.values import CPP, NOW, PYTHON, handed_in, lease, submission

ALICE = UserId("alice")
SUM = ChallengeId("sum")
PAGE = partial(lookups.page, before=SubmissionId("s9"), limit=50)
CLAIM = partial(
    claims.claim_next,
    classes=list(WorkClass),
    now=NOW,
    lease=lease(),
    languages=[PYTHON, CPP],
    served={ALICE: 1},
)
FACTS = partial(adding_up.judged_facts, since=date(2026, 3, 1), until=date(2026, 3, 2))
FAILURES = partial(adding_up.test_failures, since=date(2026, 3, 1), until=date(2026, 3, 2))


def _turns(connection: Connection) -> object:
    return list(claims.turns(connection, WorkClass.SUBMISSION, NOW, {ALICE: 1}))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "assay.sqlite3"
    with engine_of(path, patience_s=1, read_only=False).connect() as connection:
        make_tables(connection, path)
        for name in ("s1", "s2"):
            given = submission(name)
            intake.add(connection, submission=given, handed_in=handed_in(), key=None)
        yield connection


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (partial(PAGE, which=SubmissionFilter()), "listed"),
        (partial(PAGE, which=SubmissionFilter(kind=SubmissionKind.RUN)), "listed"),
        (partial(PAGE, which=SubmissionFilter(language=LanguageId("cpp"))), "listed"),
        (partial(PAGE, which=SubmissionFilter(user_id=ALICE)), "of_user"),
        (partial(PAGE, which=SubmissionFilter(challenge_id=SUM)), "of_challenge"),
        (partial(PAGE, which=SubmissionFilter(user_id=ALICE, challenge_id=SUM)), "of_user"),
        (partial(PAGE, which=SubmissionFilter(verdict=Verdict.JUDGE_ERROR)), "by_verdict"),
        (partial(PAGE, which=SubmissionFilter(status=SubmissionStatus.DONE)), "listed"),
        (partial(PAGE, which=SubmissionFilter(status=SubmissionStatus.QUEUED)), "work"),
        (partial(PAGE, which=SubmissionFilter(status=SubmissionStatus.RUNNING)), "work"),
        (CLAIM, "work"),
        (_turns, "leases"),
        (partial(claims.release_worker, worker="worker"), "leases"),
        (partial(claims.queue_state, now=NOW), "work"),
        (partial(line.position_of, submission_id=SubmissionId("s2"), now=NOW), "work"),
        (partial(intake.remove_expired_runs, now=NOW), "expiring"),
        (partial(adding_up.progress_of, user_id=ALICE), "of_user"),
        (partial(adding_up.best_scores, challenge_id=SUM), "standing"),
        (partial(adding_up.best_scores, challenge_id=None), "standing"),
        (partial(FACTS, challenge_id=SUM), "of_challenge"),
        (partial(FACTS, challenge_id=None), "listed"),
        (partial(FAILURES, challenge_id=SUM), "of_challenge"),
    ],
)
def test_an_index_answers(
    connection: Connection, ask: Callable[[Connection], object], index: str
) -> None:
    plan = _plan_of(connection, ask)
    print("\n".join(plan))  # noqa: T201 - to be read when it fails
    assert any(f"ix_submissions_{index} " in f"{line} " for line in plan)
    assert not [line for line in plan if line.startswith("SCAN submissions") and _scans_all(line)]


@pytest.mark.parametrize("narrowed", [{}, {"user_id": ALICE}, {"challenge_id": SUM}])
def test_a_page_is_read_in_order_and_not_sorted(
    connection: Connection, narrowed: dict[str, Any]
) -> None:
    plan = _plan_of(connection, partial(PAGE, which=SubmissionFilter(**narrowed)))
    assert not [line for line in plan if "TEMP B-TREE" in line]


def test_the_oldest_piece_of_work_is_found_without_sorting(connection: Connection) -> None:
    assert not [line for line in _plan_of(connection, CLAIM) if "TEMP B-TREE" in line]


def _scans_all(line: str) -> bool:
    """The index of standings holds only what counts in them."""
    return "ix_submissions_standing" not in line and "ix_submissions_leases" not in line


def _plan_of(connection: Connection, ask: Callable[[Connection], object]) -> list[str]:
    asked: list[tuple[str, Any]] = []
    event.listen(
        connection,
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: asked.append((statement, values)),
    )
    ask(connection)
    return [
        row.detail
        for statement, values in tuple(asked)
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    ]
