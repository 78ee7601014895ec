"""The switch that ends open event streams, so that they do not hold up a stop."""

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Streams:
    """Open streams end when `ending` is set; whoever reads them comes again elsewhere."""

    ending: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """End all, and every one that is opened from now on."""
        self.ending.set()
