"""Who may sign in, in dictionaries."""

from collections.abc import Mapping, Sequence

from adapters.memory.tables import Tables, refuse_known, refuse_unknown
from application.ports.users import UserRepository
from domain.errors import EmailTaken
from domain.ids import UserId
from domain.user import User, fold_email


class MemoryUserRepository(UserRepository):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, user: User) -> None:
        tables = self._tables.to_write
        folded = fold_email(user.email)
        if folded in tables.emails:
            raise EmailTaken
        refuse_known(user.id, tables.users)
        tables.users[user.id] = user
        tables.emails[folded] = user.id

    async def get(self, user_id: UserId) -> User | None:
        return self._tables.users.get(user_id)

    async def by_email(self, email: str) -> User | None:
        user_id = self._tables.emails.get(fold_email(email))
        return None if user_id is None else self._tables.users[user_id]

    async def by_ids(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]:
        users = self._tables.users
        return {user_id: users[user_id] for user_id in user_ids if user_id in users}

    async def update(self, user: User) -> None:
        tables = self._tables.to_write
        refuse_unknown(user.id, tables.users)
        folded = fold_email(user.email)
        if tables.emails.get(folded, user.id) != user.id:
            raise EmailTaken
        del tables.emails[fold_email(tables.users[user.id].email)]
        tables.users[user.id] = user
        tables.emails[folded] = user.id

    async def count_enabled_admins(self) -> int:
        return sum(user.is_enabled_admin for user in self._tables.users.values())

    async def list(self, *, after: UserId | None, limit: int) -> Sequence[User]:
        users = self._tables.users
        ids = sorted(user_id for user_id in users if after is None or user_id > after)
        return [users[user_id] for user_id in ids[:limit]]
