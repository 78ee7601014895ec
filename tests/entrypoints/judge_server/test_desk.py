"""The desk of a judge server, when what it needs fails it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.judge import MemoryJudge
from adapters.memory.ticket_store import MemoryTicketStore
from application.ports.callback_sender import CallbackSender
from application.ports.judge import JudgeJob
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import OwedCall, TicketUnreadable
from application.use_cases.call_back import CallBack
from application.use_cases.forget_tickets import ForgetTickets
from application.use_cases.judge_ticket import JudgeTicket
from application.use_cases.list_owed_calls import ListOwedCalls
from application.use_cases.put_back_tickets import PutBackTickets
from config.judge_server import Judge0Config
from domain.run import Compilation, Run
from domain.ticket import Flavour, Ticket, TicketResult, TicketStatus, TicketToken, lost_ask
from entrypoints.judge_server import calls, desk
from entrypoints.judge_server.calls import Calls
from entrypoints.judge_server.desk import Desk, DeskWork
from tests.tickets import NOW, ticket


class BusyStore(MemoryTicketStore):
    """Cannot be reached, or stumbles, so many times."""

    def __init__(self, *, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures
        self.looks = 0
        self.may_look = asyncio.Event()
        self.may_look.set()

    def _reached(self) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("the file") if self.failures % 2 else ValueError("of all things")

    async def put_back(self) -> int:
        self._reached()
        return await super().put_back()

    async def forget(self, *, finished_before: datetime, most: int) -> int:
        self._reached()
        return await super().forget(finished_before=finished_before, most=most)

    async def claim(self) -> Ticket | None:
        self._reached()
        found = await super().claim()
        self.looks += 1
        if found is None:
            await self.may_look.wait()
        return found


class LossyStore(MemoryTicketStore):
    """Cannot read what was asked for with one of its tickets any more."""

    async def claim(self) -> Ticket | None:
        ticket = await super().claim()
        if ticket is not None and ticket.token == TicketToken("print lost"):
            raise TicketUnreadable(replace(ticket, ask=lost_ask(71, None)))
        return ticket


class HeldJudge(MemoryJudge):
    """Says which programs it has begun, and ends none before it may."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []
        self.may_end = asyncio.Event()

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        self.begun.append(job.program.files[0].content)
        await self.may_end.wait()
        async for event in super().judge(job):
            yield event


class HeldSender(CallbackSender):
    """Takes what is sent to one host, and lets all others wait."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.told: list[str] = []

    async def send(self, url: str, body: bytes, *, timeout_s: float) -> None:
        self.begun.append(url)
        if "//quick/" not in url:
            await asyncio.Event().wait()
        self.told.append(url)

    async def close(self) -> None:
        return


async def body_of(_: Ticket) -> bytes:
    return b"{}"


@asynccontextmanager
async def at_work(
    store: MemoryTicketStore,
    clock: ManualClock,
    judge: MemoryJudge,
    *,
    slots: int,
    sender: CallbackSender | None = None,
) -> AsyncIterator[Desk]:
    work = DeskWork(
        judge_ticket=JudgeTicket(
            tickets=store, judge=judge, clock=clock, most_unzipped_bytes=100, most_file_kib=9
        ),
        put_back_tickets=PutBackTickets(tickets=store),
        forget_tickets=ForgetTickets(
            tickets=store, clock=clock, kept_for=timedelta(days=1), most=100
        ),
        list_owed_calls=ListOwedCalls(tickets=store),
        call_back=CallBack(tickets=store, sender=sender or HeldSender(), clock=clock),
        clock=clock,
    )
    working = Desk(work, Judge0Config(), slots=slots, body_of=body_of)
    running = asyncio.create_task(working.run())
    try:
        yield working
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait({running})


async def until(condition: Callable[[], bool], clock: ManualClock | None = None) -> None:
    async with asyncio.timeout(60):
        while not condition():
            if clock:
                clock.advance(timedelta(seconds=30))
            await asyncio.sleep(0.001)


async def test_it_judges_as_soon_as_its_store_can_be_reached() -> None:
    clock, store = ManualClock(), BusyStore(failures=12)
    await store.add([ticket("print 1")], most_waiting=1)
    async with at_work(store, clock, MemoryJudge(), slots=1) as desk:
        with desk.waited_for(TicketToken("print 1")) as finished:
            await until(finished.done, clock)
    (one,) = await store.get([TicketToken("print 1")], Flavour.COMMON)
    assert one is not None
    assert one.status is TicketStatus.ACCEPTED


async def test_it_ends_well_where_its_store_cannot_be_reached_any_more() -> None:
    clock, store = ManualClock(), BusyStore()
    async with at_work(store, clock, MemoryJudge(), slots=1):
        await until(lambda: store.looks > 0)
        store.failures = 2


async def test_no_slot_misses_that_there_is_something_to_judge() -> None:
    """One looks, and finds nothing; two come; another slot takes one before the first knows."""
    clock, store, judge = ManualClock(), BusyStore(), HeldJudge()
    await store.add([ticket("print 0")], most_waiting=9)
    async with at_work(store, clock, judge, slots=2) as desk:
        store.may_look.clear()
        await until(lambda: store.looks == 2)
        await store.add([ticket("print 1"), ticket("print 2")], most_waiting=9)
        desk.wake()
        judge.may_end.set()
        await until(lambda: "print 1" in judge.begun)
        judge.may_end.clear()
        store.may_look.set()
        await until(lambda: len(judge.begun) == 3)
        judge.may_end.set()


async def called(*urls: str) -> tuple[MemoryTicketStore, list[OwedCall]]:
    """Tickets that are judged already, of clients who are to be told there."""
    store = MemoryTicketStore()
    asked = [ticket(url, callback_url=url) for url in urls]
    await store.add(asked, most_waiting=len(asked))
    for one in asked:
        await store.finish(one.token, TicketResult(status=TicketStatus.ACCEPTED), NOW)
    return store, list(await store.owed_calls(len(asked)))


def calls_of(store: MemoryTicketStore, sender: CallbackSender) -> Calls:
    call_back = CallBack(tickets=store, sender=sender, clock=ManualClock())
    return Calls(call_back, Judge0Config(), body_of)


async def test_a_host_that_never_answers_delays_no_other() -> None:
    sender = HeldSender()
    tar_pits = [f"http://tar.pit/{n}" for n in range(100)]
    store, owed = await called(*tar_pits, "http://quick/")
    waiting = calls_of(store, sender)
    for call in owed:
        waiting.make(call)
    await until(lambda: sender.told == ["http://quick/"])
    assert len(sender.begun) == 3
    waiting.drop()


async def test_a_call_that_is_being_made_is_not_made_again() -> None:
    sender = HeldSender()
    store, owed = await called("http://tar.pit/")
    waiting = calls_of(store, sender)
    for call in owed * 3:
        waiting.make(call)
    await until(lambda: bool(sender.begun))
    assert sender.begun == ["http://tar.pit/"]
    waiting.drop()


async def test_calls_beyond_so_many_are_left_to_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "MOST_CALLS", 1)
    sender = HeldSender()
    store, owed = await called("http://tar.pit/", "http://quick/")
    waiting = calls_of(store, sender)
    for call in owed:
        waiting.make(call)
    assert waiting.left.is_set()
    assert len(await store.owed_calls(9)) == 2
    waiting.drop()


async def test_whoever_was_not_told_before_the_last_end_is_told_after_the_start() -> None:
    sender = HeldSender()
    store, _ = await called("http://quick/1", "http://tar.pit/", "http://quick/2")
    async with at_work(store, ManualClock(), MemoryJudge(), slots=1, sender=sender):
        await until(lambda: len(sender.told) == 2)
    assert sender.told == ["http://quick/1", "http://quick/2"]
    owed = await store.owed_calls(9)
    assert [call.url for call in owed] == ["http://tar.pit/"]


async def test_what_is_left_in_the_store_is_called_later(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (calls, desk):
        monkeypatch.setattr(module, "MOST_CALLS", 2)
    clock, sender = ManualClock(), HeldSender()
    store, _ = await called(*(f"http://quick/{n}" for n in range(5)))
    async with at_work(store, clock, MemoryJudge(), slots=1, sender=sender):
        async with asyncio.timeout(60):
            while len(sender.told) < 5:
                clock.advance(timedelta(seconds=1))
                await asyncio.sleep(0)
    assert sorted(sender.told) == [f"http://quick/{n}" for n in range(5)]


class FullStore(MemoryTicketStore):
    """Can be read, but not written to, so many times."""

    failures = 3

    async def settle_call(self, token: TicketToken) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("the disk")
        await super().settle_call(token)


async def test_a_call_that_was_taken_is_not_repeated_while_that_cannot_be_written_down() -> None:
    clock, sender, store = ManualClock(), HeldSender(), FullStore()
    asked = ticket("http://quick/", callback_url="http://quick/")
    await store.add([asked], most_waiting=1)
    await store.finish(asked.token, TicketResult(status=TicketStatus.ACCEPTED), NOW)
    async with at_work(store, clock, MemoryJudge(), slots=1, sender=sender):
        async with asyncio.timeout(60):
            while await store.owed_calls(9):
                clock.advance(timedelta(seconds=1))
                await asyncio.sleep(0)
    assert sender.told == ["http://quick/"]
    assert store.failures == 0


async def test_what_cannot_be_read_any_more_ends_and_holds_up_nothing() -> None:
    clock, store = ManualClock(), LossyStore()
    await store.add([ticket("print lost"), ticket("print 1")], most_waiting=2)
    async with at_work(store, clock, MemoryJudge(), slots=1) as desk:
        with desk.waited_for(TicketToken("print 1")) as finished:
            await until(finished.done)
    tokens = [TicketToken("print lost"), TicketToken("print 1")]
    found = await store.get(tokens, Flavour.COMMON)
    assert [one and one.status for one in found] == [
        TicketStatus.INTERNAL_ERROR,
        TicketStatus.ACCEPTED,
    ]
