"""How much is asked of the judge as a service?"""

from dataclasses import dataclass

from application.ports.ticket_store import TicketCounts, TicketStore
from domain.ticket import Flavour


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTickets:
    tickets: TicketStore

    async def __call__(self, flavour: Flavour) -> TicketCounts:
        """Of the tickets that are kept.

        Raises:
            StoreUnavailable: they cannot be counted now.
        """
        return await self.tickets.counts(flavour)
