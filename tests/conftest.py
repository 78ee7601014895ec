"""What every test may use: a clock that stands still, and how long properties are tried."""

import pytest
from hypothesis import settings

from adapters.memory.clock import ManualClock
from tests.soaking import SOAKING

settings.register_profile("quick", deadline=None, max_examples=100, stateful_step_count=20)
settings.register_profile("soak", deadline=None, max_examples=2_000, stateful_step_count=50)
settings.load_profile("soak" if SOAKING else "quick")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that at the end nobody waits for one that has just begun."""
    items.sort(key=lambda item: "/journeys/" not in item.path.as_posix())
