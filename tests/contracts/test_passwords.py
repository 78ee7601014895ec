"""Hashing passwords: every adapter of `PasswordHasher` keeps this contract."""

import asyncio

import pytest

from application.ports.passwords import PasswordHasher
from tests.contracts.adapters_of import PASSWORD_HASHERS

AWKWARD = (
    "correct horse",
    " ",
    "",
    "ends with blanks  ",
    "\U0001f680 \u00e9 e\u0301",
    "x" * 10_000,
    "in\x00side",
    "\ud800 alone",
)


@pytest.fixture(params=PASSWORD_HASHERS)
def hasher(request: pytest.FixtureRequest) -> PasswordHasher:
    return PASSWORD_HASHERS[request.param]()


@pytest.mark.parametrize("password", AWKWARD)
async def test_the_password_is_the_one_and_no_other(hasher: PasswordHasher, password: str) -> None:
    made = await hasher.hash(password)
    assert await hasher.verify(made, password)
    assert not await hasher.verify(made, password + " ")
    assert not await hasher.verify(made, password[:-1] + "?")


@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("Password", "password"),
        ("in\x00side", "in"),
        ("in\x00side", "in\x00other"),
        ("\u00e9", "e\u0301"),
        ("x" * 100, "x" * 101),
        ("x" * 72 + "a", "x" * 72 + "b"),
    ],
)
async def test_what_differs_at_all_is_refused(
    hasher: PasswordHasher, password: str, other: str
) -> None:
    assert not await hasher.verify(await hasher.hash(password), other)


async def test_hashes_are_salted(hasher: PasswordHasher) -> None:
    first, second = await hasher.hash("same password"), await hasher.hash("same password")
    assert first != second
    assert await hasher.verify(second, "same password")


async def test_a_hash_is_short_ascii_without_the_password(hasher: PasswordHasher) -> None:
    made = await hasher.hash("correct horse")
    assert made.isascii()
    assert made.isprintable()
    assert len(made) <= 200
    assert "correct" not in made


async def test_where_there_is_no_hash_no_password_is_right(hasher: PasswordHasher) -> None:
    assert [await hasher.verify(None, password) for password in AWKWARD] == [False] * len(AWKWARD)


@pytest.mark.parametrize(
    "stored", ["", "x", "correct horse", "$argon2id$v=19$m=64,t=1,p=1$$", "\x00"]
)
async def test_what_is_no_hash_is_never_right(hasher: PasswordHasher, stored: str) -> None:
    assert not await hasher.verify(stored, "correct horse")


async def test_many_at_once_are_all_answered(hasher: PasswordHasher) -> None:
    made = await asyncio.gather(*(hasher.hash(f"password {n}") for n in range(20)))
    answers = await asyncio.gather(
        *(hasher.verify(one, f"password {n}") for n, one in enumerate(made))
    )
    assert answers == [True] * 20


async def test_who_stops_waiting_takes_no_place_away(hasher: PasswordHasher) -> None:
    given_up = [asyncio.create_task(hasher.hash("password")) for _ in range(10)]
    await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    await asyncio.wait(given_up)
    made = await asyncio.wait_for(hasher.hash("password"), timeout=60)
    assert await hasher.verify(made, "password")
