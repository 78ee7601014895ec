"""Staff look through the accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.storage import Storage
from domain.ids import UserId
from domain.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUsers:
    storage: Storage

    async def __call__(self, *, after: UserId | None, limit: int) -> Sequence[User]:
        """Users, the oldest account first, those after `after`."""
        async with self.storage.read() as unit:
            return await unit.users.list(after=after, limit=limit)
