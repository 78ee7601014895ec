"""The operator makes an admin."""

from dataclasses import dataclass, replace

from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.passwords import PasswordHasher
from application.ports.storage import Storage
from domain.ids import UserId
from domain.user import Role, User, check_email, check_password


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAdmin:
    storage: Storage
    passwords: PasswordHasher
    clock: Clock
    ids: Ids

    async def __call__(
        self, *, email: str, password: str, only_if_none: bool = False
    ) -> User | None:
        """The admin: a new account, or an existing one promoted, enabled, its password replaced.

        With `only_if_none` nothing happens, and None comes back, where an enabled admin exists
        (so that a start with the same environment never resets a changed password).

        Raises:
            InvalidUser: the e-mail or the password does not fit.
        """
        checked = check_email(email)
        password_hash = await self.passwords.hash(check_password(password))
        async with self.storage.begin() as unit:
            if only_if_none and await unit.users.count_enabled_admins():
                return None
            known = await unit.users.by_email(checked)
            if known is not None:
                admin = replace(known, role=Role.ADMIN, disabled=False, password_hash=password_hash)
                await unit.users.update(admin)
                await unit.sessions.revoke_all(admin.id)
                return admin
            admin = User(
                id=UserId(self.ids.new()),
                email=checked,
                display_name=checked.partition("@")[0],
                password_hash=password_hash,
                role=Role.ADMIN,
                created_at=self.clock.now(),
            )
            await unit.users.add(admin)
            return admin
