"""Open event streams: how many a user has, and the switch that ends all, so that a stop can be."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from domain.ids import UserId
from entrypoints.http.problems import Refused

MAX_PER_USER = 10
RETRY_S = 5


@dataclass(frozen=True, slots=True)
class Streams:
    """Open streams end when `ending` is set; whoever reads them comes again elsewhere."""

    ending: asyncio.Event = field(default_factory=asyncio.Event)
    _open: Counter[UserId] = field(default_factory=Counter)

    def end(self) -> None:
        """End all, and every one that is opened from now on."""
        self.ending.set()

    def check_room(self, user_id: UserId) -> None:
        """Return if the user may open one more.

        Raises:
            Refused: 429.
        """
        if self._open[user_id] >= MAX_PER_USER:
            raise Refused(
                429,
                f"{MAX_PER_USER} streams are open already; close one of them.",
                name="too-many-streams",
                headers={"Retry-After": str(RETRY_S)},
            )

    @contextmanager
    def opened(self, user_id: UserId) -> Iterator[bool]:
        """Count one stream for the length of the block; False: others were faster, it must end.

        Counted when it is first read, not when it is asked for: what is never read never ends.
        """
        self._open[user_id] += 1
        try:
            yield self._open[user_id] <= MAX_PER_USER
        finally:
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]
