"""Where submissions wait: judged as slots become free, waited for, and told to who asked for it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from application.ports.clock import Clock
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import OwedCall
from application.use_cases.call_back import CallBack
from application.use_cases.forget_tickets import ForgetTickets
from application.use_cases.judge_ticket import JudgeTicket
from application.use_cases.list_owed_calls import ListOwedCalls
from application.use_cases.put_back_tickets import PutBackTickets
from config.judge_server import Judge0Config
from domain.ticket import Ticket, TicketToken
from entrypoints.judge_server.calls import MOST_CALLS, BodyOf, Calls

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_FORGET_EVERY_S = 300.0
_CALL_AGAIN_S = 5.0
_log = structlog.get_logger(__name__)
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWork:
    """What the desk has done for it."""

    judge_ticket: JudgeTicket
    put_back_tickets: PutBackTickets
    forget_tickets: ForgetTickets
    list_owed_calls: ListOwedCalls
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
        body_of: BodyOf,
    ) -> None:
        self._work = work
        self._calls = Calls(work.call_back, config, body_of) if config.enable_callbacks else None
        self._news = asyncio.Event()
        self._waiting: dict[TicketToken, list[asyncio.Future[None]]] = {}
        self.slots = slots
        self.busy = 0

    async def run(self) -> None:
        """Judge until cancelled; what was being judged then waits for the next start.

        What goes wrong is tried again, for as long as it takes.
        """
        put_back = await self._at_last(self._work.put_back_tickets)
        if put_back:
            _log.info("judged anew, as the server was stopped in the middle", submissions=put_back)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.slots):
                    group.create_task(self._judge())
                group.create_task(self._forget())
                group.create_task(self._call())
        finally:
            if self._calls:
                self._calls.drop()
            await self._let_wait()

    def wake(self) -> None:
        """There is something to judge: for every slot that has looked for it until now."""
        self._news.set()
        self._news = asyncio.Event()

    @contextmanager
    def waited_for(self, token: TicketToken) -> Iterator[asyncio.Future[None]]:
        """Done as soon as it is finished from now on."""
        finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(token, []).append(finished)
        try:
            yield finished
        finally:
            self._waiting[token].remove(finished)
            if not self._waiting[token]:
                del self._waiting[token]

    async def _judge(self) -> None:
        while True:
            news = self._news
            ticket = await self._at_last(self._judge_one)
            if ticket is None:
                await news.wait()

    async def _judge_one(self) -> Ticket | None:
        self.busy += 1
        try:
            ticket = await self._work.judge_ticket(_unkept)
        finally:
            self.busy -= 1
        if ticket is not None:
            self._finished(ticket)
        return ticket

    def _finished(self, ticket: Ticket) -> None:
        for finished in self._waiting.get(ticket.token, ()):
            if not finished.done():
                finished.set_result(None)
        url = ticket.ask.callback_url
        if url is not None and self._calls:
            self._calls.make(OwedCall(token=ticket.token, flavour=ticket.flavour, url=url))

    async def _call(self) -> None:
        """Make the calls that an earlier start, or a crowd, has left."""
        while self._calls:
            owed = await self._at_last(partial(self._work.list_owed_calls, MOST_CALLS))
            for call in owed:
                self._calls.make(call)
            if len(owed) == MOST_CALLS:  # there may be more
                self._calls.left.set()
            await self._calls.left.wait()
            await self._work.clock.sleep(_CALL_AGAIN_S)
            self._calls.left.clear()

    async def _forget(self) -> None:
        while True:
            await self._at_last(self._work.forget_tickets)
            await self._work.clock.sleep(_FORGET_EVERY_S)

    async def _let_wait(self) -> None:
        """The next start does it if this cannot."""
        try:
            await self._work.put_back_tickets()
        except StoreUnavailable as failure:
            _log.warning("what was being judged waits for the next start", reason=str(failure))

    async def _at_last(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """What comes of the work as soon as it does not fail, with longer and longer pauses."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return await work()
            except StoreUnavailable as failure:
                _log.error("the judging waits for its store", reason=str(failure))
            except Exception:  # noqa: BLE001 - the next one is to be judged all the same
                _log.exception("the judging stumbled")
            await self._work.clock.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)


def _unkept(failure: StoreUnavailable) -> None:
    _log.error("what came of a submission waits to be kept", reason=str(failure))
