"""Accounts, as staff manage them."""

from datetime import datetime

from domain.user import Role
from entrypoints.http.schemas.common import Input, View


class UserChange(Input, frozen=True, kw_only=True):
    """What to change; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = None


class UserView(View, frozen=True, kw_only=True):
    """An account as staff see it."""

    id: str
    email: str
    display_name: str
    role: Role
    disabled: bool
    created_at: datetime


class UserPage(View, frozen=True, kw_only=True):
    items: list[UserView]
    next_cursor: str | None


class AliveView(View, frozen=True, kw_only=True):
    """The process is up."""

    status: str


class ReadyView(View, frozen=True, kw_only=True):
    """Which dependencies answer; `degraded`: one is down that requests can do without."""

    ready: bool
    degraded: bool
    dependencies: dict[str, bool]
    version: str
