"""Which programs were handed in to the judge as a service?"""

from dataclasses import dataclass

from application.ports.ticket_store import TicketPage, TicketStore
from domain.ticket import Flavour


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTickets:
    tickets: TicketStore

    async def __call__(self, flavour: Flavour, *, offset: int, limit: int) -> TicketPage:
        """The newest first.

        Raises:
            StoreUnavailable: they cannot be read now.
        """
        return await self.tickets.page(flavour, offset=offset, limit=limit)
