"""Access tokens as JWT, refresh tokens as an identifier under a MAC."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import jwt

from adapters.security.keys import Keys
from application.ports.clock import Clock
from application.ports.tokens import (
    AccessClaims,
    AccessToken,
    RefreshClaims,
    TokenRefused,
    Tokens,
)
from domain.ids import SessionId, UserId
from domain.user import Role

_ACCESS_LIFETIME = timedelta(minutes=15)
_ALGORITHM = "HS256"
_US = "assay"
_CLAIMS = ["sub", "sid", "role", "iat", "exp", "jti", "iss", "aud"]
_JTI_BYTES = 16
_ACCESS = re.compile(
    r"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\.[A-Za-z0-9_-]{1,2000}\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
)
"""The one header that we write, any claims, and a MAC; so nothing unsigned is ever parsed."""
_REFRESH = re.compile(r"([A-Za-z0-9_-]{1,64})\.([1-9][0-9]{0,9})\.([A-Za-z0-9_-]{43})")


class JwtTokens(Tokens):
    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def issue_access(self, user_id: UserId, session_id: SessionId, role: Role) -> AccessToken:
        issued_at = int(self._clock.now().timestamp())
        lifetime_s = int(_ACCESS_LIFETIME.total_seconds())
        claims = {
            "sub": user_id,
            "sid": session_id,
            "role": role.value,
            "iat": issued_at,
            "exp": issued_at + lifetime_s,
            "jti": secrets.token_urlsafe(_JTI_BYTES),
            "iss": _US,
            "aud": _US,
        }
        value = jwt.encode(claims, self._keys.jwt, algorithm=_ALGORITHM)
        return AccessToken(value=value, expires_in_s=lifetime_s)

    def read_access(self, token: str) -> AccessClaims:
        claims = _access_claims(self._signed_claims(token))
        if self._clock.now() >= claims.expires_at:
            raise TokenRefused("the token has expired")
        return claims

    def issue_refresh(self, session_id: SessionId, generation: int) -> str:
        said = f"{session_id}.{generation}"
        return f"{said}.{self._mac(said)}"

    def read_refresh(self, token: str) -> RefreshClaims:
        parts = _REFRESH.fullmatch(token)
        if parts is None:
            raise TokenRefused("the token is malformed")
        session_id, generation, mac = parts.groups()
        if not hmac.compare_digest(mac, self._mac(f"{session_id}.{generation}")):
            raise TokenRefused("the token is forged")
        return RefreshClaims(session_id=SessionId(session_id), generation=int(generation))

    def _signed_claims(self, token: str) -> dict[str, object]:
        if not _ACCESS.fullmatch(token):
            raise TokenRefused("the token is malformed")
        try:
            return jwt.decode(
                token,
                self._keys.jwt,
                algorithms=[_ALGORITHM],
                issuer=_US,
                audience=_US,
                options={  # times are checked against our own clock
                    "require": _CLAIMS,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as error:
            raise TokenRefused(str(error)) from None

    def _mac(self, said: str) -> str:
        digest = hmac.digest(self._keys.refresh, said.encode(), hashlib.sha256)
        return urlsafe_b64encode(digest).decode().rstrip("=")


def _access_claims(claims: dict[str, object]) -> AccessClaims:
    match claims:
        case {"sub": str(user_id), "sid": str(session_id), "role": str(role), "exp": int(exp)}:
            return AccessClaims(
                user_id=UserId(user_id),
                session_id=SessionId(session_id),
                role=_role(role),
                expires_at=_moment(exp),
            )
        case _:
            raise TokenRefused("a claim is of the wrong kind")


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise TokenRefused("there is no such role") from None


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise TokenRefused("there is no such moment") from None
