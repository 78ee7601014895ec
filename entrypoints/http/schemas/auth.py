"""Accounts, sign-ins and tokens."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domain.user import MAX_DISPLAY_NAME_LENGTH, MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, Role
from entrypoints.http.schemas.common import ONE_LINE, Input, View

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+$"


class Registration(Input, frozen=True, kw_only=True):
    """A new account; everyone begins as a candidate."""

    email: Annotated[str, msgspec.Meta(max_length=254, pattern=_EMAIL)]
    password: Annotated[
        str, msgspec.Meta(min_length=MIN_PASSWORD_LENGTH, max_length=MAX_PASSWORD_LENGTH)
    ]
    display_name: Annotated[
        str, msgspec.Meta(min_length=1, max_length=MAX_DISPLAY_NAME_LENGTH, pattern=ONE_LINE)
    ]


class AccountView(View, frozen=True, kw_only=True):
    """An account."""

    id: str
    email: str
    display_name: str
    role: Role
    created_at: datetime


class LoginForm(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 6749 section 4.3.2."""

    username: Annotated[str, msgspec.Meta(min_length=1, description="The e-mail address.")]
    password: Annotated[str, msgspec.Meta(min_length=1)]
    grant_type: Literal["password"] = "password"


class RefreshForm(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 6749 section 6. In cookie mode the token is in the cookie instead."""

    grant_type: Literal["refresh_token"]
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET


class TokenView(View, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 6749 section 5.1. `refresh_token` is left out in cookie mode."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    refresh_token: str | msgspec.UnsetType = msgspec.UNSET


class TokenErrorView(View, frozen=True, kw_only=True):
    """RFC 6749 section 5.2."""

    error: Literal["invalid_grant", "invalid_request", "unsupported_grant_type"]
    error_description: str


class Logout(Input, frozen=True, kw_only=True):
    """Which sign-ins to end."""

    everywhere: bool = False
