"""Whether every dependency answers, found out at most once a second, however many ask."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from application.use_cases.check_health import CheckHealth

_FRESH_S = 1.0
"""To look means to write to disk, and anyone may ask: it must not be theirs how often."""


@dataclass(slots=True)
class Readiness:
    """The last answers, and when they were true."""

    check_health: CheckHealth
    _answers: Mapping[str, bool] = field(default_factory=dict)
    _stale_at: float = 0
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self) -> Mapping[str, bool]:
        """Each dependency by name, as of at most a second ago."""
        async with self._looking:
            loop = asyncio.get_running_loop()
            if not self._answers or loop.time() >= self._stale_at:
                self._answers = dict(await self.check_health())
                self._stale_at = loop.time() + _FRESH_S
            return self._answers
