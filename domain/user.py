"""People and their sign-ins."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import InvalidUser
from domain.ids import SessionId, UserId
from domain.text import is_one_line

MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 10, 128
"""In characters."""
MAX_EMAIL_LENGTH = 254
"""RFC 5321 section 4.5.3.1.3, less the angle brackets."""
MAX_DISPLAY_NAME_LENGTH = 100
SESSION_LIFETIME = timedelta(days=30)
PRECEDING_TOKEN_GRACE = timedelta(seconds=30)
"""How long the refresh token before the current one still answers (decision 13)."""

_BLANK = "\u0020\u00a0\u3000"
"""What is taken away around what people type: no line break, nor any other control character."""
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
"""The e-mail syntax of HTML forms, with at least one dot in the domain."""


class Role(StrEnum):
    CANDIDATE = "candidate"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with an account; `email` as it was typed, compared by `fold_email`."""

    id: UserId
    email: str
    display_name: str
    password_hash: str
    role: Role
    disabled: bool = False
    created_at: datetime

    @property
    def is_enabled_admin(self) -> bool:
        return self.role is Role.ADMIN and not self.disabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in: a family of refresh tokens, of which only `generation` is current."""

    id: SessionId
    user_id: UserId
    generation: int = 1
    created_at: datetime
    rotated_at: datetime
    expires_at: datetime
    revoked: bool = False

    def is_alive(self, now: datetime) -> bool:
        return not self.revoked and now < self.expires_at

    def accepts_preceding(self, generation: int, now: datetime) -> bool:
        """Whether a token of `generation` is the directly preceding one, still within grace."""
        return generation == self.generation - 1 and now - self.rotated_at <= PRECEDING_TOKEN_GRACE


def fold_email(email: str) -> str:
    """The form under which two e-mail addresses are the same."""
    return email.strip().casefold()


def check_email(email: str) -> str:
    """The address without blanks around it.

    Raises:
        InvalidUser: it is not an address that mail could be sent to. A line break at its end is
            no blank but somebody's slip, or worse, and not quietly mended.
    """
    trimmed = email.strip(_BLANK)
    if len(trimmed) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(trimmed):
        raise InvalidUser("/email", "is not an e-mail address")
    return trimmed


def check_password(password: str) -> str:
    """The password itself.

    Raises:
        InvalidUser: it is too short or too long.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InvalidUser(
            "/password", f"must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters"
        )
    if not _is_text(password):
        raise InvalidUser("/password", "holds a lone surrogate, which is not text")
    return password


def check_display_name(name: str) -> str:
    """The name without blanks around it.

    Raises:
        InvalidUser: it is empty, too long, or not printable.
    """
    trimmed = name.strip(_BLANK)
    if not 1 <= len(trimmed) <= MAX_DISPLAY_NAME_LENGTH:
        raise InvalidUser("/display_name", f"must have 1 to {MAX_DISPLAY_NAME_LENGTH} characters")
    if not is_one_line(trimmed):
        raise InvalidUser("/display_name", "holds a character that cannot be printed")
    return trimmed


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)
