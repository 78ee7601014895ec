"""Tickets in memory, gone with the process."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from application.ports.ticket_store import TicketCounts, TicketPage, TicketsFull, TicketStore
from domain.ticket import Flavour, Ticket, TicketResult, TicketStatus, TicketToken


class MemoryTicketStore(TicketStore):
    """A dictionary keeps the order in which they came."""

    def __init__(self) -> None:
        self._tickets: dict[TicketToken, Ticket] = {}

    async def add(self, tickets: Sequence[Ticket], *, most_waiting: int) -> None:
        if len(self._waiting()) + len(tickets) > most_waiting:
            raise TicketsFull
        self._tickets |= {ticket.token: ticket for ticket in tickets}

    async def waiting(self) -> int:
        return len(self._waiting())

    async def claim(self) -> Ticket | None:
        waiting = self._waiting()
        if not waiting:
            return None
        claimed = replace(waiting[0], status=TicketStatus.PROCESSING)
        self._tickets[claimed.token] = claimed
        return claimed

    async def finish(
        self, token: TicketToken, result: TicketResult, finished_at: datetime
    ) -> Ticket | None:
        if token not in self._tickets:
            return None
        ticket = replace(
            self._tickets[token], status=result.status, result=result, finished_at=finished_at
        )
        self._tickets[token] = ticket
        return ticket

    async def put_back(self) -> int:
        judged = [t for t in self._tickets.values() if t.status is TicketStatus.PROCESSING]
        for ticket in judged:
            self._tickets[ticket.token] = replace(ticket, status=TicketStatus.IN_QUEUE)
        return len(judged)

    async def get(
        self, tokens: Sequence[TicketToken], flavour: Flavour
    ) -> tuple[Ticket | None, ...]:
        found = [self._tickets.get(token) for token in tokens]
        return tuple(one if one and one.flavour is flavour else None for one in found)

    async def page(self, flavour: Flavour, *, offset: int, limit: int) -> TicketPage:
        newest = self._of(flavour)[::-1]
        return TicketPage(tickets=tuple(newest[offset : offset + limit]), total=len(newest))

    async def remove(self, token: TicketToken) -> bool:
        ticket = self._tickets.get(token)
        if ticket is None or not ticket.status.is_final:
            return False
        del self._tickets[token]
        return True

    async def counts(self, flavour: Flavour) -> TicketCounts:
        tickets = self._of(flavour)
        return TicketCounts(
            total=len(tickets),
            by_language=Counter(ticket.ask.language_id for ticket in tickets),
            by_status=Counter(ticket.status for ticket in tickets),
            by_day=Counter(ticket.created_at.date() for ticket in tickets),
            size_bytes=0,
        )

    async def forget(self, *, finished_before: datetime, most: int) -> int:
        finished = [t for t in self._tickets.values() if t.finished_at is not None]
        old = [t for t in finished if t.finished_at and t.finished_at < finished_before]
        beyond = finished[: max(0, len(finished) - most)]
        tokens = {ticket.token for ticket in (*old, *beyond)}
        for token in tokens:
            del self._tickets[token]
        return len(tokens)

    async def close(self) -> None:
        return

    def _waiting(self) -> list[Ticket]:
        return [t for t in self._tickets.values() if t.status is TicketStatus.IN_QUEUE]

    def _of(self, flavour: Flavour) -> list[Ticket]:
        return [ticket for ticket in self._tickets.values() if ticket.flavour is flavour]
