"""Staff change a role, or disable or enable an account."""

from dataclasses import dataclass, replace

from application.ports.storage import Storage
from domain.errors import LastAdmin, UserNotFound
from domain.ids import UserId
from domain.user import Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateUser:
    storage: Storage

    async def __call__(
        self, user_id: UserId, *, role: Role | None = None, disabled: bool | None = None
    ) -> User:
        """The changed user; None leaves as it is. Disabling also ends every sign-in.

        Raises:
            UserNotFound: there is none.
            LastAdmin: nobody would be left who can administer.
        """
        async with self.storage.begin() as unit:
            user = await unit.users.get(user_id)
            if user is None:
                raise UserNotFound(user_id)
            changed = replace(
                user,
                role=user.role if role is None else role,
                disabled=user.disabled if disabled is None else disabled,
            )
            loses_admin = user.is_enabled_admin and not changed.is_enabled_admin
            if loses_admin and await unit.users.count_enabled_admins() <= 1:
                raise LastAdmin
            await unit.users.update(changed)
            if changed.disabled:
                await unit.sessions.revoke_all(user.id)
            return changed
