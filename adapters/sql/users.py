"""People, in a SQL database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import false, insert, select, update

from adapters.sql.engine import Clash, Transaction, change, every, every_of, first
from adapters.sql.tables import users, values_of
from application.ports.storage import UserRepository
from domain.errors import EmailTaken
from domain.ids import UserId
from domain.user import Role, User, fold_email

_USER = select(*(column for column in users.c if column is not users.c.folded_email))


class SqlUserRepository(UserRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, user: User) -> None:
        try:
            await change(self._transaction, insert(users).values(_row(user)))
        except Clash:
            if await self.by_email(user.email) is None:
                raise
            raise EmailTaken from None

    async def get(self, user_id: UserId) -> User | None:
        row = await first(self._transaction, _USER.where(users.c.id == user_id))
        return None if row is None else User(**row)

    async def by_email(self, email: str) -> User | None:
        same = users.c.folded_email == fold_email(email)
        row = await first(self._transaction, _USER.where(same))
        return None if row is None else User(**row)

    async def by_ids(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]:
        rows = await every_of(self._transaction, _USER, users.c.id, user_ids)
        return {row["id"]: User(**row) for row in rows}

    async def update(self, user: User) -> None:
        mine = users.c.id == user.id
        try:
            found = await change(self._transaction, update(users).where(mine).values(_row(user)))
        except Clash:
            raise EmailTaken from None
        if not found:
            raise Clash(f"there is no user {user.id!r}")

    async def count_enabled_admins(self) -> int:
        admins = select(users.c.id).where(users.c.role == Role.ADMIN, users.c.disabled == false())
        return len(await every(self._transaction, admins.with_for_update()))

    async def list(self, *, after: UserId | None, limit: int) -> Sequence[User]:
        page = _USER if after is None else _USER.where(users.c.id > after)
        rows = await every(self._transaction, page.order_by(users.c.id).limit(limit))
        return [User(**row) for row in rows]


def _row(user: User) -> dict[str, object]:
    return values_of(user) | {"folded_email": fold_email(user.email)}
