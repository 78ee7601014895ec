"""What every test may use: a clock that stands still, and how long properties are tried."""

import sys

import pytest
from hypothesis import HealthCheck, settings

from adapters.memory.clock import ManualClock
from tests.soaking import SOAKING

# However slow a machine is, what is tried is right or wrong.
_SLOWLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", _SLOWLY, max_examples=100, stateful_step_count=20)
settings.register_profile("soak", _SLOWLY, max_examples=5_000, stateful_step_count=50)
settings.load_profile("soak" if SOAKING else "quick")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is given up for being slow, as on a machine that is busy with other tests.

    For what is not about outages: how soon adapters give up is seen where that is looked at.
    """
    for name, value in _PATIENT.items():
        monkeypatch.setattr(name, value)
    options = sys.modules["adapters.mongo.client"]._OPTIONS  # noqa: SLF001 - no setting of a user's
    for name in ("serverSelectionTimeoutMS", "connectTimeoutMS"):
        monkeypatch.setitem(options, name, 30_000)


_PATIENT = {
    "adapters.dramatiq.dead_letters.PATIENCE_S": 30.0,
    "adapters.dramatiq.rabbitmq_broker.PATIENCE_S": 30.0,
    "adapters.dramatiq.redis_broker.PATIENCE_S": 30.0,
    "adapters.dramatiq.task_queue.PATIENCE_S": 30.0,
    "adapters.kafka.backlog._PATIENCE_S": 30.0,
    "adapters.kafka.connection.UNSENT_S": 30.0,
    "adapters.kafka.dead_letters.PATIENCE_S": 30.0,
    "adapters.kafka.task_queue.PATIENCE_S": 30.0,
    "adapters.mongo.client.QUICK_S": 30.0,
    "adapters.mongo.client._ANSWER_S": 30.0,
    "adapters.redis.connection.PATIENCE_S": 30.0,
    "adapters.s3.client.QUICK_S": 30.0,
    "adapters.sql.mysql_server._CONNECT_S": 30.0,
    "adapters.sql.pulse._ANSWER_S": (30.0, 30.0),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that at the end nobody waits for one that has just begun."""
    items.sort(key=lambda item: "/journeys/" not in item.path.as_posix())
