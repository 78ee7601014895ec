"""Passwords hashed by Argon2id."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from application.ports.passwords import HashingOverloaded, PasswordHasher

MOST_WAITING = 100
"""At about a tenth of a second each and two at once: nobody waits for more than some seconds."""
_AT_ONCE = 2
_SALT_BYTES = 16
_HASH_BYTES = 32
_Result = TypeVar("_Result")


class Argon2PasswordHasher(PasswordHasher):
    """Argon2id (RFC 9106), its second recommended setting unless told otherwise.

    A hash says how it was made, so hashes of other settings are read all the same.
    """

    def __init__(
        self,
        *,
        passes: int = 3,
        memory_kib: int = 64 * 1024,
        lanes: int = 4,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=passes,
            memory_cost=memory_kib,
            parallelism=lanes,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._nobody = (  # no password has this hash; to find that out takes as long as for any
            f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}"
            f"${_unpadded(bytes(_SALT_BYTES))}${_unpadded(bytes(_HASH_BYTES))}"
        )
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._most_waiting = most_waiting
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._apart(lambda: self._argon2.hash(_encoded(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        return await self._apart(lambda: self._is_right(password_hash, password))

    def _is_right(self, password_hash: str | None, password: str) -> bool:
        wanted = self._nobody if password_hash is None else password_hash
        try:
            return self._argon2.verify(wanted, _encoded(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _apart(self, work: Callable[[], _Result]) -> _Result:
        """Do it in a thread, which counts as at work until it ends, also where nobody waits."""
        if self._waiting >= self._most_waiting:
            raise HashingOverloaded
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        working = asyncio.ensure_future(asyncio.to_thread(work))
        working.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(working)


def _encoded(password: str) -> bytes:
    """UTF-8; a lone surrogate, which is in no stored password, must not be an error either."""
    return password.encode("utf-8", "surrogatepass")


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")
