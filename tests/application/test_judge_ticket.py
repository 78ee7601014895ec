"""Programs at the judge as a service, in the order they came, each with an end."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from adapters.memory.clock import ManualClock
from adapters.memory.judge import MemoryJudge
from adapters.memory.ticket_store import MemoryTicketStore
from application.ports.judge import JudgeJob
from application.use_cases.judge_ticket import JudgeTicket
from domain.ids import LanguageId
from domain.judging import Compilation, Run
from domain.ticket import Ask, Flavour, Ticket, TicketStatus, TicketToken


class StumblingJudge(MemoryJudge):
    """Fails in a way that nobody foresaw."""

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        yield Compilation(ok=True)
        raise ZeroDivisionError("of all things")


def ticket(source: str, **more: object) -> Ticket:
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
        **more,  # type: ignore[arg-type]
    )
    now = datetime(2026, 5, 17, tzinfo=UTC)
    return Ticket(token=TicketToken(source), flavour=Flavour.COMMON, ask=ask, created_at=now)


async def judged(*tickets: Ticket, judge: MemoryJudge | None = None) -> list[Ticket]:
    store = MemoryTicketStore()
    await store.add(tickets, most_waiting=10)
    judge_ticket = JudgeTicket(
        tickets=store, judge=judge or MemoryJudge(), clock=ManualClock(), most_unzipped_bytes=100
    )
    found = [await judge_ticket() for _ in tickets]
    assert await judge_ticket() is None
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
