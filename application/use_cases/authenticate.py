"""Who is it that carries this access token?"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.storage import Storage
from application.ports.tokens import AccessClaims, TokenRefused, Tokens
from domain.errors import NotSignedIn
from domain.ids import SessionId
from domain.user import User

CACHE_TIME = timedelta(seconds=5)
"""How long a changed role, a disabling or a sign-out elsewhere may go unseen (decision 14)."""
_CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signed-in user, as the store knows them."""

    user: User
    session_id: SessionId
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    storage: Storage
    tokens: Tokens
    clock: Clock
    _seen: dict[SessionId, tuple[datetime, User]] = field(default_factory=dict)

    async def __call__(self, access_token: str) -> Identity:
        """The identity behind the token; role, disabling and revocation come from the store.

        Raises:
            NotSignedIn: the token is not ours, expired, or its sign-in is over.
        """
        try:
            claims = self.tokens.read_access(access_token)
        except TokenRefused:
            raise NotSignedIn from None
        user = self._cached(claims.session_id) or await self._look_up(claims)
        return Identity(user=user, session_id=claims.session_id, expires_at=claims.expires_at)

    def forget(self, session_id: SessionId) -> None:
        """Drop what is cached of a sign-in that has just ended here."""
        self._seen.pop(session_id, None)

    def _cached(self, session_id: SessionId) -> User | None:
        seen_at, user = self._seen.get(session_id, (None, None))
        if seen_at is None or self.clock.now() - seen_at > CACHE_TIME:
            return None
        return user

    async def _look_up(self, claims: AccessClaims) -> User:
        now = self.clock.now()
        async with self.storage.read() as unit:
            session = await unit.sessions.get(claims.session_id)
            user = await unit.users.get(claims.user_id)
        alive = session is not None and session.is_alive(now)
        if not alive or user is None or user.disabled:
            self._seen.pop(claims.session_id, None)
            raise NotSignedIn
        if len(self._seen) >= _CACHE_SIZE:
            self._seen.clear()
        self._seen[claims.session_id] = (now, user)
        return user
