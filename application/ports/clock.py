"""What time it is, and waiting for it to pass."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The one source of time."""

    def now(self) -> datetime:
        """The present, aware, in UTC, with microseconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when that many seconds have passed; may be cancelled."""
        ...
