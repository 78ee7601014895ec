"""Tokens that people carry: short-lived access tokens and rotating refresh tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import SessionId, UserId
from domain.user import Role


class TokenRefused(Exception):
    """The token is forged, expired, malformed, or of another kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says."""

    user_id: UserId
    session_id: SessionId
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshClaims:
    """What a refresh token says: one generation of one sign-in."""

    session_id: SessionId
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A signed token and how many seconds it lives."""

    value: str
    expires_in_s: int


class Tokens(Protocol):
    """Signs and reads tokens. Pure computation with a key: it stores nothing."""

    def issue_access(self, user_id: UserId, session_id: SessionId, role: Role) -> AccessToken:
        """A token of 15 minutes."""
        ...

    def read_access(self, token: str) -> AccessClaims:
        """What the token says.

        Raises:
            TokenRefused: it is not one of ours, or has expired.
        """
        ...

    def issue_refresh(self, session_id: SessionId, generation: int) -> str:
        """The token of that generation; the same for the same arguments (decision 13)."""
        ...

    def read_refresh(self, token: str) -> RefreshClaims:
        """What the token says; whether it still counts only the stored session knows.

        Raises:
            TokenRefused: it is not one of ours.
        """
        ...
