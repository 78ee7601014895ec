"""What came of programs that were handed in to the judge as a service?"""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.ticket_store import TicketStore
from domain.ticket import Flavour, Ticket, TicketToken


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTickets:
    tickets: TicketStore

    async def __call__(
        self, tokens: Sequence[TicketToken], flavour: Flavour
    ) -> tuple[Ticket | None, ...]:
        """The ticket of each token, None where there is none.

        Raises:
            StoreUnavailable: they cannot be read now.
        """
        return await self.tickets.get(tokens, flavour)
