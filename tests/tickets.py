"""Tickets of a judge server, for tests."""

from dataclasses import replace
from datetime import UTC, datetime

from domain.ids import LanguageId
from domain.ticket import Ask, Flavour, Ticket, TicketToken

NOW = datetime(2026, 5, 17, tzinfo=UTC)
ASK = Ask(
    language_id=71,
    language=LanguageId("python3"),
    file_name="script.py",
    cpu_time_limit=1,
    cpu_extra_time=0,
    wall_time_limit=2,
    memory_limit=65_536,
    stack_limit=0,
    max_processes_and_or_threads=None,
    max_file_size=64,
)


def ticket(source: str, **more: object) -> Ticket:
    """One with its source for a token; `more` is of what is asked for."""
    return ticket_for(replace(ASK, source_code=source.encode(), **more), source)  # type: ignore[arg-type]  # fields by their names


def ticket_for(
    ask: Ask, token: str, *, flavour: Flavour = Flavour.COMMON, at: datetime = NOW
) -> Ticket:
    return Ticket(token=TicketToken(token), flavour=flavour, ask=ask, created_at=at)
