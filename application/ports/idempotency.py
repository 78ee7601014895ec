"""Keys by which a client may repeat a creation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.ids import UserId

IDEMPOTENCY_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A client's key for one creation; `body_hash` tells whether a repeat is the same request."""

    user_id: UserId
    route: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """A key and what it created (`result`: an id, or a version number, as text)."""

    key: IdempotencyKey
    result: str
    created_at: datetime


class IdempotencyRace(Exception):
    """The same key was used by another request at the same moment; ask again and find it."""


class IdempotencyRepository(Protocol):
    """What keys created, written in the same transaction as what they created (decision 5)."""

    async def find(self, key: IdempotencyKey, now: datetime) -> IdempotencyRecord | None:
        """The living record of that user, route and key, whatever its body.

        Raises:
            IdempotencyKeyReused: it is there, with another body.
        """
        ...

    async def add(self, record: IdempotencyRecord) -> None:
        """Store a record, in place of an expired one.

        Raises:
            IdempotencyRace: another transaction stored a living one meanwhile.
        """
        ...

    async def remove_expired(self, now: datetime) -> int:
        """Forget records older than IDEMPOTENCY_LIFETIME; how many."""
        ...
