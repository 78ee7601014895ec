"""Whether every dependency answers, found out at most once a second, however many ask."""

import asyncio
from dataclasses import dataclass, field

import structlog

from application.use_cases.check_health import CheckHealth, Health

_FRESH_S = 1.0
"""To look means to write to disk, and anyone may ask: it must not be theirs how often."""
_LOG = structlog.get_logger(__name__)


@dataclass(slots=True)
class Readiness:
    """The last answers, and when they were true."""

    check_health: CheckHealth
    _health: Health | None = None
    _stale_at: float = 0
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self) -> Health:
        """Each dependency by name, as of at most a second ago; a change is logged."""
        async with self._looking:
            loop = asyncio.get_running_loop()
            if self._health is None or loop.time() >= self._stale_at:
                health = await self.check_health()
                self._say_changes(health)
                self._health = health
                self._stale_at = loop.time() + _FRESH_S
            return self._health

    def _say_changes(self, now: Health) -> None:
        before = {} if self._health is None else self._health.dependencies
        for name, answers in now.dependencies.items():
            if answers != before.get(name, True):
                say = _LOG.info if answers else _LOG.warning
                say("a dependency answers again" if answers else "a dependency is down", name=name)
