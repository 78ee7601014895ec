"""What is answered: bodies as JSON, refusals, and failures without a word about the inside."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.response import Response, Stream

from application.ports.judge import JudgeUnavailable
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import AnswerTooLarge, TicketsFull

HttpRequest = Request[object, object, State]
Answer = Response[Any]

_JSON = "application/json; charset=utf-8"
_PIECE = 1 << 18
_UNAVAILABLE = "the judge is not available now"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """A request that is not granted; without a body it says nothing more than its status."""

    status: int
    body: object = None


def error(status: int, text: str) -> Refused:
    return Refused(status, {"error": text})


def as_json(body: object, status: int = HTTPStatus.OK) -> Answer:
    return json_answer(msgspec.json.encode(body), status)


def json_answer(content: bytes, status: int = HTTPStatus.OK) -> Answer:
    """Large ones in pieces, each as soon as the client has made room for it."""
    head = {"Cache-Control": "no-store"}
    if len(content) <= _PIECE:
        return Response(content=content, status_code=status, media_type=_JSON, headers=head)
    head["Content-Length"] = str(len(content))
    pieces = (content[at : at + _PIECE] for at in range(0, len(content), _PIECE))
    return Stream(pieces, status_code=status, media_type=_JSON, headers=head)


def as_text(text: str) -> Response[str]:
    return Response(content=text, media_type="text/plain")


def nothing(status: int = HTTPStatus.OK) -> Answer:
    return Response(content=b"", status_code=status, media_type="text/plain")


def on_refusal(_: HttpRequest, refused: Refused) -> Answer:
    return (
        nothing(refused.status) if refused.body is None else as_json(refused.body, refused.status)
    )


def on_full(_: HttpRequest, __: TicketsFull) -> Answer:
    return as_json({"error": "queue is full"}, HTTPStatus.SERVICE_UNAVAILABLE)


def on_too_large(_: HttpRequest, __: AnswerTooLarge) -> Answer:
    problem = "the answer would be too large, ask for fewer submissions or fields"
    return as_json({"error": problem}, HTTPStatus.BAD_REQUEST)


def on_unavailable(_: HttpRequest, failure: StoreUnavailable | JudgeUnavailable) -> Answer:
    _log.warning("a request could not be served", reason=str(failure))
    return as_json({"error": _UNAVAILABLE}, HTTPStatus.SERVICE_UNAVAILABLE)


def on_http_error(request: HttpRequest, failure: HTTPException) -> Answer:
    """A route that there is not with this method is one that there is not."""
    if failure.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return not_found(request)
    return nothing(failure.status_code)


def on_unforeseen(request: HttpRequest, failure: Exception) -> Answer:
    _log.error("a request failed", path=request.url.path, exc_info=failure)
    return nothing(HTTPStatus.INTERNAL_SERVER_ERROR)


def not_found(request: HttpRequest) -> Answer:
    if "application/json" in request.headers.get("accept", ""):
        return as_json({"status": 404, "error": "Not Found"}, HTTPStatus.NOT_FOUND)
    return nothing(HTTPStatus.NOT_FOUND)
