"""What is handed in to a judge server: every adapter of `TicketStore` keeps this contract."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.memory.ticket_store import MemoryTicketStore
from adapters.sqlite.ticket_store import SqliteTicketStore
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import (
    AnswerTooLarge,
    TicketsFull,
    TicketStore,
    TicketUnreadable,
)
from domain.ids import LanguageId
from domain.ticket import (
    LONG_TEXTS,
    Ask,
    Flavour,
    Ticket,
    TicketResult,
    TicketStatus,
    TicketToken,
)
from tests.tickets import ticket_for

NOW = datetime(2026, 5, 17, 23, 59, 59, 999_999, tzinfo=UTC)
ASK = Ask(
    language_id=46,
    language=LanguageId("bash"),
    file_name="script.sh",
    source_code=b"echo \xff\0\xf0\x9f\x98\x80 ",
    stdin=b"",
    expected_output=None,
    compiler_options="-O2 'é'",
    command_line_arguments=None,
    additional_files=bytes(range(256)) * 400,
    callback_url="http://example.org/",
    cpu_time_limit=0.1,
    cpu_extra_time=1.0,
    wall_time_limit=10.0,
    memory_limit=128_000,
    stack_limit=64_000,
    max_processes_and_or_threads=None,
    max_file_size=1_024,
    number_of_runs=2,
    redirect_stderr_to_stdout=True,
)
RESULT = TicketResult(
    status=TicketStatus.WRONG_ANSWER,
    stdout=b"\xff\0",
    stderr=None,
    compile_output=b"",
    message="é",
    time=0.001,
    wall_time=12.5,
    memory=3,
    exit_code=0,
    exit_signal=None,
)
STORES: dict[str, Callable[[Path], TicketStore]] = {
    "memory": lambda _: MemoryTicketStore(),
    "sqlite": lambda folder: SqliteTicketStore(folder / "home" / "tickets.db"),
}


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TicketStore]:
    store = STORES[request.param](tmp_path)
    yield store
    await store.close()
    await store.close()


def ticket(token: str, *, flavour: Flavour = Flavour.COMMON, minutes: int = 0) -> Ticket:
    return ticket_for(ASK, token, flavour=flavour, at=NOW + timedelta(minutes=minutes))


async def add(store: TicketStore, *tickets: Ticket, most_waiting: int = 100) -> None:
    await store.add(tickets, most_waiting=most_waiting)


async def test_a_ticket_comes_back_as_it_was_handed_in(store: TicketStore) -> None:
    await add(store, ticket("a"))
    assert await store.get([TicketToken("a")], Flavour.COMMON) == (ticket("a"),)


async def test_what_came_of_it_comes_back_with_it_and_is_the_only_one(store: TicketStore) -> None:
    await add(store, ticket("a"))
    token = TicketToken("a")
    assert await store.finish(token, RESULT, NOW)
    assert not await store.finish(token, replace(RESULT, message="another"), NOW)
    finished = replace(ticket("a"), status=RESULT.status, result=RESULT, finished_at=NOW)
    assert await store.get([token], Flavour.COMMON) == (finished,)


@pytest.mark.parametrize("text", LONG_TEXTS)
async def test_no_long_text_comes_that_is_not_asked_for(store: TicketStore, text: str) -> None:
    await add(store, ticket("a"))
    result = replace(RESULT, stderr=b"err", compile_output=b"warned")
    await store.finish(TicketToken("a"), result, NOW)
    (one,) = await store.get([TicketToken("a")], Flavour.COMMON, texts=[text])
    page = await store.page(Flavour.COMMON, offset=0, limit=1, texts=[text])
    assert page.tickets == (one,)
    assert one is not None
    assert one.result is not None
    seen = {
        name: getattr(one.ask, name, None) or getattr(one.result, name, None) for name in LONG_TEXTS
    }
    asked_for = getattr(ASK, text, None) or getattr(result, text, None)
    assert seen == dict.fromkeys(LONG_TEXTS) | {text: asked_for or None}


async def test_more_than_may_be_read_at_once_is_not_read(store: TicketStore) -> None:
    await add(store, ticket("a"), ticket("b"))
    tokens = [TicketToken("a"), TicketToken("b")]
    size = len(ASK.additional_files or b"")
    texts = ["additional_files"]
    await store.get(tokens, Flavour.COMMON, texts=texts, most_bytes=2 * size)
    await store.get(tokens, Flavour.COMMON, texts=[], most_bytes=0)
    with pytest.raises(AnswerTooLarge):
        await store.get(tokens, Flavour.COMMON, texts=texts, most_bytes=2 * size - 1)
    with pytest.raises(AnswerTooLarge):
        await store.page(Flavour.COMMON, offset=0, limit=2, texts=texts, most_bytes=2 * size - 1)


async def test_a_call_is_owed_from_the_result_on_until_it_is_settled(store: TicketStore) -> None:
    silent = ticket_for(replace(ASK, callback_url=None), "silent")
    await add(store, ticket("a"), ticket("b"), ticket("gone"), silent)
    assert await store.owed_calls(10) == ()
    for token in ("gone", "silent", "b", "a"):
        await store.finish(TicketToken(token), RESULT, NOW)
    await store.remove(TicketToken("gone"))
    assert [call.token for call in await store.owed_calls(10)] == ["a", "b"]
    assert len(await store.owed_calls(1)) == 1
    assert [await store.note_failed_call(TicketToken("a")) for _ in range(2)] == [1, 2]
    (a, b) = await store.owed_calls(10)
    assert (a.failures, b.failures) == (2, 0)
    assert (a.url, a.flavour) == (ASK.callback_url, Flavour.COMMON)
    await store.settle_call(TicketToken("a"))
    await store.settle_call(TicketToken("no"))
    assert await store.owed_calls(10) == (b,)
    assert await store.note_failed_call(TicketToken("a")) is None


async def test_tickets_come_in_the_order_of_their_tokens_none_for_what_is_not_there(
    store: TicketStore,
) -> None:
    await add(store, ticket("a"), ticket("A"), ticket("x", flavour=Flavour.EXTRA))
    tokens = [TicketToken(text) for text in ("A", "no", "a", "x", "a ")]
    found = await store.get(tokens, Flavour.COMMON)
    assert [one and one.token for one in found] == ["A", None, "a", None, None]
    assert await store.get([], Flavour.COMMON) == ()


async def test_they_are_claimed_in_the_order_they_came_each_once(store: TicketStore) -> None:
    tokens = [f"{n}" for n in range(12)]
    await add(store, *map(ticket, tokens))
    claimed = await asyncio.gather(*(store.claim() for _ in range(14)))
    assert [one.token for one in claimed if one] == tokens
    assert {one.status for one in claimed if one} == {TicketStatus.PROCESSING}
    assert claimed[12:] == [None, None]


async def test_more_than_may_wait_are_not_taken_none_of_them(store: TicketStore) -> None:
    await add(store, ticket("a"), ticket("b"), most_waiting=3)
    with pytest.raises(TicketsFull):
        await add(store, ticket("c"), ticket("d"), most_waiting=3)
    assert await store.waiting() == 2
    assert await store.get([TicketToken("c")], Flavour.COMMON) == (None,)
    await store.claim()
    await add(store, ticket("c"), ticket("d"), most_waiting=3)
    assert await store.waiting() == 3


async def test_what_was_being_judged_waits_again_before_the_others(store: TicketStore) -> None:
    await add(store, ticket("a"), ticket("b"), ticket("c"))
    await store.claim()
    await store.claim()
    await store.finish(TicketToken("b"), RESULT, NOW)
    assert await store.put_back() == 1
    claimed = [await store.claim() for _ in range(3)]
    assert [one and one.token for one in claimed] == ["a", "c", None]


async def test_what_was_removed_meanwhile_is_not_finished(store: TicketStore) -> None:
    assert await store.finish(TicketToken("no"), RESULT, NOW) is False


async def test_only_what_is_finished_is_removed(store: TicketStore) -> None:
    await add(store, ticket("a"))
    token = TicketToken("a")
    assert not await store.remove(token)
    await store.claim()
    assert not await store.remove(token)
    await store.finish(token, RESULT, NOW)
    assert await store.remove(token)
    assert not await store.remove(token)
    assert await store.get([token], Flavour.COMMON) == (None,)


async def test_a_page_has_the_newest_first(store: TicketStore) -> None:
    await add(store, ticket("a"), ticket("b"), ticket("x", flavour=Flavour.EXTRA), ticket("c"))
    page = await store.page(Flavour.COMMON, offset=1, limit=2)
    assert [one.token for one in page.tickets] == ["b", "a"]
    assert page.total == 3
    beyond = await store.page(Flavour.COMMON, offset=10**30, limit=2)
    assert (beyond.tickets, beyond.total) == ((), 3)


async def test_they_are_counted_by_language_status_and_day(store: TicketStore) -> None:
    await add(store, ticket("a"), ticket("b", minutes=1), ticket("x", flavour=Flavour.EXTRA))
    await store.finish(TicketToken("a"), RESULT, NOW)
    counts = await store.counts(Flavour.COMMON)
    assert counts.total == 2
    assert dict(counts.by_language) == {46: 2}
    assert dict(counts.by_status) == {TicketStatus.IN_QUEUE: 1, TicketStatus.WRONG_ANSWER: 1}
    assert dict(counts.by_day) == {date(2026, 5, 17): 1, date(2026, 5, 18): 1}
    assert counts.size_bytes >= 0


async def test_old_results_go_and_those_beyond_so_many(store: TicketStore) -> None:
    tokens = [f"{n}" for n in range(6)]
    await add(store, *map(ticket, tokens))
    for minutes, token in enumerate(tokens[:5]):
        await store.finish(TicketToken(token), RESULT, NOW + timedelta(minutes=minutes))
    before = NOW + timedelta(minutes=2)
    assert await store.forget(finished_before=before, most=2) == 3
    left = await store.page(Flavour.COMMON, offset=0, limit=10)
    assert [one.token for one in left.tickets] == ["5", "4", "3"]


async def test_a_file_that_is_opened_again_has_all_that_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    first = SqliteTicketStore(path)
    await add(first, ticket("a"))
    await first.claim()
    second = SqliteTicketStore(path)
    assert await second.put_back() == 1
    assert await second.claim() == replace(ticket("a"), status=TicketStatus.PROCESSING)
    await first.close()
    await second.close()
    assert path.stat().st_mode & 0o077 == 0


async def test_what_waits_is_bounded_by_its_size_too(tmp_path: Path) -> None:
    store = SqliteTicketStore(tmp_path / "tickets.db", most_waiting_bytes=250_000)
    await add(store, ticket("a"), ticket("b"))
    with pytest.raises(TicketsFull):
        await add(store, ticket("c"))
    await store.claim()
    await add(store, ticket("c"))
    await store.close()


async def test_what_is_finished_is_bounded_by_its_size_and_leaves_the_disk(tmp_path: Path) -> None:
    store = SqliteTicketStore(tmp_path / "tickets.db", most_kept_bytes=250_000)
    await add(store, *(ticket(f"{n}") for n in range(10)))
    for n in range(9):
        await store.finish(TicketToken(f"{n}"), RESULT, NOW)
    before = (await store.counts(Flavour.COMMON)).size_bytes
    assert await store.forget(finished_before=NOW - timedelta(days=1), most=100) == 7
    left = await store.page(Flavour.COMMON, offset=0, limit=10)
    assert [one.token for one in left.tickets] == ["9", "8", "7"]
    assert (await store.counts(Flavour.COMMON)).size_bytes < before / 2
    await store.close()


async def test_a_file_that_is_none_is_a_store_that_is_not_available(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    path.write_bytes(b"not a database" * 100)
    store = SqliteTicketStore(path)
    with pytest.raises(StoreUnavailable):
        await store.claim()
    await store.close()


async def test_what_cannot_be_read_any_more_is_known_by_what_is(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    store = SqliteTicketStore(path)
    await add(store, ticket("a"), ticket("b"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE tickets SET ask = 'rubbish' WHERE token = 'a'")
    with pytest.raises(TicketUnreadable) as unreadable:
        await store.claim()
    assert unreadable.value.ticket.token == TicketToken("a")
    assert unreadable.value.ticket.ask.callback_url == ASK.callback_url
    assert await store.finish(TicketToken("a"), RESULT, NOW)
    (seen,) = await store.get([TicketToken("a")], Flavour.COMMON)
    assert seen is not None
    assert (seen.status, seen.ask.language_id) == (RESULT.status, ASK.language_id)
    following = await store.claim()
    assert following is not None
    assert following.token == TicketToken("b")
    await store.close()


async def test_a_file_of_an_earlier_release_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE tickets (number INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL"
            " UNIQUE, flavour TEXT NOT NULL, language_id INTEGER NOT NULL, status INTEGER NOT NULL,"
            " created_at TEXT NOT NULL, finished_at TEXT, ask BLOB NOT NULL, result BLOB)"
        )
        connection.execute(
            "INSERT INTO tickets (token, flavour, language_id, status, created_at, ask)"
            " VALUES ('a', 'common', 46, 1, '2026-05-17T23:59:59.999999', ?)",
            (msgspec.msgpack.encode(ASK),),
        )
    store = SqliteTicketStore(path)
    assert await store.claim() == replace(ticket("a"), status=TicketStatus.PROCESSING)
    (short,) = await store.get([TicketToken("a")], Flavour.COMMON, texts=[])
    assert short is not None
    assert short.ask.source_code is None
    await store.close()
