"""A Redis of one's own, to be killed, stopped still and emptied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.redis.house import House
from tests.services.redis import redis_server


@pytest.fixture(autouse=True)
def _a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patience of tests of outages: a quarter of a second passes on a busy machine as well."""
    monkeypatch.setattr("adapters.redis.connection.PATIENCE_S", 1.0)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    server, url = redis_server(tmp_path)
    server.start()
    yield House(server=server, url=url)
    server.kill()
