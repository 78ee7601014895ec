"""Where the judge as a service keeps what was handed in to it, and what came of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.ticket import Flavour, Ticket, TicketResult, TicketStatus, TicketToken

MOST_WAITING_BYTES = 512 << 20
MOST_KEPT_BYTES = 4 << 30


class TicketsFull(Exception):
    """As many tickets wait as may, or so large ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """Some of the tickets, the newest first, and how many there are in all."""

    tickets: tuple[Ticket, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCounts:
    """How many tickets are kept: in all, by language, by status, and by the day they came."""

    total: int
    by_language: Mapping[int, int]
    by_status: Mapping[TicketStatus, int]
    by_day: Mapping[date, int]
    size_bytes: int


class TicketStore(Protocol):
    """Tickets in the order they came. Every method may raise StoreUnavailable."""

    async def add(self, tickets: Sequence[Ticket], *, most_waiting: int) -> None:
        """Keep new tickets, all or none; once this returns, they outlive this process.

        Raises:
            TicketsFull: more than `most_waiting`, or than a store's bound of bytes, would wait;
                what is being judged does not.
        """
        ...

    async def waiting(self) -> int:
        """How many wait; what is being judged does not."""
        ...

    async def claim(self) -> Ticket | None:
        """The one that has waited longest, which from now on is being judged; None: none waits."""
        ...

    async def finish(
        self, token: TicketToken, result: TicketResult, finished_at: datetime
    ) -> Ticket | None:
        """Keep what came of a ticket; as it now is, or None where it is not kept any more."""
        ...

    async def put_back(self) -> int:
        """Let all that was being judged wait again, before what waits; how many there were."""
        ...

    async def get(
        self, tokens: Sequence[TicketToken], flavour: Flavour
    ) -> tuple[Ticket | None, ...]:
        """The tickets with these tokens, in that order; None where there is none."""
        ...

    async def page(self, flavour: Flavour, *, offset: int, limit: int) -> TicketPage:
        """The newest tickets without the first `offset`, at most `limit`."""
        ...

    async def remove(self, token: TicketToken) -> bool:
        """Forget a ticket that is not waiting or being judged; whether there was one."""
        ...

    async def counts(self, flavour: Flavour) -> TicketCounts:
        """How many are kept."""
        ...

    async def forget(self, *, finished_before: datetime, most: int) -> int:
        """Forget who finished earlier, and the oldest beyond `most` or so many bytes; how many."""
        ...

    async def close(self) -> None:
        """Let go of what is held; harmless when called twice."""
        ...
