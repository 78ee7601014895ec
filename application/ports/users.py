"""Who may sign in."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.ids import UserId
from domain.user import User


class UserRepository(Protocol):
    """People. The folded e-mail is unique."""

    async def add(self, user: User) -> None:
        """Store a new user.

        Raises:
            EmailTaken: another user has that e-mail (folded).
        """
        ...

    async def get(self, user_id: UserId) -> User | None:
        """The user, or None."""
        ...

    async def by_email(self, email: str) -> User | None:
        """The user with that e-mail (compared folded), or None."""
        ...

    async def by_ids(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]:
        """Those of the users that exist."""
        ...

    async def update(self, user: User) -> None:
        """Replace the stored user of that id, which exists."""
        ...

    async def count_enabled_admins(self) -> int:
        """How many admins can sign in; two transactions cannot both lower it to 0."""
        ...

    async def list(self, *, after: UserId | None, limit: int) -> Sequence[User]:
        """Users by id, those after `after`."""
        ...
