"""Migrations lead to the tables of this version, from every earlier one, and back."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from adapters.sql.lanes import writing
from adapters.sql.migrating import Migrated, WrongRevision, migrate_server
from adapters.sql.mysql import MysqlEngine
from adapters.sql.mysql_server import single_connections, url_of
from adapters.sql.mysql_transactions import SNAPSHOT
from adapters.sql.schema import NEWEST, REVISIONS, SchemaAhead, SchemaBehind
from adapters.sql.sqlite import SqliteEngine
from adapters.sql.sqlite_file import SCHEMA_VERSION, engine_of
from adapters.sql.stepping import FOLDER, step_through
from adapters.sql.storage import SqlStorage
from adapters.sql.submissions import SqlSubmissionRepository
from adapters.sql.tables import metadata
from application.ports.storage import StoreRefused, StoreUnavailable
from tests.contracts.values import (
    NOW,
    case,
    challenge,
    handed_in,
    session,
    submission,
    user,
    worker,
)
from tests.services.mysql import elsewhere, new_database, statements

FIRST = 1


def test_the_known_revisions_are_those_of_the_folder_in_order() -> None:
    folder = ScriptDirectory(str(FOLDER))
    assert tuple(script.revision for script in folder.walk_revisions())[::-1] == REVISIONS


# --- a server ----------------------------------------------------------------------------------


@pytest.fixture
def database() -> Iterator[str]:
    url = new_database()
    yield url
    statements(url, ["DROP DATABASE " + url.rpartition("/")[2]])


async def test_the_migrated_server_has_the_tables_of_this_version(database: str) -> None:
    assert await migrate_server(database) == Migrated(before=None, after=NEWEST)
    assert await _differences(database) == []


async def test_each_revision_can_be_taken_back_and_applied_again(database: str) -> None:
    await migrate_server(database)
    for revision in (*REVISIONS[-2::-1], "base"):
        await migrate_server(database, to=revision, down=True)
    assert await _tables(database) == {"alembic_version"}
    for revision in REVISIONS:
        assert (await migrate_server(database, to=revision)).after == revision
    assert await _differences(database) == []


async def test_migrating_again_changes_nothing(database: str) -> None:
    await migrate_server(database)
    assert await migrate_server(database) == Migrated(before=NEWEST, after=NEWEST)


async def test_what_stopped_midway_is_finished_by_the_next_run(database: str) -> None:
    await migrate_server(database, to="0001")
    undone = ("DROP INDEX ix_submissions_work ON submissions", "DROP TABLE judgements")
    statements(
        database, [*undone, "DELETE FROM alembic_version"]
    )  # as a run left it that was ended
    await migrate_server(database)
    assert await _differences(database) == []


async def test_a_table_that_somebody_reads_for_long_is_tried_again(database: str) -> None:
    await migrate_server(database, to="0001")
    async with _reader(database):
        migrating = asyncio.create_task(migrate_server(database))
        await _until(lambda: _waits_for_a_table(database))
        await _until(lambda: not _waits_for_a_table(database))
    assert await migrating == Migrated(before="0001", after=NEWEST)
    assert await _differences(database) == []


async def test_what_gives_up_on_a_table_in_use_is_finished_by_the_next_run(database: str) -> None:
    await migrate_server(database, to="0001")
    async with _reader(database):
        with pytest.raises(StoreUnavailable, match="a long transaction keeps a table"):
            await migrate_server(database, patience_s=0.1)
    assert await migrate_server(database) == Migrated(before="0001", after=NEWEST)
    assert await _differences(database) == []


async def test_what_the_server_does_not_allow_is_a_refusal(database: str) -> None:
    await migrate_server(database, to="0001")
    name = database.rpartition("/")[2]
    reader = f"r_{name[-12:]}"
    words = [
        f"CREATE USER {reader}@'127.0.0.1' IDENTIFIED BY 'p'",
        f"GRANT SELECT ON {name}.* TO {reader}@'127.0.0.1'",
    ]
    statements(database, words)
    try:
        with pytest.raises(StoreRefused, match="command denied"):
            await migrate_server(f"mysql://{reader}:p@{database.rpartition('@')[2]}")
    finally:
        statements(database, [f"DROP USER {reader}@'127.0.0.1'"])


async def test_two_that_migrate_at_once_do_no_harm(database: str) -> None:
    both = await asyncio.gather(migrate_server(database), migrate_server(database))
    assert sorted(both, key=str) == [
        Migrated(before=NEWEST, after=NEWEST),
        Migrated(before=None, after=NEWEST),
    ]


@pytest.mark.parametrize(
    ("to", "down"), [("0001", False), ("base", False), ("9999", False), (NEWEST, True)]
)
async def test_a_revision_that_lies_the_other_way_or_nowhere_is_refused(
    database: str, to: str, *, down: bool
) -> None:
    await migrate_server(database, to="0001" if down else NEWEST)
    with pytest.raises(WrongRevision, match=to):
        await migrate_server(database, to=to, down=down)


async def test_a_database_without_tables_is_behind(database: str) -> None:
    with pytest.raises(SchemaBehind, match=r"has no tables of ours.* run `assay migrate`"):
        await _check(database)


async def test_a_database_of_an_earlier_version_is_behind(database: str) -> None:
    await migrate_server(database, to="0001")
    with pytest.raises(SchemaBehind, match=rf"revision 0001, .* needs {NEWEST}"):
        await _check(database)


async def test_a_database_of_a_later_version_is_ahead_and_left_alone(database: str) -> None:
    await migrate_server(database)
    statements(database, ["UPDATE alembic_version SET version_num = '9999'"])
    with pytest.raises(SchemaAhead, match="revision 9999"):
        await _check(database)
    with pytest.raises(WrongRevision, match="9999"):
        await migrate_server(database)


async def test_one_engine_finds_the_tables_made_meanwhile(database: str) -> None:
    storage = SqlStorage(MysqlEngine(database))
    with pytest.raises(SchemaBehind):
        await storage.check()
    await migrate_server(database)
    await storage.check()
    await storage.close()


async def _check(url: str) -> None:
    storage = SqlStorage(MysqlEngine(url))
    try:
        await storage.check()
    finally:
        await storage.close()


@asynccontextmanager
async def _reader(url: str) -> AsyncIterator[None]:
    """While it lasts a transaction has read the tables that are to be changed."""
    async with single_connections(url_of(url)).connect() as connection:
        for words in (SNAPSHOT, "SELECT count(*) FROM test_cases", "SELECT id FROM submissions"):
            await connection.exec_driver_sql(words)
        yield
        await connection.exec_driver_sql("ROLLBACK")


def _waits_for_a_table(url: str) -> bool:
    waiting = (
        "SELECT 1 FROM information_schema.processlist"
        " WHERE db = DATABASE() AND state LIKE 'Waiting for table metadata lock%'"
    )
    return bool(statements(url, [waiting]))


async def _until(condition: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - the server tells it no other way
        await asyncio.sleep(0.02)


async def _differences(url: str) -> list[object]:
    async with single_connections(url_of(url)).connect() as connection:
        return await connection.run_sync(_compared)


async def _tables(url: str) -> set[str]:
    async with single_connections(url_of(url)).connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


def _compared(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


# --- a file ------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "assay.sqlite3"


def test_stepping_through_all_revisions_makes_the_tables_of_this_version(path: Path) -> None:
    with engine_of(path, patience_s=1, read_only=False).connect() as stepped:
        step_through(stepped, 0, SCHEMA_VERSION)
        assert _compared(stepped) == []
        assert _definitions(stepped) == _made_at_once(path.with_name("other.sqlite3"))


def test_a_file_can_be_stepped_back_to_nothing_and_up_again(path: Path) -> None:
    with engine_of(path, patience_s=1, read_only=False).connect() as connection:
        step_through(connection, 0, SCHEMA_VERSION)
        for version in range(SCHEMA_VERSION, 0, -1):
            step_through(connection, version, version - 1)
        assert inspect(connection).get_table_names() == []
        step_through(connection, 0, SCHEMA_VERSION)
        assert _compared(connection) == []


async def test_a_file_of_the_first_version_is_taken_over_with_its_data(path: Path) -> None:
    await _fill_first_version(path)

    storage = SqlStorage(SqliteEngine(path))
    async with storage.begin() as unit:
        await unit.workers.announce(worker())
    async with storage.read() as unit:
        assert await unit.users.list(after=None, limit=10) == [user()]
        assert await unit.sessions.get(session().id) == session()
        assert await unit.test_cases.get(case().id) == case()
        assert await unit.workers.alive(NOW) == [worker()]
    await storage.close()

    submissions = SqlSubmissionRepository(SqliteEngine(path))
    assert await submissions.get(submission().id) == submission()
    assert await submissions.handed_in(submission().id) == handed_in()
    await submissions.close()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


async def test_a_crash_amid_taking_over_leaves_the_file_as_it_was(path: Path) -> None:
    await _fill_first_version(path)
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE ix_test_cases_expected_key (a)")  # in the way of the last step
        before = file.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()

    storage = SqlStorage(SqliteEngine(path))
    with pytest.raises(StoreUnavailable):
        await storage.check()
    await storage.close()

    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (FIRST,)
        assert file.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall() == before
        file.execute("DROP TABLE ix_test_cases_expected_key")
    storage = SqlStorage(SqliteEngine(path))
    await storage.check()
    await storage.close()


async def test_many_that_open_a_file_of_the_first_version_take_it_over_once(path: Path) -> None:
    await _fill_first_version(path)
    storages = [SqlStorage(SqliteEngine(path)) for _ in range(5)]
    await asyncio.gather(*(storage.check() for storage in storages))
    for storage in storages:
        async with storage.read() as unit:
            assert await unit.users.get(user().id) == user()
        await storage.close()


async def _fill_first_version(path: Path) -> None:
    """A file as the first version left it."""
    await _fill(path)
    with engine_of(path, patience_s=5, read_only=False).connect() as connection:
        writing(connection, partial(step_through, found=SCHEMA_VERSION, wanted=FIRST))
        connection.exec_driver_sql(f"PRAGMA user_version = {FIRST}")


async def _fill(path: Path) -> None:
    engine = SqliteEngine(path)
    async with SqlStorage(engine).begin() as unit:
        await unit.users.add(user())
        await unit.sessions.add(session())
        await unit.challenges.add(challenge())
        await unit.test_cases.add([case()])
    await SqlSubmissionRepository(engine).add(submission(), handed_in(), None)
    await engine.close()


def _made_at_once(path: Path) -> dict[str, str]:
    elsewhere(SqlStorage(SqliteEngine(path)).check())
    with engine_of(path, patience_s=1, read_only=True).connect() as connection:
        return _definitions(connection)


def _definitions(connection: Connection) -> dict[str, str]:
    """What SQLite was told to make each table and index by."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {row.name: " ".join(row.sql.split()) for row in rows}  # what is added has no line
