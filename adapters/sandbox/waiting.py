"""Waiting for work that several wait for."""

import asyncio
from typing import TypeVar

from application.ports.judge import JudgeUnavailable

T = TypeVar("T")
CLOSED = "the sandbox is closed"


async def result_of(task: asyncio.Task[T]) -> T:
    """What it returns; who gives up waiting does not end it.

    Raises:
        JudgeUnavailable: it was cancelled, which only closing does.
    """
    await asyncio.wait({task})
    if task.cancelled():
        raise JudgeUnavailable(CLOSED)
    return task.result()
