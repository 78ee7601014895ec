"""The figures of this process as Prometheus reads them; served by the API and by the worker."""

import asyncio

from application.ports.telemetry import Figures
from application.use_cases.measure_queue import MeasureQueue

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FRESH_S = 1.0
"""To measure the queue means to ask the store: not as often as somebody may scrape."""


class Metrics:
    """All figures, with the queue as of at most a second ago."""

    def __init__(self, measure_queue: MeasureQueue, figures: Figures) -> None:
        self._measure_queue = measure_queue
        self._figures = figures
        self._stale_at = float("-inf")
        self._looking = asyncio.Lock()

    async def text(self) -> bytes:
        """Every figure in Prometheus' text format."""
        async with self._looking:
            loop = asyncio.get_running_loop()
            if loop.time() >= self._stale_at:
                await self._measure_queue()
                self._stale_at = loop.time() + _FRESH_S
        return self._figures.text()
