"""What came of programs that were handed in to the judge as a service?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from application.ports.ticket_store import TicketStore
from domain.ticket import LONG_TEXTS, Flavour, Ticket, TicketToken


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTickets:
    tickets: TicketStore

    async def __call__(
        self,
        tokens: Sequence[TicketToken],
        flavour: Flavour,
        *,
        texts: Collection[str] = LONG_TEXTS,
        most_bytes: int | None = None,
    ) -> tuple[Ticket | None, ...]:
        """The ticket of each token with these of its long texts, None where there is none.

        Raises:
            AnswerTooLarge: the texts are more than `most_bytes`.
            StoreUnavailable: they cannot be read now.
        """
        return await self.tickets.get(tokens, flavour, texts=texts, most_bytes=most_bytes)
