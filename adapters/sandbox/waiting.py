"""Waiting for work that several wait for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from application.ports.judge import JudgeUnavailable

T = TypeVar("T")
CLOSED = "the sandbox is closed"
_TRIES, _QUICK_TRIES = 200, 20


async def result_of(task: asyncio.Task[T]) -> T:
    """What it returns; who gives up waiting does not end it.

    Raises:
        JudgeUnavailable: it was cancelled, which only closing does.
    """
    await asyncio.wait({task})
    if task.cancelled():
        raise JudgeUnavailable(CLOSED)
    return task.result()


async def to_its_end(work: Coroutine[None, None, T]) -> T:
    """Cleaning up goes on when whoever waits for it is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    cancelled = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    result = task.result()
    if cancelled is not None:
        raise cancelled
    return result


async def cancelled(task: asyncio.Task[T] | None) -> None:
    """End it, if there is one, and wait until it has; what it returns or raises is nobody's."""
    if task:
        task.cancel()
        await to_its_end(_settled(task))


async def _settled(task: asyncio.Task[T]) -> None:
    await asyncio.gather(task, return_exceptions=True)


async def until_gone(remove: Callable[[], bool]) -> bool:
    """Whether it is gone after some seconds: the kernel may still be burying the last process."""
    for attempt in range(_TRIES):
        if remove():
            return True
        await asyncio.sleep(0.001 if attempt < _QUICK_TRIES else 0.02)
    return False
