"""A person signs in with e-mail and password."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.passwords import PasswordHasher
from application.ports.storage import Storage
from application.ports.tokens import AccessToken, Tokens
from domain.errors import CredentialsRefused
from domain.ids import SessionId
from domain.user import SESSION_LIFETIME, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The tokens of a new sign-in, which lasts at most `lasts_s` seconds from now."""

    access: AccessToken
    refresh_token: str
    lasts_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    storage: Storage
    passwords: PasswordHasher
    tokens: Tokens
    clock: Clock
    ids: Ids

    async def __call__(self, *, email: str, password: str) -> SignIn:
        """Tokens of a new sign-in.

        Raises:
            CredentialsRefused: wrong e-mail, wrong password or disabled; all take the same time.
        """
        async with self.storage.read() as unit:
            user = await unit.users.by_email(email)
        known_hash = user.password_hash if user is not None else None
        right = await self.passwords.verify(known_hash, password)
        if user is None or not right or user.disabled:
            raise CredentialsRefused
        now = self.clock.now()
        session = Session(
            id=SessionId(self.ids.new()),
            user_id=user.id,
            created_at=now,
            rotated_at=now,
            expires_at=now + SESSION_LIFETIME,
        )
        async with self.storage.begin() as unit:
            await unit.sessions.add(session)
        return SignIn(
            access=self.tokens.issue_access(user.id, session.id, user.role),
            refresh_token=self.tokens.issue_refresh(session.id, session.generation),
            lasts_s=int(SESSION_LIFETIME.total_seconds()),
        )
