"""A client named an address that is told what came of its program."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from application.ports.callback_sender import CallbackFailed, CallbackSender
from application.ports.clock import Clock
from application.ports.ticket_store import OwedCall, TicketStore
from domain.ticket import RESULT_TEXTS, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """A call is owed until it is made or given up, whatever ends in between."""

    tickets: TicketStore
    sender: CallbackSender
    clock: Clock
    pause_s: float = 1.0

    async def __call__(
        self,
        call: OwedCall,
        body_of: Callable[[Ticket], Awaitable[bytes]],
        *,
        tries: int,
        timeout_s: float,
    ) -> None:
        """Tell it, again where that may help, until `tries` have failed since it is owed.

        Raises:
            CallbackFailed: it was not told, and will not be.
            StoreUnavailable: it is owed still.
        """
        (ticket,) = await self.tickets.get([call.token], call.flavour, texts=RESULT_TEXTS)
        if ticket is None:
            return
        body = await body_of(ticket)
        failures = call.failures
        while True:
            try:
                await self.sender.send(call.url, body, timeout_s=timeout_s)
            except CallbackFailed as failure:
                failures = await self.tickets.note_failed_call(call.token) or tries
                if failures >= tries or not failure.may_pass:
                    await self.tickets.settle_call(call.token)
                    raise
            else:
                await self.tickets.settle_call(call.token)
                return
            await self.clock.sleep(self.pause_s * (1 << (failures - 1)))
