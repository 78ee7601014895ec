"""What is said when a request is not granted: RFC 9457 problems, from one table."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import structlog
from litestar.connection import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.response import Response

from application.ports.judge import JudgeUnavailable
from application.ports.passwords import HashingOverloaded
from application.ports.storage import StoreUnavailable
from application.ports.task_queue import QueueUnavailable
from domain.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    StaleRevision,
    TooLarge,
)
from entrypoints.http.operations import route_of
from entrypoints.http.request_id import request_id_of

HttpRequest = Request[Any, Any, State]
PROBLEM_TYPE = "urn:assay:problem:"
PROBLEM_JSON = "application/problem+json"
RETRY_LATER_S = 5
"""What a client is told to wait when a dependency is down."""

STATUSES: Mapping[type[Exception], int] = {
    NotSignedIn: 401,
    StaleRevision: 412,
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    Invalid: 422,
    TooLarge: 413,
    StoreUnavailable: 503,
    JudgeUnavailable: 503,
    QueueUnavailable: 503,
    HashingOverloaded: 503,
}
"""Which status a family of errors has; the first that fits counts."""
NAMES: Mapping[int, str] = {
    400: "malformed-request",
    401: "not-signed-in",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    408: "request-timeout",
    409: "conflict",
    412: "stale-revision",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-content",
    428: "precondition-required",
    429: "quota-exceeded",
    500: "internal-error",
    503: "unavailable",
}
"""What a problem is called where nothing more precise is known."""
_DETAILS: Mapping[int, str] = {
    400: "The request is malformed.",
    404: "There is nothing here.",
    405: "This resource does not take that method; see the Allow field.",
    413: "The body is larger than is taken here.",
    500: "Something went wrong on our side; the request id names it in the logs.",
    503: "Something that is needed for this does not answer now. Try again soon.",
}
_LOG = structlog.get_logger(__name__)


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong at one place of the body, which a JSON Pointer (RFC 6901) names."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | msgspec.UnsetType = msgspec.UNSET
    current_revision: int | msgspec.UnsetType = msgspec.UNSET


class Refused(Exception):
    """A refusal that the edge itself decides on."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        name: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: list[FieldError] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.name = name or NAMES[status]
        self.headers = headers or {}
        self.errors = errors or []


def malformed(detail: str) -> Refused:
    """What cannot even be read."""
    return Refused(400, detail)


def misfit(pointer: str, detail: str) -> Refused:
    """What can be read but does not fit, at one place."""
    return Refused(
        422, "The body does not fit.", errors=[FieldError(pointer=pointer, detail=detail)]
    )


def problem_response(  # noqa: PLR0913 (the members of a problem)
    request: HttpRequest,
    status: int,
    *,
    name: str | None = None,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[FieldError] | None = None,
    current_revision: int | None = None,
) -> Response[bytes]:
    """One problem as an answer."""
    called = name or NAMES.get(status, "refused")
    problem = Problem(
        type=PROBLEM_TYPE + called,
        title=called.replace("-", " ").capitalize(),
        status=status,
        detail=detail,
        instance=quote(request.scope["path"], errors="replace"),
        request_id=request_id_of(request.scope),
        errors=errors or msgspec.UNSET,
        current_revision=msgspec.UNSET if current_revision is None else current_revision,
    )
    return Response(
        content=msgspec.json.encode(problem),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers={**_usual_headers(status), **(headers or {})},
    )


def on_refusal(request: HttpRequest, refused: Refused) -> Response[bytes]:
    """The answer to what the edge refuses."""
    return problem_response(
        request,
        refused.status,
        name=refused.name,
        detail=refused.detail,
        headers=refused.headers,
        errors=refused.errors,
    )


def on_domain_error(request: HttpRequest, error: DomainError) -> Response[bytes]:
    """The answer to an expected refusal of the core."""
    errors = None
    if isinstance(error, Invalid):
        errors = [FieldError(pointer=error.pointer, detail=error.detail)]
    return problem_response(
        request,
        status_of(error),
        name=_kebab(type(error).__name__),
        detail="The content does not fit." if errors else str(error),
        errors=errors,
        current_revision=error.current if isinstance(error, StaleRevision) else None,
    )


def on_unavailable(request: HttpRequest, error: Exception) -> Response[bytes]:
    """The answer when a dependency is down or overrun; which one only the log says."""
    _LOG.warning("a dependency is not available", why=str(error), route=route_of(request.scope))
    return problem_response(request, 503, detail=_DETAILS[503])


def on_http_error(request: HttpRequest, error: HTTPException) -> Response[bytes]:
    """The answer to what Litestar refuses: unknown routes, methods, hosts."""
    if error.status_code >= 500:  # noqa: PLR2004 (server errors begin there)
        return on_unforeseen(request, error)
    detail = _DETAILS.get(error.status_code, _DETAILS[400])
    return problem_response(request, error.status_code, detail=detail, headers=error.headers)


def on_unforeseen(request: HttpRequest, error: Exception) -> Response[bytes]:
    """The answer to what nobody foresaw: nothing of it is told, all of it is logged."""
    _LOG.error("unforeseen", route=route_of(request.scope), exc_info=error)
    return problem_response(request, 500, detail=_DETAILS[500])


def status_of(error: Exception) -> int:
    """The status of a foreseen error."""
    return next(status for family, status in STATUSES.items() if isinstance(error, family))


def _usual_headers(status: int) -> Mapping[str, str]:
    match status:
        case 401:
            return {"WWW-Authenticate": 'Bearer realm="assay"', "Cache-Control": "no-store"}
        case 503:
            return {"Retry-After": str(RETRY_LATER_S), "Cache-Control": "no-store"}
        case _:
            return {"Cache-Control": "no-store"}


def _kebab(name: str) -> str:
    """`NoTests` becomes `no-tests`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
