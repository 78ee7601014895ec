"""One job at Judge0: its first test alone, then the others a few at a time, told in their order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.judge0.client import EVERYTHING, PROGRESS, Judge0Client
from adapters.judge0.orders import Order, Payload
from adapters.judge0.outcomes import compilation_of, is_worth_another_try, run_of
from adapters.judge0.wire import Config, Result
from application.ports.clock import Clock
from application.ports.judge import JudgeInput, JudgeUnavailable
from domain.run import Compilation, Run

_MOST_BODY_BYTES = 4 << 20
"""Of inputs sent at once: gateways take no more than a few MiB a request."""
_MOST_FETCHED_BYTES = 16 << 20
"""Of outputs fetched at once."""
_COMPILING_S = 20.0
"""What Judge0 gives a compiler, before each run."""
_MOST_LOSSES = 3
_SLOWER = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How Judge0 is asked.

    Polls come slower and slower between the first and the longest. `patience_s` is how long an
    outage may last, and how long it may queue a submission; `in_flight` how many submissions of
    one job it has at once; `request_s` how long it may be silent in one answer, and `answer_s` how
    long one answer may take as a whole.
    """

    first_poll_s: float = 0.2
    longest_poll_s: float = 2.0
    patience_s: float = 600.0
    in_flight: int = 10
    request_s: float = 20.0
    answer_s: float = 60.0

    def within(self, config: Config) -> "Pace":
        return replace(self, in_flight=min(self.in_flight, config.max_submission_batch_size))


@dataclass(slots=True, kw_only=True)
class _Sent:
    """A test that Judge0 has."""

    test: JudgeInput
    token: str
    due: datetime
    is_finished: bool = False
    losses: int = 0
    failures: int = 0


@dataclass(slots=True, kw_only=True)
class Following:
    """Sends the tests of one job, asks for them, and tells what came of them.

    `woken` is set by whoever knows that something has finished. A submission that Judge0 lost is
    sent again, and so, once, is one that it failed in.
    """

    client: Judge0Client
    clock: Clock
    pace: Pace
    order: Order
    batched: bool
    woken: asyncio.Event
    wake_token: str

    async def events(self, tests: tuple[JudgeInput, ...]) -> AsyncGenerator[Compilation | Run]:
        rest = deque(tests or (JudgeInput(ordinal=0, load=_nothing),))
        under_way: deque[_Sent] = deque()
        compilation: Compilation | None = None
        while rest or under_way:
            room = (self.pace.in_flight if compilation else 1) - len(under_way)
            under_way.extend(await self._sent(rest, room))
            await self._first_finished(under_way)
            for sent, result in await self._finished(under_way):
                if compilation is None:
                    compilation = compilation_of(result)
                    yield compilation
                    if not (compilation.ok and tests):
                        return
                yield run_of(sent.test.ordinal, result, self.order)

    # --- sending ---

    async def _sent(self, rest: deque[JudgeInput], room: int) -> list[_Sent]:
        """Send as many as there is room for, and loaded only now."""
        taken: list[JudgeInput] = []
        payloads: list[Payload] = []
        size = 0
        while rest and len(taken) < room and size < _MOST_BODY_BYTES:
            test = rest.popleft()
            stdin = await test.load()
            taken.append(test)
            payloads.append(self.order.with_input(stdin))
            size += len(stdin)
        if not taken:
            return []
        tokens = await self.client.create(payloads, batched=self.batched)
        due = self._due()
        return [
            _Sent(test=test, token=token, due=due)
            for test, token in zip(taken, tokens, strict=True)
        ]

    async def _send_again(self, sent: _Sent) -> None:
        payload = self.order.with_input(await sent.test.load())
        (sent.token,) = await self.client.create([payload], batched=self.batched)
        sent.due = self._due()
        sent.is_finished = False

    def _due(self) -> datetime:
        most_s = self.pace.patience_s + _COMPILING_S + self.order.wall_s
        return self.clock.now() + timedelta(seconds=most_s)

    # --- waiting ---

    async def _first_finished(self, under_way: deque[_Sent]) -> None:
        """Wait until the first of them has finished, and know which others have, too."""
        pause_s = self.pace.first_poll_s
        while not under_way[0].is_finished:
            if self.clock.now() > under_way[0].due:
                raise JudgeUnavailable(
                    f"Judge0 did not finish a submission within {self.pace.patience_s:.0f} s: "
                    "it has too few workers, or they have stopped"
                )
            if await self._pause(pause_s):
                pause_s = self.pace.first_poll_s
            if await self._look_around(under_way):
                pause_s = self.pace.first_poll_s
            else:
                pause_s = min(pause_s * _SLOWER, self.pace.longest_poll_s)

    async def _look_around(self, under_way: deque[_Sent]) -> bool:
        """Ask after all that have not finished; whether there is any news."""
        open_ones = [sent for sent in under_way if not sent.is_finished]
        tokens = [sent.token for sent in open_ones]
        found = await self.client.look(tokens, PROGRESS, batched=self.batched)
        for sent, seen in zip(open_ones, found, strict=True):
            if seen is None:
                await self._lost(sent)
            else:
                sent.is_finished = seen.is_finished
        return any(sent.is_finished for sent in open_ones)

    async def _lost(self, sent: _Sent) -> None:
        sent.losses += 1
        if sent.losses >= _MOST_LOSSES:
            raise JudgeUnavailable(f"Judge0 lost a submission {_MOST_LOSSES} times")
        await self._send_again(sent)

    async def _pause(self, seconds: float) -> bool:
        """Wait, or be woken; whether it was that."""
        waits = [
            asyncio.ensure_future(self.clock.sleep(seconds)),
            asyncio.ensure_future(self.woken.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        is_woken = self.woken.is_set()
        self.woken.clear()
        return is_woken

    # --- results ---

    async def _finished(self, under_way: deque[_Sent]) -> list[tuple[_Sent, Result]]:
        """Take those out that have finished, from the first on, with what came of them.

        As many as have room in memory: with nothing to take, all were sent again.
        """
        most = max(1, _MOST_FETCHED_BYTES // self.order.kept_bytes)
        ready: list[_Sent] = []
        for sent in under_way:
            if not sent.is_finished or len(ready) >= most:
                break
            ready.append(sent)
        tokens = [sent.token for sent in ready]
        found = await self.client.look(tokens, EVERYTHING, batched=self.batched)
        taken: list[tuple[_Sent, Result]] = []
        for sent, result in zip(ready, found, strict=True):
            if result is None:
                await self._lost(sent)
            elif not result.is_finished:  # an answer out of a cache
                sent.is_finished = False
            elif is_worth_another_try(result) and not sent.failures:
                sent.failures += 1
                await self._send_again(sent)
            else:
                taken.append((sent, result))
                continue
            break
        for _ in taken:
            under_way.popleft()
        return taken


async def _nothing() -> bytes:
    return b""
