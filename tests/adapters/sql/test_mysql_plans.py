"""What is asked often of a server is answered from an index, however much is stored."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping, Table, event

from adapters.sql import adding_up, claims, intake, line, lookups, outcomes
from adapters.sql.engine import Transaction
from adapters.sql.migrating import migrate_server
from adapters.sql.mysql import MysqlEngine
from adapters.sql.storage import SqlStorage, SqlUnitOfWork
from adapters.sql.submissions import SqlSubmissionRepository
from adapters.sql.tables import challenges, metadata, sessions, submissions, test_cases, users
from application.ports.challenges import ChallengeFilter
from application.ports.storage import UnitOfWork
from application.ports.submissions import SubmissionFilter
from domain.challenge import ChallengeStatus
from domain.ids import ChallengeId, LanguageId, SessionId, SubmissionId, TestCaseId, UserId
from domain.judgement import Verdict
from domain.submission import SubmissionKind, SubmissionStatus, WorkClass
from tests.contracts.values import (
    CPP,
    NOW,
    PYTHON,
    beside,
    case,
    challenge,
    handed_in,
    idempotency_key,
    idempotency_record,
    judgement,
    key_of,
    lease,
    session,
    submission,
    user,
    version,
)
from tests.services.mysql import elsewhere, new_database, statements

pytestmark = pytest.mark.usefixtures("patience")

Ask = Callable[[Transaction], Awaitable[object]]

ALICE = UserId("u0007")
ONE, SUM = ChallengeId("one"), ChallengeId("c0007")
KEY = idempotency_key(key="7")
MANY = 10_000
_NAME = "CONCAT('{}', LPAD(seq {}, 4, '0'))"


def _in_a_step(work: Callable[..., object], **given: object) -> Ask:
    return lambda transaction: transaction.run(partial(work, **given))


def _page(**which: Any) -> Ask:
    return _in_a_step(
        lookups.page, which=SubmissionFilter(**which), before=SubmissionId("z"), limit=50
    )


def _in_a_block(ask: Callable[[UnitOfWork], Awaitable[object]]) -> Ask:
    return lambda transaction: ask(SqlUnitOfWork(transaction, for_change=True))


CLAIM = _in_a_step(
    claims.claim_next,
    classes=list(WorkClass),
    now=NOW,
    lease=lease(),
    languages=[PYTHON, CPP],
    served={ALICE: 1},
)
ON = {"since": NOW.date(), "until": NOW.date()}


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (CLAIM, "ix_submissions_work"),
        (CLAIM, "ix_submissions_leases"),
        (CLAIM, "PRIMARY"),
        (
            _in_a_step(
                claims.claim_again, classes=[], now=NOW, lease=lease(), languages=None, served={}
            ),
            "ix_submissions_leases",
        ),
        (_in_a_step(claims.release_worker, worker="w"), "ix_submissions_leases"),
        (_in_a_step(claims.queue_state, now=NOW), "ix_submissions_work"),
        (
            _in_a_step(line.position_of, submission_id=SubmissionId("q000007"), now=NOW),
            "ix_submissions_work",
        ),
        (_in_a_step(intake.remove_expired_runs, now=NOW), "ix_submissions_expiring"),
        (_in_a_step(intake.created_by, key=KEY, now=NOW), "uq_submissions_key"),
        (_in_a_step(lookups.get, submission_id=SubmissionId("s000007")), "PRIMARY"),
        (
            _in_a_step(
                outcomes.request_rejudge,
                submission_id=SubmissionId("s000007"),
                version=1,
                shadow_of=None,
            ),
            "PRIMARY",
        ),
        (_page(), "ix_submissions_listed"),
        (_page(kind=SubmissionKind.RUN), "ix_submissions_listed"),
        (_page(user_id=ALICE), "ix_submissions_of_user"),
        (_page(challenge_id=SUM), "ix_submissions_of_challenge"),
        (_page(user_id=ALICE, challenge_id=SUM), "ix_submissions_of_user"),
        (_page(verdict=Verdict.JUDGE_ERROR), "ix_submissions_by_verdict"),
        (_page(language=LanguageId("cpp")), "ix_submissions_listed"),
        (_page(status=SubmissionStatus.QUEUED), "ix_submissions_work"),
        (_in_a_step(adding_up.progress_of, user_id=ALICE), "ix_submissions_of_user"),
        (_in_a_step(adding_up.best_scores, challenge_id=SUM), "ix_submissions_standing"),
        (_in_a_step(adding_up.judged_facts, challenge_id=SUM, **ON), "ix_submissions_of_challenge"),
        (_in_a_block(lambda unit: unit.users.by_email("u7@x.org")), "uq_users_folded_email"),
        (_in_a_block(lambda unit: unit.users.get(ALICE)), "PRIMARY"),
        (_in_a_block(lambda unit: unit.users.count_enabled_admins()), "ix_users_role_disabled"),
        (_in_a_block(lambda unit: unit.sessions.get(SessionId("s0007"))), "PRIMARY"),
        (_in_a_block(lambda unit: unit.sessions.revoke_all(ALICE)), "ix_sessions_user_id"),
        (_in_a_block(lambda unit: unit.sessions.remove_expired(NOW)), "ix_sessions_expires_at"),
        (_in_a_block(lambda unit: unit.challenges.by_slug("slug-7")), "uq_challenges_slug"),
        (
            _in_a_block(
                lambda unit: unit.challenges.list(
                    ChallengeFilter(status=ChallengeStatus.PUBLISHED), after=SUM, limit=20
                )
            ),
            "ix_challenges_status_id",
        ),
        (
            _in_a_block(lambda unit: unit.challenges.list(ChallengeFilter(), after=SUM, limit=20)),
            "PRIMARY",
        ),
        (_in_a_block(lambda unit: unit.challenges.version(ONE, 1)), "PRIMARY"),
        (
            _in_a_block(
                lambda unit: unit.test_cases.of_version(
                    replace(version(), test_ids=(TestCaseId("t00007"), TestCaseId("t00008")))
                )
            ),
            "PRIMARY",
        ),
        (
            _in_a_block(lambda unit: unit.test_cases.referenced_blobs([key_of(b"7")])),
            "ix_test_cases_input_key",
        ),
        (
            _in_a_block(lambda unit: unit.test_cases.referenced_blobs([key_of(b"7")])),
            "ix_test_cases_expected_key",
        ),
        (_in_a_block(lambda unit: unit.idempotency.find(KEY, NOW)), "PRIMARY"),
        (
            _in_a_block(lambda unit: unit.idempotency.remove_expired(NOW)),
            "ix_idempotency_keys_created_at",
        ),
    ],
)
async def test_an_index_answers_and_no_table_is_read_whole(ask: Ask, index: str) -> None:
    plan = await _plan_of(ask)
    print(*plan, sep="\n")  # noqa: T201 - to be read when it fails
    assert index in {step["key"] for step in plan}
    assert not [step for step in plan if step["type"] in {"ALL", "index"} and not _is_small(step)]


@pytest.mark.parametrize("which", [{}, {"user_id": ALICE}, {"challenge_id": SUM}])
async def test_a_page_is_read_in_order_and_not_sorted(which: dict[str, Any]) -> None:
    assert not [step for step in await _plan_of(_page(**which)) if "filesort" in step["Extra"]]


async def test_the_oldest_piece_of_work_is_found_without_sorting() -> None:
    assert not [step for step in await _plan_of(CLAIM) if "filesort" in step["Extra"]]


def _is_small(step: Mapping[str, Any]) -> bool:
    """What a query made for itself, such as the rows of one challenge that it numbers."""
    return str(step["table"]).startswith("<derived")


async def _plan_of(ask: Ask) -> list[dict[str, Any]]:
    engine = MysqlEngine(_filled())
    asked: list[tuple[str, Any]] = []

    def listen(connection: Connection) -> None:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _c, _cursor, statement, values, *_: asked.append((statement, values)),
        )

    def explain(connection: Connection) -> list[RowMapping]:
        return [
            step
            for statement, values in tuple(asked)
            if not statement.startswith(("INSERT", "START", "COMMIT"))
            for step in connection.exec_driver_sql(f"EXPLAIN {statement}", values).mappings()
        ]

    try:
        async with engine.writing() as transaction:
            await transaction.run(listen)
            await ask(transaction)
            plan = [dict(step) for step in await transaction.run(explain)]
            await transaction.run(lambda connection: connection.exec_driver_sql("ROLLBACK"))
            return plan
    finally:
        await engine.close()


# --- a database that much is in ----------------------------------------------------------------


@functools.cache
def _filled() -> str:
    url = new_database()
    elsewhere(_fill(url))
    work = {"id": "CONCAT('q', LPAD(seq, 6, '0'))", "user_id": _NAME.format("u", "% 500")}
    done = {
        "id": "CONCAT('s', LPAD(seq, 6, '0'))",
        "user_id": _NAME.format("u", "% 500"),
        "challenge_id": _NAME.format("c", "% 100"),
        "language": "IF(seq % 3, 'cpp', 'python3')",
        "verdict": "IF(seq % 1000, 'accepted', 'judge_error')",
        "ranked_score": "seq % 1000",
    }
    number = "CONCAT('slug-', seq)"
    copies = [
        _copies(users, 2_000, id=_NAME.format("u", ""), folded_email="CONCAT('u', seq, '@x.org')"),
        _copies(sessions, 5_000, id=_NAME.format("s", ""), user_id=_NAME.format("u", "% 2000 + 1")),
        _copies(challenges, 2_000, id=_NAME.format("c", ""), slug=number),
        _copies(
            test_cases,
            10_000,
            id="CONCAT('t', LPAD(seq, 5, '0'))",
            input_key="SHA2(seq, 256)",
            expected_key="SHA2(seq + 1, 256)",
        ),
        _copies(submissions, MANY, **done),
        _copies(submissions, 1_000, id="CONCAT('r', LPAD(seq, 6, '0'))", kind="'run'"),
        _copies(submissions, 200, of="work", **work),
    ]
    programs = (
        "INSERT INTO handed_in SELECT s.id, program, stdin FROM submissions s, handed_in"
        " WHERE submission_id = 'work' AND s.id LIKE 'q%'"
    )
    tables = [table.name for table in metadata.sorted_tables]
    statements(url, [*copies, programs, f"ANALYZE TABLE {', '.join(tables)}"])
    return url


async def _fill(url: str) -> None:
    """One row of each kind."""
    await migrate_server(url)
    engine = MysqlEngine(url)
    async with SqlStorage(engine).begin() as unit:
        await unit.users.add(user("one"))
        await unit.sessions.add(session("one", of="one"))
        await unit.challenges.add(challenge("one"))
        await unit.test_cases.add([case("one", of="one", given=beside(b"1"), wanted=beside(b"2"))])
        await unit.challenges.add_version(version(of="one"))
        for number in range(300):
            key = idempotency_key(key=str(number))
            await unit.idempotency.add(idempotency_record(key))
    store = SqlSubmissionRepository(engine)
    await store.add(submission("one"), handed_in(), None)
    claim = await store.claim_next([WorkClass.SUBMISSION], NOW, lease())
    assert claim is not None
    await store.record_outcome(claim, judgement())
    await store.add(submission("work"), handed_in(), None)
    await store.add(submission("keyed"), handed_in(), KEY)
    await engine.close()


def _copies(table: Table, count: int, *, of: str = "one", **changed: str) -> str:
    """Copies of one row, with other expressions for some columns; `seq` counts them."""
    names = ", ".join(f"`{column.name}`" for column in table.columns)
    values = ", ".join(changed.get(column.name, f"`{column.name}`") for column in table.columns)
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {values}"  # noqa: S608 - our own words
        f" FROM {table.name}, seq_1_to_{count} WHERE {table.name}.id = '{of}'"
    )
