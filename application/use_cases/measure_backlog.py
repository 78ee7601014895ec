"""How many programs wait at the judge as a service?"""

from dataclasses import dataclass

from application.ports.ticket_store import TicketStore


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureBacklog:
    tickets: TicketStore

    async def __call__(self) -> int:
        """Without those that are being judged.

        Raises:
            StoreUnavailable: the tickets cannot be reached now.
        """
        return await self.tickets.waiting()
