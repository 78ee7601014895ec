"""A job for a Judge0 that answers as the test wants, and time that passes by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from adapters.judge0.following import Pace
from adapters.judge0.judge import Judge0Judge
from adapters.memory.clock import ManualClock
from application.ports.judge import JudgeInput, JudgeJob
from domain.ids import LanguageId
from domain.limits import Limits
from domain.program import Program, single_file
from domain.run import Compilation, Run
from tests.services.judge0 import Asked, Execute, Judge0StandIn, Outcome

LIMITS = Limits(time_ms=1_000, memory_kib=65_536, output_kib=64)
IMPATIENT = Pace(request_s=1.5)
"""For a server that is silent: longer than a busy one takes, and no longer than a test may."""


class HurryingClock(ManualClock):
    """Whoever sleeps makes the time pass; `naps` says for how long each time."""

    def __init__(self) -> None:
        super().__init__()
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """A judge, the server that it uses, and the clock of both."""

    judge: Judge0Judge
    server: Judge0StandIn
    clock: HurryingClock

    async def events(self, what: JudgeJob) -> list[Compilation | Run]:
        return await events_of(self.judge, what)


@asynccontextmanager
async def judge0(
    execute: Execute | None = None, *, key: str | None = None, pace: Pace | None = None
) -> AsyncIterator[Hands]:
    """A Judge0 in which a program writes what it reads, or does as `execute` says."""
    clock = HurryingClock()
    async with Judge0StandIn(execute or echo, token=key, workers=50).serving() as server:
        judge = Judge0Judge(server.url, key, clock, pace=pace or Pace())
        yield Hands(judge=judge, server=server, clock=clock)
        await judge.close()


async def echo(asked: Asked) -> Outcome:
    return Outcome(stdout=asked.stdin)


def always(outcome: Outcome) -> Execute:
    return one_by_one([outcome] * 50)


def one_by_one(outcomes: Iterable[Outcome]) -> Execute:
    """The outcomes in the order of the submissions, and an echo after the last."""
    left = iter(outcomes)

    async def execute(asked: Asked) -> Outcome:
        return next(left, None) or await echo(asked)

    return execute


def job(
    *contents: bytes,
    language: str = "python3",
    program: Program | None = None,
    limits: Limits = LIMITS,
) -> JudgeJob:
    return JudgeJob(
        language=LanguageId(language),
        program=program or single_file("print(input())"),
        limits=limits,
        inputs=tuple(
            JudgeInput(ordinal=n, load=_loading(content)) for n, content in enumerate(contents, 1)
        ),
    )


async def events_of(judge: Judge0Judge, what: JudgeJob) -> list[Compilation | Run]:
    async with aclosing(judge.judge(what)) as events:
        return [event async for event in events]


def compilation(events: Iterable[Compilation | Run]) -> Compilation:
    return next(event for event in events if isinstance(event, Compilation))


def runs(events: Iterable[Compilation | Run]) -> list[Run]:
    return [event for event in events if isinstance(event, Run)]


def outputs(events: Iterable[Compilation | Run]) -> list[bytes]:
    return [run.stdout for run in runs(events)]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the other side of a connection does."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - it happens on the other side
            await asyncio.sleep(0.001)


def _loading(content: bytes) -> Callable[[], Awaitable[bytes]]:
    async def load() -> bytes:
        return content

    return load
