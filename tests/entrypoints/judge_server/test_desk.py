"""The desk of a judge server, when what it needs fails it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from adapters.memory.clock import ManualClock
from adapters.memory.judge import MemoryJudge
from adapters.memory.ticket_store import MemoryTicketStore
from application.ports.callback_sender import CallbackSender
from application.ports.judge import JudgeJob
from application.ports.storage import StoreUnavailable
from application.use_cases.call_back import CallBack
from application.use_cases.forget_tickets import ForgetTickets
from application.use_cases.judge_ticket import JudgeTicket
from application.use_cases.put_back_tickets import PutBackTickets
from config.judge_server import Judge0Config
from domain.ids import LanguageId
from domain.run import Compilation, Run
from domain.ticket import Ask, Flavour, Ticket, TicketStatus, TicketToken
from entrypoints.judge_server import calls
from entrypoints.judge_server.calls import Calls
from entrypoints.judge_server.desk import Desk, DeskWork

NOW = datetime(2026, 5, 17, tzinfo=UTC)


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


def ticket(source: str) -> Ticket:
    ask = Ask(
        language_id=71,
        language=LanguageId("python3"),
        file_name="script.py",
        source_code=source.encode(),
        cpu_time_limit=1,
        cpu_extra_time=0,
        wall_time_limit=2,
        memory_limit=65_536,
        stack_limit=0,
        max_processes_and_or_threads=None,
        max_file_size=64,
    )
    return Ticket(token=TicketToken(source), flavour=Flavour.COMMON, ask=ask, created_at=NOW)


@asynccontextmanager
async def at_work(
    store: MemoryTicketStore, clock: ManualClock, judge: MemoryJudge, *, slots: int
) -> AsyncIterator[Desk]:
    work = DeskWork(
        judge_ticket=JudgeTicket(tickets=store, judge=judge, clock=clock, most_unzipped_bytes=100),
        put_back_tickets=PutBackTickets(tickets=store),
        forget_tickets=ForgetTickets(
            tickets=store, clock=clock, kept_for=timedelta(days=1), most=100
        ),
        call_back=CallBack(sender=HeldSender(), clock=clock),
        clock=clock,
    )
    desk = Desk(work, Judge0Config(), slots=slots, body_of=lambda _: b"{}")
    running = asyncio.create_task(desk.run())
    try:
        yield desk
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
            assert finished.result().status is TicketStatus.ACCEPTED


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


async def test_a_host_that_never_answers_delays_no_other() -> None:
    sender = HeldSender()
    waiting = Calls(CallBack(sender=sender, clock=ManualClock()), Judge0Config())
    for n in range(100):
        waiting.tell(f"http://tar.pit/{n}", b"{}")
    waiting.tell("http://quick/", b"{}")
    await until(lambda: sender.told == ["http://quick/"])
    assert len(sender.begun) == 3
    waiting.drop()


async def test_callbacks_that_wait_are_bounded_by_their_size() -> None:
    sender = HeldSender()
    waiting = Calls(CallBack(sender=sender, clock=ManualClock()), Judge0Config())
    waiting.tell("http://quick/large", bytes(calls.MOST_BYTES_A_HOST))
    waiting.tell("http://other/", b"{}")
    for _ in range(2):
        waiting.tell("http://quick/small", b"{}")
    await until(lambda: len(sender.told) == 2)
    await until(lambda: "http://other/" in sender.begun)
    assert "http://quick/large" not in sender.begun
    waiting.drop()
