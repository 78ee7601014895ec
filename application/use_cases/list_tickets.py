"""Which programs were handed in to the judge as a service?"""

from collections.abc import Collection
from dataclasses import dataclass

from application.ports.ticket_store import TicketPage, TicketStore
from domain.ticket import Flavour


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTickets:
    tickets: TicketStore

    async def __call__(
        self,
        flavour: Flavour,
        *,
        offset: int,
        limit: int,
        texts: Collection[str],
        most_bytes: int,
    ) -> TicketPage:
        """The newest first, each with these of its long texts.

        Raises:
            AnswerTooLarge: the texts are more than `most_bytes`.
            StoreUnavailable: they cannot be read now.
        """
        return await self.tickets.page(
            flavour, offset=offset, limit=limit, texts=texts, most_bytes=most_bytes
        )
