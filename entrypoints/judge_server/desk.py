"""Where submissions wait: judged as slots become free, waited for, and told to who asked for it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from application.ports.callback_sender import CallbackFailed
from application.ports.clock import Clock
from application.ports.storage import StoreUnavailable
from application.use_cases.call_back import CallBack
from application.use_cases.forget_tickets import ForgetTickets
from application.use_cases.judge_ticket import JudgeTicket
from application.use_cases.put_back_tickets import PutBackTickets
from config.judge_server import Judge0Config
from domain.ticket import Ticket, TicketToken

_PAUSE_S = 1.0
_FORGET_EVERY_S = 300.0
_CALLS_AT_ONCE = 16
_MOST_CALLS = 10_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWork:
    """What the desk has done for it."""

    judge_ticket: JudgeTicket
    put_back_tickets: PutBackTickets
    forget_tickets: ForgetTickets
    call_back: CallBack
    clock: Clock


class Desk:
    """`body_of` makes a callback's body of a finished ticket."""

    def __init__(
        self,
        work: DeskWork,
        config: Judge0Config,
        *,
        slots: int,
        body_of: Callable[[Ticket], bytes],
    ) -> None:
        self._work = work
        self._config = config
        self._body_of = body_of
        self._news = asyncio.Event()
        self._waiting: dict[TicketToken, list[asyncio.Future[Ticket]]] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._may_call = asyncio.Semaphore(_CALLS_AT_ONCE)
        self.slots = slots
        self.busy = 0

    async def run(self) -> None:
        """Judge until cancelled; what was being judged then waits for the next start."""
        put_back = await self._work.put_back_tickets()
        if put_back:
            _log.info("judged anew, as the server was stopped in the middle", submissions=put_back)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.slots):
                    group.create_task(self._judge())
                group.create_task(self._forget())
        finally:
            for call in tuple(self._calls):
                call.cancel()
            await self._work.put_back_tickets()

    def wake(self) -> None:
        """There is something to judge."""
        self._news.set()

    @contextmanager
    def waited_for(self, token: TicketToken) -> Iterator[asyncio.Future[Ticket]]:
        """The ticket, as soon as it is finished from now on."""
        finished = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(token, []).append(finished)
        try:
            yield finished
        finally:
            self._waiting[token].remove(finished)
            if not self._waiting[token]:
                del self._waiting[token]

    async def _judge(self) -> None:
        while True:
            self._news.clear()
            try:
                self.busy += 1
                ticket = await self._work.judge_ticket()
            except StoreUnavailable as failure:
                _log.error("a submission could not be kept", reason=str(failure))
                await self._work.clock.sleep(_PAUSE_S)
                continue
            except Exception:  # noqa: BLE001 - the next one is to be judged all the same
                _log.exception("a submission was not judged to its end")
                await self._work.clock.sleep(_PAUSE_S)
                continue
            finally:
                self.busy -= 1
            if ticket is None:
                await self._news.wait()
            else:
                self._finished(ticket)

    def _finished(self, ticket: Ticket) -> None:
        for finished in self._waiting.get(ticket.token, ()):
            if not finished.done():
                finished.set_result(ticket)
        url = ticket.ask.callback_url
        if url is None or not self._config.enable_callbacks:
            return
        if len(self._calls) >= _MOST_CALLS:
            _log.warning("a callback is dropped: too many wait", token=ticket.token)
            return
        call = asyncio.create_task(self._call(ticket, url))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _call(self, ticket: Ticket, url: str) -> None:
        config = self._config
        async with self._may_call:
            try:
                await self._work.call_back(
                    url,
                    self._body_of(ticket),
                    tries=max(1, config.callbacks_max_tries),
                    timeout_s=config.callbacks_timeout,
                )
            except CallbackFailed as failure:
                _log.warning("a callback was not taken", reason=failure.reason)

    async def _forget(self) -> None:
        while True:
            try:
                await self._work.forget_tickets()
            except StoreUnavailable as failure:
                _log.warning("old submissions could not be forgotten", reason=str(failure))
            await self._work.clock.sleep(_FORGET_EVERY_S)
