"""A client named an address that is told what came of its program."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from application.ports.callback_sender import CallbackFailed, CallbackSender
from application.ports.clock import Clock
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import OwedCall, TicketStore
from domain.ticket import RESULT_TEXTS, Ticket

_Result = TypeVar("_Result")
_LONGEST_PAUSE_S = 60.0


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
            StoreUnavailable: it is owed still, and was not told.
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
                noted = await self._at_last(partial(self.tickets.note_failed_call, call.token))
                failures = noted or tries
                if failures >= tries or not failure.may_pass:
                    await self._at_last(partial(self.tickets.settle_call, call.token))
                    raise
            else:
                await self._at_last(partial(self.tickets.settle_call, call.token))
                return
            await self.clock.sleep(self.pause_s * (1 << (failures - 1)))

    async def _at_last(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """What was tried must be written down, or it would be tried for ever."""
        pause_s = self.pause_s
        while True:
            try:
                return await work()
            except StoreUnavailable:
                await self.clock.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
