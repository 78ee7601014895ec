"""The judge as a service starts, or stops: what it was judging is judged from its beginning."""

from dataclasses import dataclass

from application.ports.ticket_store import TicketStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBackTickets:
    tickets: TicketStore

    async def __call__(self) -> int:
        """How many wait again.

        Raises:
            StoreUnavailable: the tickets cannot be reached now.
        """
        return await self.tickets.put_back()
