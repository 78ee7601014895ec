"""What is special to the embedded database: its file, its locks, and what a crash leaves."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.sql.engine import Clash
from adapters.sql.sqlite import SqliteEngine
from adapters.sql.sqlite_file import SCHEMA_VERSION, SchemaTooNew
from adapters.sql.storage import SqlStorage
from adapters.sql.submissions import SqlSubmissionRepository
from application.ports.storage import StoreUnavailable
from domain.errors import EmailTaken
from domain.ids import SubmissionId
from domain.submission import WorkClass
from tests.contracts.values import NOW, handed_in, lease, submission, user

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from adapters.sql.sqlite import SqliteEngine
from adapters.sql.submissions import SqlSubmissionRepository
from tests.contracts.values import handed_in, submission

async def main():
    submissions = SqlSubmissionRepository(SqliteEngine(Path(sys.argv[1])))
    for number in itertools.count():
        await submissions.add(submission(f"{sys.argv[2]}-{number}"), handed_in(), None)
        print(f"{sys.argv[2]}-{number}", flush=True)

asyncio.run(main())
"""
"""Hands in without end, and says what was acknowledged."""

GUEST = """
import asyncio, sys
from pathlib import Path
from adapters.sql.sqlite import SqliteEngine
from adapters.sql.storage import SqlStorage

async def main():
    storage = SqlStorage(SqliteEngine(Path(sys.argv[1])))
    async with storage.begin() as unit:
        await unit.users.count_enabled_admins()
    await storage.close()

asyncio.run(main())
"""
"""Opens the database, looks into it, and leaves."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "assay.sqlite3"


@pytest.fixture
async def engine(path: Path) -> AsyncIterator[SqliteEngine]:
    engine = SqliteEngine(path, patience_s=5)
    yield engine
    await engine.close()


@pytest.fixture
def submissions(engine: SqliteEngine) -> SqlSubmissionRepository:
    return SqlSubmissionRepository(engine)


# --- the file ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("engine")
def test_nothing_is_made_before_the_first_use(tmp_path: Path) -> None:
    assert not list(tmp_path.iterdir())


async def test_its_files_are_their_owners_alone(engine: SqliteEngine, path: Path) -> None:
    await SqlStorage(engine).check()
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(
        ("assay.sqlite3", "assay.sqlite3-wal", "assay.sqlite3-shm"), 0o600
    )
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_closing_leaves_one_file(engine: SqliteEngine, path: Path) -> None:
    await SqlStorage(engine).check()
    await engine.close()
    assert [file.name for file in path.parent.iterdir()] == ["assay.sqlite3"]


async def test_a_closed_engine_is_not_available(engine: SqliteEngine) -> None:
    await engine.close()
    with pytest.raises(StoreUnavailable):
        await SqlStorage(engine).check()


async def test_what_is_committed_is_synced(engine: SqliteEngine) -> None:
    modes = await engine.write(
        lambda connection: [
            connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    )
    assert modes == ["wal", 2, 1]


async def test_a_newer_schema_is_refused_and_left_alone(engine: SqliteEngine, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(SchemaTooNew, match=f"schema version {SCHEMA_VERSION + 1}") as refusal:
        await engine.open()
    assert refusal.value.path == path
    with closing(sqlite3.connect(path)) as untouched:
        assert untouched.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


async def test_what_is_no_database_is_not_available(engine: SqliteEngine, path: Path) -> None:
    _write(path, b"this is no database, but a text\n" * 100)
    with pytest.raises(StoreUnavailable):
        await SqlStorage(engine).check()


async def test_a_folder_that_cannot_be_made_is_not_available(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    engine = SqliteEngine(tmp_path / "file" / "assay.sqlite3")
    with pytest.raises(StoreUnavailable):
        await engine.open()
    await engine.close()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)


# --- others ------------------------------------------------------------------------------------


async def test_a_writer_elsewhere_is_waited_for_and_then_given_up(path: Path) -> None:
    engine = SqliteEngine(path, patience_s=0.1)
    await engine.open()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            await SqlSubmissionRepository(engine).add(submission(), handed_in(), None)
        assert await SqlSubmissionRepository(engine).get(submission().id) is None
        other.execute("COMMIT")
    await SqlSubmissionRepository(engine).add(submission(), handed_in(), None)
    await engine.close()


async def test_a_block_inside_a_block_is_refused_and_does_not_hang(path: Path) -> None:
    engine = SqliteEngine(path, patience_s=0.1)
    async with engine.writing():
        with pytest.raises(StoreUnavailable):
            await SqlSubmissionRepository(engine).add(submission(), handed_in(), None)
    await SqlSubmissionRepository(engine).add(submission(), handed_in(), None)
    await engine.close()


async def test_what_was_acknowledged_survives_a_kill(
    path: Path, submissions: SqlSubmissionRepository
) -> None:
    with _writer(path, "s") as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(50)]
        writer.kill()
        acknowledged += writer.stdout.read().split()
    stored = [await submissions.handed_in(SubmissionId(name)) for name in acknowledged]
    assert stored == [handed_in()] * len(acknowledged)


async def test_another_process_that_leaves_takes_no_log_with_it(
    submissions: SqlSubmissionRepository, path: Path
) -> None:
    await submissions.add(submission("before"), handed_in(), None)
    await submissions.get(SubmissionId("before"))  # a second connection, beside the writer's
    for name in ("one", "two", "three"):  # each connects and leaves, as `assay create-admin` does
        await asyncio.to_thread(_visit, path)
        await submissions.add(submission(name), handed_in(), None)

    logs = [path.with_name(f"{path.name}-{end}") for end in ("wal", "shm")]
    assert all(log.exists() for log in logs)
    with closing(sqlite3.connect(path)) as other:
        count = other.execute("SELECT count(*) FROM submissions").fetchone()
    assert count == (4,)


async def test_two_processes_write_at_once(
    path: Path, submissions: SqlSubmissionRepository
) -> None:
    with _writer(path, "a") as one, _writer(path, "b") as other:
        assert one.stdout is not None
        assert other.stdout is not None
        names = [stream.readline().strip() for stream in (one.stdout, other.stdout) * 30]
        own = await submissions.add(submission("own"), handed_in(), None)
        one.kill()
        other.kill()
        one.stdout.read()
        other.stdout.read()
    stored = [await submissions.get(SubmissionId(name)) for name in names]
    assert [s.id for s in stored if s is not None] == names
    assert await submissions.get(own.id) == own


def _visit(path: Path) -> None:
    subprocess.run([sys.executable, "-c", GUEST, str(path)], check=True)  # noqa: S603


def _writer(path: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", "-c", WRITER, str(path), name],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


# --- cancellation and failures -----------------------------------------------------------------


async def test_cancelled_work_is_whole_or_not_there(submissions: SqlSubmissionRepository) -> None:
    names = [f"s{number}" for number in range(200)]
    adding = [
        asyncio.create_task(submissions.add(submission(name), handed_in(), None)) for name in names
    ]
    await adding[40]
    for task in adding[::2]:
        task.cancel()
    await asyncio.wait(adding)
    stored = {name: await submissions.handed_in(SubmissionId(name)) for name in names}
    known = {name: await submissions.get(SubmissionId(name)) for name in names}
    assert [n for n in names if stored[n]] == [n for n in names if known[n]]
    assert all(stored[name] for name in names[1::2])


@pytest.mark.parametrize("step", ["begin", "first", "second", "commit"])
async def test_a_block_that_is_cancelled_leaves_a_sound_engine(
    engine: SqliteEngine, step: str
) -> None:
    storage = SqlStorage(engine)
    await storage.check()
    cancelled = asyncio.create_task(_add_two(storage, "x", cancel_at=step))
    await asyncio.wait({cancelled})
    await _add_two(storage, "y")
    async with storage.read() as unit:
        names = [one.id for one in await unit.users.list(after=None, limit=10)]
    assert cancelled.cancelled()
    assert names in (["y1", "y2"], ["x1", "x2", "y1", "y2"])


async def _add_two(storage: SqlStorage, name: str, *, cancel_at: str = "") -> None:
    """Adds two users, and is cancelled while a thread does one step."""

    def begin(step: str) -> None:
        task = asyncio.current_task()
        if step == cancel_at and task is not None:
            asyncio.get_running_loop().call_soon(task.cancel)

    begin("begin")
    async with storage.begin() as unit:
        begin("first")
        await unit.users.add(user(f"{name}1"))
        begin("second")
        await unit.users.add(user(f"{name}2"))
        begin("commit")


async def test_of_those_that_share_a_commit_one_may_fail(
    submissions: SqlSubmissionRepository,
) -> None:
    await submissions.add(submission("s5"), handed_in(), None)
    results = await asyncio.gather(
        *(submissions.add(submission(f"s{n}"), handed_in(), None) for n in range(10)),
        return_exceptions=True,
    )
    assert [n for n, result in enumerate(results) if isinstance(result, Clash)] == [5]
    assert all([await submissions.handed_in(SubmissionId(f"s{n}")) for n in range(10)])


async def test_many_that_claim_at_once_share_nothing(submissions: SqlSubmissionRepository) -> None:
    names = [f"s{n}" for n in range(60)]
    await asyncio.gather(*(submissions.add(submission(n), handed_in(), None) for n in names))
    claims = await asyncio.gather(
        *(submissions.claim_next([WorkClass.SUBMISSION], NOW, lease(f"t{n}")) for n in range(70))
    )
    claimed = [claim.submission.id for claim in claims if claim is not None]
    assert sorted(claimed) == sorted(names)


async def test_an_email_taken_does_not_spoil_the_block(engine: SqliteEngine) -> None:
    storage = SqlStorage(engine)
    async with storage.begin() as unit:
        await unit.users.add(user())
        with pytest.raises(EmailTaken):
            await unit.users.add(user("bob", email=user().email.upper()))
        await unit.users.add(user("carol"))
    async with storage.read() as unit:
        assert len(await unit.users.list(after=None, limit=10)) == 2


async def test_readers_cannot_write(engine: SqliteEngine) -> None:
    with pytest.raises(StoreUnavailable):
        async with SqlStorage(engine).read() as unit:
            await unit.users.add(user())
