"""What is special to a database server: it hangs, dies, deadlocks, and answers are lost."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvloop
from sqlalchemy import Connection, text

from adapters.sql.engine import Clash
from adapters.sql.migrating import migrate_server
from adapters.sql.mysql import MysqlEngine
from adapters.sql.storage import SqlStorage
from adapters.sql.submissions import SqlSubmissionRepository
from application.ports.storage import StoreRefused, StoreUnavailable
from application.ports.submissions import LeaseLost
from domain.errors import EmailTaken
from domain.ids import SubmissionId, UserId
from domain.submission import WorkClass
from tests.contracts.mysql_adapters import empty_database
from tests.contracts.values import (
    NOW,
    handed_in,
    idempotency_key,
    judgement,
    lease,
    submission,
    user,
)
from tests.services.mysql import elsewhere, mysql_server, statements
from tests.services.process import PrivateServer
from tests.services.proxy import Proxy, proxy_to

SOON_S = 10.0
"""1.4 s is what is promised; the rest is for a machine that has much to do."""
COMMIT = b"\x03COMMIT"
CLASSES = [WorkClass.SUBMISSION]


@pytest.fixture
def database() -> str:
    return empty_database()


@pytest.fixture
async def engine(
    database: str,
    patience: None,  # noqa: ARG001 - for what it does
) -> AsyncIterator[MysqlEngine]:
    engine = MysqlEngine(database)
    yield engine
    await engine.close()


@pytest.fixture
def submissions(engine: MysqlEngine) -> SqlSubmissionRepository:
    return SqlSubmissionRepository(engine)


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with proxy_to(_port(database)) as proxy:
        yield proxy


@pytest.fixture
async def beyond(database: str, proxy: Proxy) -> AsyncIterator[MysqlEngine]:
    """An engine that reaches its server through the proxy."""
    engine = MysqlEngine(_through(proxy, database))
    await engine.write(_connection_number)
    yield engine
    await engine.close()


# --- getting there -----------------------------------------------------------------------------


async def test_nothing_is_connected_before_the_first_use() -> None:
    await MysqlEngine("mysql://nobody:x@127.0.0.1:1/nothing").close()


@pytest.mark.parametrize("uri", ["", "mysql:/x", "mysql://u:secret@h/d?ssl=on"])
def test_an_address_that_cannot_be_used_is_refused_without_its_password(uri: str) -> None:
    with pytest.raises(ValueError, match=r"must be like|options") as refusal:
        MysqlEngine(uri)
    assert "secret" not in str(refusal.value)


async def test_a_server_that_is_not_there_is_not_available() -> None:
    engine = MysqlEngine("mysql://nobody:x@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnavailable, match="MySQL is not available"):
        await SqlStorage(engine).check()
    await engine.close()


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize("wrong", ["password", "database"])
async def test_a_refusal_is_told_from_an_outage(database: str, wrong: str) -> None:
    parts = urlsplit(database)
    changed = {
        "password": parts._replace(netloc=f"assay:wrong@127.0.0.1:{parts.port}"),
        "database": parts._replace(path="/there-is-none"),
    }
    engine = MysqlEngine(changed[wrong].geturl())
    with pytest.raises(StoreRefused, match="MySQL"):
        await engine.open()
    await engine.close()


async def test_a_closed_engine_is_not_available(engine: MysqlEngine) -> None:
    await engine.open()
    await engine.close()
    await engine.close()
    with pytest.raises(StoreUnavailable):
        await SqlStorage(engine).check()


async def test_sessions_are_strict_in_utc_and_bounded(engine: MysqlEngine) -> None:
    seen = text("SELECT @@time_zone, @@sql_mode, @@max_statement_time, @@character_set_client")
    zone, mode, bound, charset = await engine.read(lambda c: tuple(c.execute(seen).one()))
    assert (zone, bound, charset) == ("+00:00", 30, "utf8mb4")
    assert "STRICT_ALL_TABLES" in mode


@pytest.mark.parametrize(
    ("kind", "level"), [("read", "REPEATABLE-READ"), ("write", "READ-COMMITTED")]
)
async def test_readers_and_writers_are_isolated_as_they_need(
    engine: MysqlEngine, kind: str, level: str
) -> None:
    ask = {"read": engine.read, "write": engine.write}[kind]
    isolation = text("SELECT @@tx_isolation")
    assert await ask(lambda connection: connection.execute(isolation).scalar_one()) == level


# --- a server that hangs -----------------------------------------------------------------------


async def test_nobody_hangs_with_the_server_and_all_goes_on_with_it(
    beyond: MysqlEngine, proxy: Proxy
) -> None:
    storage, submissions = SqlStorage(beyond), SqlSubmissionRepository(beyond)
    await submissions.add(submission("before"), handed_in(), None)
    proxy.hold()

    since = time.monotonic()
    waiting = [submissions.get(SubmissionId("before")) for _ in range(30)]
    results = await asyncio.gather(
        submissions.add(submission("meanwhile"), handed_in(), None),
        _add_user(storage, "u"),
        storage.check(),
        *waiting,
        return_exceptions=True,
    )
    assert {type(result) for result in results} == {StoreUnavailable}
    assert time.monotonic() - since < SOON_S

    proxy.resume()
    await submissions.add(submission("after"), handed_in(), None)
    await _add_user(storage, "v")


async def test_a_block_that_is_under_way_ends_soon_as_well(
    beyond: MysqlEngine, proxy: Proxy
) -> None:
    since = time.monotonic()
    with pytest.raises(StoreUnavailable):
        async with SqlStorage(beyond).begin() as unit:
            await unit.users.add(user())
            proxy.hold()
            since = time.monotonic()
            await unit.users.add(user("bob"))
    assert time.monotonic() - since < SOON_S
    proxy.resume()
    async with SqlStorage(beyond).read() as unit:
        assert await unit.users.list(after=None, limit=10) == []


async def test_what_takes_long_is_waited_for_while_the_server_answers(engine: MysqlEngine) -> None:
    assert await engine.read(_sleep(1.5)) == 0


async def test_what_takes_long_ends_when_the_server_goes_silent(
    beyond: MysqlEngine, proxy: Proxy
) -> None:
    long = asyncio.create_task(beyond.read(_sleep(25)))
    done, _ = await asyncio.wait({long}, timeout=1)
    assert not done
    proxy.hold()
    since = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await long
    assert time.monotonic() - since < SOON_S


async def test_closing_does_not_wait_for_a_server_that_hangs(
    beyond: MysqlEngine, proxy: Proxy
) -> None:
    proxy.hold()
    since = time.monotonic()
    await beyond.close()
    assert time.monotonic() - since < SOON_S


# --- lost connections --------------------------------------------------------------------------


async def test_connections_that_died_in_the_pool_are_replaced(
    beyond: MysqlEngine, proxy: Proxy
) -> None:
    storage, submissions = SqlStorage(beyond), SqlSubmissionRepository(beyond)
    await asyncio.gather(
        *(submissions.add(submission(f"s{n}"), handed_in(), None) for n in range(8))
    )
    proxy.cut()
    with pytest.raises(StoreUnavailable):
        await storage.check()
    proxy.resume()
    await _add_user(storage, "u")
    await submissions.add(submission("s9"), handed_in(), None)
    await storage.check()


@pytest.mark.parametrize("way", ["kill", "quietly"])
async def test_a_connection_that_the_server_ended_is_noticed_and_replaced(
    database: str, engine: MysqlEngine, way: str
) -> None:
    number = await engine.write(_connection_number)
    if way == "kill":
        statements(database, [f"KILL {number}"])
    else:
        await engine.write(lambda c: c.execute(text("SET SESSION wait_timeout = 1")))
        while await _is_connected(database, number):  # noqa: ASYNC110 - the server has no event
            await asyncio.sleep(0.05)
    assert await engine.write(_connection_number) != number


async def test_a_commit_without_an_answer_is_not_done_twice(
    beyond: MysqlEngine, proxy: Proxy
) -> None:
    submissions = SqlSubmissionRepository(beyond)
    for name in ("s1", "s2", "s3"):
        proxy.lose_answer_to(COMMIT)
        assert await submissions.add(submission(name), handed_in(), None) == submission(name)
        assert proxy.has_lost_it

    proxy.lose_answer_to(COMMIT)
    claim = await submissions.claim_next(CLASSES, NOW, lease())
    assert proxy.has_lost_it
    assert claim is not None
    assert (claim.submission.id, claim.attempt) == ("s1", 1)
    assert (await submissions.queue_state(NOW)).waiting == 1

    proxy.lose_answer_to(COMMIT)
    done = await submissions.record_outcome(claim, judgement())
    assert proxy.has_lost_it
    assert await submissions.get(claim.submission.id) == done

    other = await submissions.claim_next(CLASSES, NOW, lease("token-2"))
    assert other is not None
    proxy.lose_answer_to(COMMIT)
    await submissions.hand_back(other, not_before=NOW, failed=True)
    assert proxy.has_lost_it
    assert (await submissions.queue_state(NOW)).due[WorkClass.SUBMISSION] == 2


async def test_a_claim_taken_away_meanwhile_is_still_lost(
    submissions: SqlSubmissionRepository,
) -> None:
    await submissions.add(submission(), handed_in(), None)
    claim = await submissions.claim_next(CLASSES, NOW, lease())
    assert claim is not None
    await submissions.release_worker("w1")
    with pytest.raises(LeaseLost):
        await submissions.hand_back(claim, not_before=NOW, failed=True)


async def test_a_block_whose_commit_has_no_answer_is_not_available(
    beyond: MysqlEngine, proxy: Proxy
) -> None:
    proxy.lose_answer_to(COMMIT)
    with pytest.raises(StoreUnavailable):
        await _add_user(SqlStorage(beyond), "u")
    with pytest.raises(EmailTaken):  # as it took effect
        await _add_user(SqlStorage(beyond), "u")


async def test_a_write_lost_before_its_commit_is_done_again(
    beyond: MysqlEngine, proxy: Proxy
) -> None:
    proxy.lose_answer_to(b"INSERT INTO submissions")
    submissions = SqlSubmissionRepository(beyond)
    await submissions.add(submission(), handed_in(), None)
    assert proxy.has_lost_it
    assert await submissions.handed_in(submission().id) == handed_in()


# --- a server that dies ------------------------------------------------------------------------


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[PrivateServer, str]]:
    server, url = mysql_server(tmp_path)
    server.start()
    elsewhere(migrate_server(url))
    yield server, url
    server.kill()


async def test_what_was_acknowledged_survives_a_kill_of_the_server(
    own_server: tuple[PrivateServer, str],
) -> None:
    server, url = own_server
    engine = MysqlEngine(url)
    submissions = SqlSubmissionRepository(engine)
    acknowledged: list[str] = []
    enough = asyncio.Event()
    writing = [_write(submissions, n, acknowledged, enough) for n in range(4)]
    writers = [asyncio.create_task(each) for each in writing]
    await enough.wait()
    await asyncio.to_thread(server.kill)
    failures = await asyncio.gather(*writers, return_exceptions=True)
    assert {type(failure) for failure in failures} == {StoreUnavailable}
    with pytest.raises(StoreUnavailable):
        await submissions.check()

    await asyncio.to_thread(server.start)
    kept = [await submissions.handed_in(SubmissionId(name)) for name in acknowledged]
    assert kept == [handed_in()] * len(acknowledged)
    await _add_user(SqlStorage(engine), "after")
    await engine.close()


async def _write(
    submissions: SqlSubmissionRepository,
    writer: int,
    acknowledged: list[str],
    enough: asyncio.Event,
) -> None:
    for number in range(100_000):
        name = f"{writer}-{number}"
        await submissions.add(submission(name), handed_in(), None)
        acknowledged.append(name)
        if len(acknowledged) == 50:
            enough.set()


# --- others ------------------------------------------------------------------------------------


async def test_of_two_that_lock_each_other_both_are_done_at_last(engine: MysqlEngine) -> None:
    storage = SqlStorage(engine)
    await _add_user(storage, "a")
    await _add_user(storage, "b")
    tries: list[str] = []
    await asyncio.gather(
        engine.write(_in_this_order(tries, "a", "b")), engine.write(_in_this_order(tries, "b", "a"))
    )
    assert len(tries) > 2
    async with storage.read() as unit:
        names = [one.display_name for one in await unit.users.list(after=None, limit=2)]
    assert names in (["ab", "ab"], ["ba", "ba"])


async def test_a_block_that_the_server_undid_does_nothing_more(
    engine: MysqlEngine, database: str
) -> None:
    storage = SqlStorage(engine)
    with pytest.raises(StoreUnavailable):
        async with storage.begin() as unit, engine.writing() as other:
            await unit.users.add(user("a"))
            statements(database, [f"KILL {await other.run(_connection_number)}"])
            with pytest.raises(StoreUnavailable):
                await other.run(_connection_number)
            await other.run(lambda c: c.execute(text("DELETE FROM users")))
    async with storage.read() as unit:
        assert await unit.users.list(after=None, limit=2) == []


async def test_a_lock_that_is_held_for_long_is_not_waited_for_without_end(
    engine: MysqlEngine,
) -> None:
    storage = SqlStorage(engine)
    await _add_user(storage, "a")
    lock = "SELECT id FROM users WHERE id = 'a' FOR UPDATE"
    async with engine.writing() as holder:
        await holder.run(lambda c: c.execute(text(lock)).all())
        with pytest.raises(StoreUnavailable):
            async with engine.writing() as waiting:
                await waiting.run(lambda c: c.execute(text("SET innodb_lock_wait_timeout = 1")))
                await waiting.run(lambda c: c.execute(text(lock)).all())


async def test_readers_see_one_state_and_wait_for_no_writer(engine: MysqlEngine) -> None:
    storage = SqlStorage(engine)
    await _add_user(storage, "a")
    async with storage.read() as early, storage.begin() as writer:
        await writer.users.update(replace(user("a"), display_name="new"))
        async with storage.read() as late:
            assert await late.users.get(UserId("a")) == user("a")
        assert await early.users.get(UserId("a")) == user("a")


async def test_of_many_submissions_with_one_key_one_is_stored(
    submissions: SqlSubmissionRepository,
) -> None:
    names = [f"s{n}" for n in range(16)]
    key = idempotency_key()
    stored = await asyncio.gather(
        *(submissions.add(submission(name), handed_in(), key) for name in names)
    )
    assert len({one.id for one in stored}) == 1


async def test_the_same_id_twice_is_a_clash(submissions: SqlSubmissionRepository) -> None:
    await submissions.add(submission(), handed_in(), None)
    with pytest.raises(Clash):
        await submissions.add(submission(), handed_in("other"), None)


# --- cancellation ------------------------------------------------------------------------------


async def test_cancelled_requests_leave_a_sound_pool(
    engine: MysqlEngine, submissions: SqlSubmissionRepository
) -> None:
    names = [f"s{n}" for n in range(100)]
    for start in range(0, 100, 20):
        batch = names[start : start + 20]
        adding = [
            asyncio.create_task(submissions.add(submission(n), handed_in(), None)) for n in batch
        ]
        await asyncio.wait(adding, return_when=asyncio.FIRST_COMPLETED)
        for task in adding[::2]:
            task.cancel()
        await asyncio.wait(adding)
    stored = {name: await submissions.handed_in(SubmissionId(name)) for name in names}
    known = {name: await submissions.get(SubmissionId(name)) for name in names}
    assert [n for n in names if stored[n]] == [n for n in names if known[n]]
    assert all(stored[name] for name in names[1::2])
    await _add_user(SqlStorage(engine), "after")


async def test_a_cancelled_block_leaves_nothing_and_a_sound_pool(engine: MysqlEngine) -> None:
    storage = SqlStorage(engine)
    for number in range(20):  # more than there are connections
        task = asyncio.create_task(_add_and_wait(storage, f"u{number}"))
        await asyncio.sleep(0.002 * number)
        task.cancel()
        await asyncio.wait({task})
    await _add_user(storage, "after")
    async with storage.read() as unit:
        assert [one.id for one in await unit.users.list(after=None, limit=30)] == ["after"]


# --- values ------------------------------------------------------------------------------------


async def test_what_databases_like_to_change_comes_back_as_it_was(engine: MysqlEngine) -> None:
    storage = SqlStorage(engine)
    awkward = [
        replace(
            user(name, email=f"{number}@x.org", display_name=f"\U0001f9d1\u200d\U0001f680 {name}"),
            created_at=datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC),
        )
        for number, name in enumerate(("s1", "S1", "s1 ", " s1", "\u015b1"))
    ]
    async with storage.begin() as unit:
        for one in awkward:
            await unit.users.add(one)
    async with storage.read() as unit:
        assert [await unit.users.get(one.id) for one in awkward] == awkward
        listed = [one.id for one in await unit.users.list(after=None, limit=9)]
    assert listed == sorted(one.id for one in awkward)


# --- what tests are made of --------------------------------------------------------------------


async def _add_user(storage: SqlStorage, name: str) -> None:
    async with storage.begin() as unit:
        await unit.users.add(user(name))


async def _add_and_wait(storage: SqlStorage, name: str) -> None:
    async with storage.begin() as unit:
        await unit.users.add(user(name))
        await asyncio.Event().wait()


def _in_this_order(tries: list[str], one: str, other: str) -> Callable[[Connection], None]:
    """Two rows are changed, slowly enough to meet another transaction between them."""

    def work(connection: Connection) -> None:
        tries.append(one)
        for name in (one, other):
            values = {"name": one + other, "id": name}
            connection.execute(text("UPDATE users SET display_name = :name WHERE id = :id"), values)
            connection.execute(text("SELECT SLEEP(0.2)"))

    return work


def _sleep(seconds: float) -> Callable[[Connection], int]:
    return lambda connection: int(connection.execute(text(f"SELECT SLEEP({seconds})")).scalar_one())


def _connection_number(connection: Connection) -> int:
    return int(connection.execute(text("SELECT CONNECTION_ID()")).scalar_one())


async def _is_connected(url: str, number: int) -> bool:
    here = f"SELECT 1 FROM information_schema.processlist WHERE id = {number:d}"  # noqa: S608
    return bool(await asyncio.to_thread(statements, url, [here]))


def _through(proxy: Proxy, url: str) -> str:
    return url.replace(f":{_port(url)}/", f":{proxy.port}/")


def _port(url: str) -> int:
    return urlsplit(url).port or 3306


def test_who_hangs_up_at_once_is_not_available() -> None:
    """As a proxy does before a server that is down; the loop is the one that servers run on."""

    async def ask(port: int) -> set[str]:
        engine = MysqlEngine(f"mysql://user:pass@127.0.0.1:{port}/assay")
        outcomes: set[str] = set()
        for _ in range(40):
            try:
                await engine.read(lambda connection: connection.execute(text("SELECT 1")))
            except Exception as error:  # noqa: BLE001 - which one it is, is what is looked at
                outcomes.add(type(error).__name__)
        await engine.close()
        return outcomes

    with _hanging_up() as port, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(ask(port)) == {"StoreUnavailable"}


@contextmanager
def _hanging_up() -> Iterator[int]:
    """The port of somebody who takes every connection and resets it at once."""
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()
