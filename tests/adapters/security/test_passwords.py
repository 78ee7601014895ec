"""What Argon2id is asked to do."""

import asyncio
import time

from adapters.security.passwords import Argon2PasswordHasher
from application.ports.passwords import HashingOverloaded


async def test_by_default_it_is_the_second_recommendation_of_rfc_9106() -> None:
    made = await Argon2PasswordHasher().hash("correct horse")
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_hashes_of_other_settings_are_read() -> None:
    old = await Argon2PasswordHasher(passes=1, memory_kib=64, lanes=1).hash("correct horse")
    new = Argon2PasswordHasher(passes=2, memory_kib=128, lanes=2)
    assert await new.verify(old, "correct horse")


async def test_where_there_is_no_user_it_takes_as_long() -> None:
    hasher = Argon2PasswordHasher(passes=3, memory_kib=16_384, lanes=1)
    made = await hasher.hash("correct horse")
    nobody = min([await _seconds_to_verify(hasher, None) for _ in range(5)])
    somebody = min([await _seconds_to_verify(hasher, made) for _ in range(5)])
    assert somebody / 2 < nobody < somebody * 2


async def _seconds_to_verify(hasher: Argon2PasswordHasher, stored: str | None) -> float:
    start = time.process_time()
    await hasher.verify(stored, "wrong horse")
    return time.process_time() - start


async def test_a_crowd_is_told_to_come_again_instead_of_waiting_without_end() -> None:
    passwords = Argon2PasswordHasher(passes=1, memory_kib=8, lanes=1, most_waiting=3)

    answers = await asyncio.gather(
        *(passwords.hash("a password") for _ in range(20)), return_exceptions=True
    )
    later = await passwords.hash("a password")

    turned_away = [answer for answer in answers if isinstance(answer, HashingOverloaded)]
    assert 0 < len(turned_away) < len(answers)
    assert await passwords.verify(later, "a password")
