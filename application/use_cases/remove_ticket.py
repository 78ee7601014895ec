"""A client has what came of its program, and wants it kept no longer."""

from dataclasses import dataclass

from application.ports.ticket_store import TicketStore
from domain.ticket import TicketToken


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTicket:
    tickets: TicketStore

    async def __call__(self, token: TicketToken) -> bool:
        """Whether there was one, and it was finished.

        Raises:
            StoreUnavailable: it cannot be removed now.
        """
        return await self.tickets.remove(token)
