"""Long work goes beside the event loop, which watches over the programs that run."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

_LARGE = 1 << 16
_Result = TypeVar("_Result")


async def beside_the_loop(work: Callable[[], _Result], *, size: int) -> _Result:
    """What comes of the work, which takes as long as `size` bytes take."""
    return work() if size < _LARGE else await asyncio.to_thread(work)
