"""Rejudging, in slots that nobody else needs: it gives way to what people wait for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

_FEW = 2
"""Slots, of which none can be kept free all the time."""


class Background:
    """Runs `work` again and again in up to `slots` tasks, fewer while others need slots.

    Of several slots one is left free, so that what comes next begins at once. When that one is
    taken, the youngest of the tasks is cancelled, so that there is one again. Of two slots, or one,
    that would leave too little for what may be long: there the task ends only when its own slot is
    needed, by somebody who waits for as long as letting go of it takes.
    """

    def __init__(self, slots: int, work: Callable[[], Awaitable[bool]]) -> None:
        self._most = slots
        self._left_free = 1 if slots > 1 else 0
        self._kept_free = 1 if slots > _FEW else 0
        self._work = work
        self._others = 0
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def gives_way(self) -> Iterator[Callable[[], None]]:
        """A block whose work may need a slot, which it has from when it calls what it is given."""
        needed = False

        def need() -> None:
            nonlocal needed
            needed = True
            self._others += 1
            self._give_way()

        try:
            yield need
        finally:
            self._others -= needed

    def look(self, due: int) -> None:
        """See to up to `due` pieces of work, as far as there is room."""
        room = self._most - self._left_free - self._others
        for _ in range(min(due, room - len(self._tasks))):
            task = asyncio.create_task(self._run())
            self._tasks.append(task)
            task.add_done_callback(self._tasks.remove)

    async def stop(self) -> None:
        """Cancel all, and wait until they have ended."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _give_way(self) -> None:
        running = [task for task in self._tasks if not task.cancelling()]
        for task in running[max(0, self._most - self._kept_free - self._others) :]:
            task.cancel()

    async def _run(self) -> None:
        while await self._work():
            pass
