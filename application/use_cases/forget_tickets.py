"""Old results of the judge as a service go, so that its disk does not fill."""

from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.ticket_store import TicketStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetTickets:
    """`most` and `kept_for` bound the finished ones; what waits stays."""

    tickets: TicketStore
    clock: Clock
    kept_for: timedelta
    most: int

    async def __call__(self) -> int:
        """How many were forgotten.

        Raises:
            StoreUnavailable: the tickets cannot be reached now.
        """
        before = self.clock.now() - self.kept_for
        return await self.tickets.forget(finished_before=before, most=self.most)
