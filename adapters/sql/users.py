"""People, in a SQL database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import false, insert, select, update

from adapters.sql.engine import Clash, Transaction, change, every, every_of, first
from adapters.sql.tables import users, values_of
from application.ports.users import UserRepository
from domain.errors import EmailTaken
from domain.ids import UserId
from domain.user import Role, User, fold_email

_USER = select(*(column for column in users.c if column is not users.c.folded_email))


class SqlUserRepository(UserRepository):
    """A user who is read in order to be changed is locked until the transaction ends."""

    def __init__(self, transaction: Transaction, *, for_change: bool) -> None:
        self._transaction = transaction
        self._for_change = for_change
        self._one = _USER.with_for_update() if for_change else _USER

    async def add(self, user: User) -> None:
        try:
            await change(self._transaction, insert(users).values(_row(user)))
        except Clash:
            same = users.c.folded_email == fold_email(user.email)
            if await first(self._transaction, _USER.where(same)) is None:
                raise
            raise EmailTaken from None

    async def get(self, user_id: UserId) -> User | None:
        row = await first(self._transaction, self._one.where(users.c.id == user_id))
        return None if row is None else User(**row)

    async def by_email(self, email: str) -> User | None:
        same = users.c.folded_email == fold_email(email)
        row = await first(self._transaction, self._one.where(same))
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
        locked = admins.with_for_update() if self._for_change else admins
        return len(await every(self._transaction, locked))

    async def list(self, *, after: UserId | None, limit: int) -> Sequence[User]:
        page = _USER if after is None else _USER.where(users.c.id > after)
        rows = await every(self._transaction, page.order_by(users.c.id).limit(limit))
        return [User(**row) for row in rows]


def _row(user: User) -> dict[str, object]:
    return values_of(user) | {"folded_email": fold_email(user.email)}
