"""Programs at the judge as a service, in the order they came, each with an end."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.judge import MemoryJudge
from adapters.memory.ticket_store import MemoryTicketStore
from application.ports.judge import JudgeJob
from application.ports.storage import StoreUnavailable
from application.use_cases.judge_ticket import JudgeTicket
from domain.run import Compilation, Run
from domain.ticket import Ticket, TicketResult, TicketStatus, TicketToken
from tests.tickets import ticket


class StumblingJudge(MemoryJudge):
    """Fails in a way that nobody foresaw."""

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        yield Compilation(ok=True)
        raise ZeroDivisionError("of all things")


class StumblingStore(MemoryTicketStore):
    """Fails, one way after the other, before it keeps what came of a ticket."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__()
        self.failures = list(failures)

    async def finish(self, token: TicketToken, result: TicketResult, finished_at: datetime) -> bool:
        if self.failures:
            raise self.failures.pop(0)
        return await super().finish(token, result, finished_at)


class RecordingJudge(MemoryJudge):
    """Knows what it was last asked to do."""

    last: JudgeJob

    def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        self.last = job
        return super().judge(job)


async def judged(*tickets: Ticket, judge: MemoryJudge | None = None) -> list[Ticket]:
    store = MemoryTicketStore()
    await store.add(tickets, most_waiting=10)
    judge_ticket = JudgeTicket(
        tickets=store,
        judge=judge or MemoryJudge(),
        clock=ManualClock(),
        most_unzipped_bytes=100,
        most_file_kib=9,
    )
    found = [await judge_ticket(print) for _ in tickets]
    assert await judge_ticket(print) is None
    return [one for one in found if one]


async def test_each_is_judged_in_its_turn() -> None:
    found = await judged(ticket("print 1"), ticket("exit 3"), ticket("does not compile"))
    assert [one.token for one in found] == ["print 1", "exit 3", "does not compile"]
    assert [one.status for one in found] == [
        TicketStatus.ACCEPTED,
        TicketStatus.NON_ZERO_EXIT,
        TicketStatus.COMPILATION_ERROR,
    ]


async def test_what_cannot_be_judged_ends_too() -> None:
    (bad_zip,) = await judged(ticket("print 1", additional_files=b"no zip"))
    (stumbled,) = await judged(ticket("print 1"), judge=StumblingJudge())
    assert {bad_zip.status, stumbled.status} == {TicketStatus.INTERNAL_ERROR}
    assert stumbled.result is not None
    assert stumbled.result.message == "ZeroDivisionError: of all things"


async def test_it_is_run_again_until_it_goes_wrong() -> None:
    (good, bad) = await judged(
        ticket("on 1 spend 10", number_of_runs=3), ticket("on 2 exit 1", number_of_runs=3)
    )
    assert good.status is TicketStatus.ACCEPTED
    assert bad.status is TicketStatus.NON_ZERO_EXIT


async def test_what_came_of_it_is_kept_as_soon_as_that_can_be() -> None:
    clock = ManualClock()
    store = StumblingStore(*[StoreUnavailable("the file")] * 8)
    await store.add([ticket("print 1")], most_waiting=1)
    judge_ticket = JudgeTicket(
        tickets=store, judge=MemoryJudge(), clock=clock, most_unzipped_bytes=100, most_file_kib=9
    )
    unkept: list[StoreUnavailable] = []
    judging = asyncio.create_task(judge_ticket(unkept.append))
    async with asyncio.timeout(60):
        while not judging.done():
            clock.advance(timedelta(seconds=30))
            await asyncio.sleep(0.001)
    kept = await judging
    assert kept is not None
    assert (kept.status, len(unkept)) == (TicketStatus.ACCEPTED, 8)


async def test_what_cannot_be_written_down_ends_as_a_failure() -> None:
    store = StumblingStore(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate"))
    await store.add([ticket("print 1")], most_waiting=1)
    judge_ticket = JudgeTicket(
        tickets=store,
        judge=MemoryJudge(),
        clock=ManualClock(),
        most_unzipped_bytes=100,
        most_file_kib=9,
    )
    kept = await judge_ticket(print)
    assert kept is not None
    assert kept.status is TicketStatus.INTERNAL_ERROR


@pytest.mark.parametrize(
    ("seconds", "most_ms"), [(0.0004, 1), (1e-9, 1), (0.0016, 2), (0, 256_000)]
)
async def test_only_a_limit_of_zero_is_none(seconds: float, most_ms: int) -> None:
    judge = RecordingJudge()
    one = ticket("print 1")
    await judged(replace(one, ask=replace(one.ask, cpu_time_limit=seconds)), judge=judge)
    assert judge.last.limits.time_ms == most_ms


@pytest.mark.parametrize(("asked_kib", "kib"), [(0, 9), (5, 5)])
async def test_a_file_without_a_limit_has_the_largest_that_there_is(
    asked_kib: int, kib: int
) -> None:
    judge = RecordingJudge()
    (done,) = await judged(ticket("print 1", max_file_size=asked_kib), judge=judge)
    assert judge.last.options.file_kib == judge.last.limits.output_kib == kib
    assert done.ask.max_file_size == asked_kib
