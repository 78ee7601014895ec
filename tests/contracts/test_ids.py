"""New identifiers and secrets: every adapter of `Ids` keeps this contract."""

from uuid import RFC_4122, UUID

import pytest

from application.ports.ids import Ids
from tests.contracts.adapters_of import IDS


@pytest.fixture(params=IDS)
def ids(request: pytest.FixtureRequest) -> Ids:
    return IDS[request.param]()


def test_an_id_is_a_version_7_uuid_in_canonical_form(ids: Ids) -> None:
    new = ids.new()
    assert (UUID(new).version, UUID(new).variant) == (7, RFC_4122)
    assert str(UUID(new)) == new


def test_later_ids_sort_after_earlier_ones(ids: Ids) -> None:
    made = [ids.new() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_tokens_differ_and_are_long(ids: Ids) -> None:
    made = [ids.token() for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert min(len(token) for token in made) >= 22


def test_tokens_are_plain_ascii(ids: Ids) -> None:
    token = ids.token()
    assert token.isascii()
    assert token.replace("-", "").replace("_", "").isalnum()
