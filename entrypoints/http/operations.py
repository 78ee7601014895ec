"""What is declared of each operation: it steers admission, and it is what OpenAPI documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from litestar.types import Scope

from application.ports.rate_limiter import RatePolicy

FORM = "application/x-www-form-urlencoded"
KEY = "operation"
"""Where a route handler's `opt` holds its Operation."""


class Admits(StrEnum):
    """Who may ask."""

    ANYONE = "anyone"
    MEMBERS = "members"
    """Whoever is signed in."""
    ADMINS = "admins"
    OPERATORS = "operators"
    """This machine, or whoever has the metrics token."""


class Tag(StrEnum):
    AUTH = "Auth"
    CANDIDATE = "Candidate"
    ADMIN = "Admin"
    SERVICE = "Service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One way in which an operation answers; `body` None is no body, bytes is anything."""

    status: int = 200
    description: str
    body: type | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. `problems` are the statuses beside those that follow from the rest."""

    summary: str
    description: str
    tag: Tag
    admits: Admits
    answers: tuple[Answer, ...]
    policy: RatePolicy | None = None
    query: type[msgspec.Struct] | None = None
    bodies: Mapping[str, type] | None = None
    body_required: bool = True
    problems: frozenset[int] = frozenset()
    headers: Mapping[str, str] | None = None
    """Request fields beside those of HTTP itself, with what they are for."""

    @property
    def statuses_of_problems(self) -> frozenset[int]:
        """Every status with which a problem is answered."""
        found = set(self.problems)
        if self.admits in {Admits.MEMBERS, Admits.ADMINS}:
            found |= {401, 503}
        if self.admits is Admits.ADMINS:
            found.add(403)
        if self.policy is not None:
            found.add(429)
        if self.query is not None:
            found.add(400)
        if self.bodies is not None:
            found |= {400, 408, 413}
            found |= set() if FORM in self.bodies else {415, 422}  # RFC 6749 has 400 for all
        return frozenset(found - {answer.status for answer in self.answers})


def described(operation: Operation) -> dict[str, object]:
    """The `opt` of the route handler that does the operation."""
    return {KEY: operation}


def operation_of(opt: Mapping[str, object]) -> Operation | None:
    """The operation that a route handler does, or None where none was declared."""
    found = opt.get(KEY)
    return found if isinstance(found, Operation) else None


def route_of(scope: Scope) -> str:
    """The template of the route that was asked for: it holds no id, nor anything secret."""
    return str(scope.get("path_template") or "(none)")


IDEMPOTENCY_KEY = {
    "Idempotency-Key": "1 to 255 visible ASCII characters, the same for every repetition of this "
    "request: the first answer comes again, for 24 h."
}
"""The request field of operations that create something."""
