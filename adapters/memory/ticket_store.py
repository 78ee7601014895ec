"""Tickets in memory, gone with the process."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from application.ports.ticket_store import (
    AnswerTooLarge,
    OwedCall,
    TicketCounts,
    TicketPage,
    TicketsFull,
    TicketStore,
)
from domain.ticket import (
    ASK_TEXTS,
    LONG_TEXTS,
    RESULT_TEXTS,
    Ask,
    Flavour,
    Ticket,
    TicketResult,
    TicketStatus,
    TicketToken,
    with_ask_texts,
    with_result_texts,
)


class MemoryTicketStore(TicketStore):
    """A dictionary keeps the order in which they came."""

    def __init__(self) -> None:
        self._tickets: dict[TicketToken, Ticket] = {}
        self._owed: dict[TicketToken, OwedCall] = {}

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

    async def finish(self, token: TicketToken, result: TicketResult, finished_at: datetime) -> bool:
        ticket = self._tickets.get(token)
        if ticket is None or ticket.status.is_final:
            return False
        self._tickets[token] = replace(
            ticket, status=result.status, result=result, finished_at=finished_at
        )
        if ticket.ask.callback_url is not None:
            self._owed[token] = OwedCall(
                token=token, flavour=ticket.flavour, url=ticket.ask.callback_url
            )
        return True

    async def put_back(self) -> int:
        judged = [t for t in self._tickets.values() if t.status is TicketStatus.PROCESSING]
        for ticket in judged:
            self._tickets[ticket.token] = replace(ticket, status=TicketStatus.IN_QUEUE)
        return len(judged)

    async def get(
        self,
        tokens: Sequence[TicketToken],
        flavour: Flavour,
        *,
        texts: Collection[str] = LONG_TEXTS,
        most_bytes: int | None = None,
    ) -> tuple[Ticket | None, ...]:
        found = [self._tickets.get(token) for token in tokens]
        own = [one if one and one.flavour is flavour else None for one in found]
        return _only(own, texts, most_bytes)

    async def page(
        self,
        flavour: Flavour,
        *,
        offset: int,
        limit: int,
        texts: Collection[str] = LONG_TEXTS,
        most_bytes: int | None = None,
    ) -> TicketPage:
        newest = self._of(flavour)[::-1]
        found = _only(newest[offset : offset + limit], texts, most_bytes)
        return TicketPage(tickets=tuple(filter(None, found)), total=len(newest))

    async def owed_calls(self, most: int) -> tuple[OwedCall, ...]:
        return tuple(self._owed[token] for token in self._tickets if token in self._owed)[:most]

    async def note_failed_call(self, token: TicketToken) -> int | None:
        owed = self._owed.get(token)
        if owed is None:
            return None
        self._owed[token] = replace(owed, failures=owed.failures + 1)
        return owed.failures + 1

    async def settle_call(self, token: TicketToken) -> None:
        self._owed.pop(token, None)

    async def remove(self, token: TicketToken) -> bool:
        ticket = self._tickets.get(token)
        if ticket is None or not ticket.status.is_final:
            return False
        self._forget(token)
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
            self._forget(token)
        return len(tokens)

    async def close(self) -> None:
        return

    def _forget(self, token: TicketToken) -> None:
        del self._tickets[token]
        self._owed.pop(token, None)

    def _waiting(self) -> list[Ticket]:
        return [t for t in self._tickets.values() if t.status is TicketStatus.IN_QUEUE]

    def _of(self, flavour: Flavour) -> list[Ticket]:
        return [ticket for ticket in self._tickets.values() if ticket.flavour is flavour]


def _only(
    found: Sequence[Ticket | None], texts: Collection[str], most_bytes: int | None
) -> tuple[Ticket | None, ...]:
    """Raises AnswerTooLarge."""
    shown = tuple(one and _with(one, texts) for one in found)
    size = sum(_size(one) for one in shown if one)
    if most_bytes is not None and size > most_bytes:
        raise AnswerTooLarge
    return shown


def _with(ticket: Ticket, texts: Collection[str]) -> Ticket:
    def text_of(part: Ask | TicketResult, name: str) -> bytes | None:
        text: bytes | None = getattr(part, name) if name in texts else None
        return text

    result = ticket.result
    return replace(
        ticket,
        ask=with_ask_texts(ticket.ask, partial(text_of, ticket.ask)),
        result=result and with_result_texts(result, partial(text_of, result)),
    )


def _size(ticket: Ticket) -> int:
    parts: tuple[tuple[Ask | TicketResult | None, tuple[str, ...]], ...] = (
        (ticket.ask, ASK_TEXTS),
        (ticket.result, RESULT_TEXTS),
    )
    return sum(len(getattr(part, name) or b"") for part, names in parts for name in names if part)
