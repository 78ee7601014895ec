"""A client trades a refresh token for a new pair of tokens."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.storage import Storage, UnitOfWork
from application.ports.tokens import AccessToken, RefreshClaims, TokenRefused, Tokens
from domain.errors import CredentialsRefused
from domain.user import Session, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """The new tokens of a sign-in that goes on, at most `lasts_s` seconds more."""

    access: AccessToken
    refresh_token: str
    lasts_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSession:
    storage: Storage
    tokens: Tokens
    clock: Clock

    async def __call__(self, refresh_token: str) -> Refreshed:
        """The successor of this token (decision 13).

        The current token moves the sign-in on by one compare-and-set. The directly preceding one
        is answered for 30 s with the same successor (an answer was lost, or two asked at once).
        Any older one was stolen from someone: the whole sign-in is revoked.

        Raises:
            CredentialsRefused: the token does not count (any more).
        """
        try:
            claims = self.tokens.read_refresh(refresh_token)
        except TokenRefused:
            raise CredentialsRefused from None
        async with self.storage.begin() as unit:
            found = await self._continue(unit, claims)
        if found is None:
            raise CredentialsRefused  # raised outside the block, so that a revocation is kept
        user, session = found
        return Refreshed(
            access=self.tokens.issue_access(user.id, session.id, user.role),
            refresh_token=self.tokens.issue_refresh(session.id, session.generation),
            lasts_s=int((session.expires_at - self.clock.now()).total_seconds()),
        )

    async def _continue(
        self, unit: UnitOfWork, claims: RefreshClaims
    ) -> tuple[User, Session] | None:
        now = self.clock.now()
        session = await unit.sessions.get(claims.session_id)
        if session is None or not session.is_alive(now):
            return None
        if claims.generation == session.generation:
            await unit.sessions.rotate(session, now)  # losing it means: another moved it on
        elif not session.accepts_preceding(claims.generation, now):
            await unit.sessions.revoke(session.id)
            return None
        user = await unit.users.get(session.user_id)
        current = await unit.sessions.get(session.id)
        if user is None or user.disabled or current is None:
            return None
        return user, current
