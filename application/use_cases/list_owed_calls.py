"""Who is still to be told what came of a ticket?"""

from dataclasses import dataclass

from application.ports.ticket_store import OwedCall, TicketStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOwedCalls:
    tickets: TicketStore

    async def __call__(self, most: int) -> tuple[OwedCall, ...]:
        """Those of the oldest tickets first.

        Raises:
            StoreUnavailable: they cannot be read now.
        """
        return await self.tickets.owed_calls(most)
