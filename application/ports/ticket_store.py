"""Where the judge as a service keeps what was handed in to it, and what came of that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.ticket import LONG_TEXTS, Flavour, Ticket, TicketResult, TicketStatus, TicketToken

MOST_WAITING_BYTES = 512 << 20
MOST_KEPT_BYTES = 4 << 30


class TicketsFull(Exception):
    """As many tickets wait as may, or so large ones."""


class TicketUnreadable(Exception):
    """What was asked for can no longer be read; `ticket` is all that is known without it."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("what was asked for cannot be read any more")
        self.ticket = ticket


class AnswerTooLarge(Exception):
    """What was asked for is more than is read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedCall:
    """Somebody is to be told there what came of a ticket; so many tries have failed."""

    token: TicketToken
    flavour: Flavour
    url: str
    failures: int = 0


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
        """The one that has waited longest, which from now on is being judged; None: none waits.

        Raises:
            TicketUnreadable: it is being judged from now on, too.
        """
        ...

    async def finish(self, token: TicketToken, result: TicketResult, finished_at: datetime) -> bool:
        """Keep what came of a ticket; whether it is kept still, and had no result yet.

        Who named an address in it is owed a call from now on.
        """
        ...

    async def put_back(self) -> int:
        """Let all that was being judged wait again, before what waits; how many there were."""
        ...

    async def get(
        self,
        tokens: Sequence[TicketToken],
        flavour: Flavour,
        *,
        texts: Collection[str] = LONG_TEXTS,
        most_bytes: int | None = None,
    ) -> tuple[Ticket | None, ...]:
        """The tickets with these tokens, in that order; None where there is none.

        Of their long texts only these are read, all others are None.

        Raises:
            AnswerTooLarge: these are more than `most_bytes`.
        """
        ...

    async def page(
        self,
        flavour: Flavour,
        *,
        offset: int,
        limit: int,
        texts: Collection[str] = LONG_TEXTS,
        most_bytes: int | None = None,
    ) -> TicketPage:
        """The newest tickets without the first `offset`, at most `limit`, as `get` has them.

        Raises:
            AnswerTooLarge: these texts of theirs are more than `most_bytes`.
        """
        ...

    async def owed_calls(self, most: int) -> tuple[OwedCall, ...]:
        """The calls that were neither made nor given up, those of the oldest tickets first."""
        ...

    async def note_failed_call(self, token: TicketToken) -> int | None:
        """A try failed: how many have by now; None where no call is owed."""
        ...

    async def settle_call(self, token: TicketToken) -> None:
        """No call is owed any more."""
        ...

    async def remove(self, token: TicketToken) -> bool:
        """Forget a ticket that is not waiting or being judged; whether there was one."""
        ...

    async def counts(self, flavour: Flavour) -> TicketCounts:
        """How many are kept."""
        ...

    async def forget(self, *, finished_before: datetime, most: int) -> int:
        """Forget who finished earlier, and the oldest beyond `most` or so many bytes; how many.

        It may take a while, in which everything else goes on.
        """
        ...

    async def close(self) -> None:
        """Let go of what is held; harmless when called twice."""
        ...
