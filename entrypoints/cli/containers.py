"""A container for the length of one command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from config.container import Container, close
from config.settings import Settings
from config.start import open_stores

_Result = TypeVar("_Result")


def run_with_container(
    settings: Settings, work: Callable[[Container], Awaitable[_Result]]
) -> _Result:
    """What the work gives, done in an event loop of its own, with all closed afterwards."""

    async def run() -> _Result:
        container = Container(settings=settings)
        try:
            await open_stores(container)
            return await work(container)
        finally:
            await close(container)

    return asyncio.run(run())
