"""Hashing passwords."""

from typing import Protocol


class HashingOverloaded(Exception):
    """Too many passwords wait to be hashed; whoever asks again in a moment may get through."""


class PasswordHasher(Protocol):
    """Slow, salted hashes. Never blocks the event loop; at most two work at once.

    Both methods raise `HashingOverloaded` instead of letting a crowd wait without end.
    """

    async def hash(self, password: str) -> str:
        """A new salted hash, with its parameters in it."""
        ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one; with None takes as long, and answers False."""
        ...
