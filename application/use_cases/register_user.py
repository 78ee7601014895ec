"""A person opens an account."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.passwords import PasswordHasher
from application.ports.storage import Storage
from domain.ids import UserId
from domain.user import Role, User, check_display_name, check_email, check_password


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUser:
    storage: Storage
    passwords: PasswordHasher
    clock: Clock
    ids: Ids

    async def __call__(self, *, email: str, password: str, display_name: str) -> User:
        """The new candidate; nobody registers as admin.

        Raises:
            InvalidUser: a field does not fit.
            EmailTaken: someone has that e-mail, compared case-folded.
        """
        checked_email = check_email(email)
        name = check_display_name(display_name)
        password_hash = await self.passwords.hash(check_password(password))
        user = User(
            id=UserId(self.ids.new()),
            email=checked_email,
            display_name=name,
            password_hash=password_hash,
            role=Role.CANDIDATE,
            created_at=self.clock.now(),
        )
        async with self.storage.begin() as unit:
            await unit.users.add(user)
        return user
