"""Brokers of one's own, to be killed and stopped still."""

from collections.abc import Iterator

import pytest

from tests.adapters.dramatiq.house import BROKERS, House


@pytest.fixture(params=BROKERS)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    house = BROKERS[request.param]()
    yield house
    house.mend()
