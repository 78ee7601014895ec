"""A client of the judge as a service hands in programs."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.ticket_store import TicketStore
from domain.ticket import Ask, Flavour, Ticket, TicketToken


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeTickets:
    tickets: TicketStore
    clock: Clock
    ids: Ids

    async def __call__(
        self, asks: Sequence[Ask], flavour: Flavour, *, most_waiting: int
    ) -> tuple[Ticket, ...]:
        """The tickets, which are kept from now on.

        Raises:
            TicketsFull: with them more than `most_waiting` would wait.
            StoreUnavailable: they cannot be kept now.
        """
        now = self.clock.now()
        made = tuple(
            Ticket(token=self._token(), flavour=flavour, ask=ask, created_at=now) for ask in asks
        )
        await self.tickets.add(made, most_waiting=most_waiting)
        return made

    def _token(self) -> TicketToken:
        """A random UUID: clients expect one, and it is all that guards a result."""
        digest = hashlib.sha256(self.ids.token().encode()).digest()
        return TicketToken(str(UUID(bytes=digest[:16], version=4)))
