"""The application over the memory adapters, and clients for whoever asks."""

import logging
from collections.abc import AsyncIterator

import pytest
import structlog

from adapters.memory.clock import ManualClock
from tests.entrypoints.http.house import House


@pytest.fixture(autouse=True)
def _quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@pytest.fixture
async def house(clock: ManualClock) -> AsyncIterator[House]:
    async with House(clock=clock) as built:
        yield built
