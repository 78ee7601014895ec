"""What a request says, wherever it says it: in its query, as JSON, or as a form."""

import base64
import string
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import msgspec
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from application.ports.ticket_store import TicketsFull
from entrypoints.judge_server.answers import HttpRequest, Refused
from entrypoints.judge_server.beside import beside_the_loop
from entrypoints.judge_server.bodies import JsonBody, TooDense, form_values, query_values

_MAX_SMALL_BYTES = 1 << 20
_ALPHABET = f"{string.ascii_letters}{string.digits}+/".encode()
_JUNK = bytes(set(range(256)) - set(_ALPHABET))
_PIECE = 1 << 18
_LONGEST_WORD = 1 << 20
_NO = frozenset({"false", "f", "0", "off", "no", ""})


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of a request; those of its body win."""

    values: dict[str, object]

    def text(self, name: str) -> str | None:
        """Raises Refused, with status 400, for what nobody says in earnest."""
        text = as_text(self.values.get(name))
        if text is not None and len(text) > _LONGEST_WORD:
            raise Refused(HTTPStatus.BAD_REQUEST)
        return text

    def is_true(self, name: str) -> bool:
        """Of `base64_encoded` and `wait`: nothing but the word turns them on."""
        return self.text(name) == "true"


def as_text(value: object) -> str | None:
    """A scalar as text; what is no scalar is not there."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case _:
            return None


def as_switch(value: object) -> bool | None:
    text = as_text(value)
    return None if text is None or not text else text.lower() not in _NO


def as_bytes(value: object, *, encoded: bool) -> bytes | None:
    """A text field as it was meant; an upload is taken as it is."""
    if isinstance(value, bytes):
        return unbase64(value) if encoded else value
    text = as_text(value)
    if text is None:
        return None
    data = text.encode("utf-8", "replace")
    return unbase64(data) if encoded else data


def unbase64(data: bytes) -> bytes:
    """Whatever of it is base64: what is not is passed over, and padding may be missing.

    A piece at a time: threads beside this one have their turn in between.
    """
    end = data.find(b"=")
    decoded, rest = bytearray(), b""
    for start in range(0, len(data) if end < 0 else end, _PIECE):
        piece = data[start : min(start + _PIECE, len(data) if end < 0 else end)]
        digits = rest + piece.translate(None, _JUNK)
        whole = len(digits) & ~3
        decoded += base64.b64decode(digits[:whole])
        rest = digits[whole:]
    if len(rest) > 1:
        decoded += base64.b64decode(rest + b"=" * (4 - len(rest)))
    return bytes(decoded)


def query_of(request: HttpRequest) -> dict[str, object]:
    try:
        return query_values(request.scope["query_string"])
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST) from None


def is_small(request: HttpRequest) -> bool:
    """Whether the body is no burden, even where nothing is known of the sender."""
    length = request.headers.get("content-length", "0")
    is_chunked = "transfer-encoding" in request.headers
    return not is_chunked and length.isdecimal() and int(length) <= _MAX_SMALL_BYTES


async def body_of(request: HttpRequest, read_json: JsonBody) -> dict[str, object]:
    """Raises Refused for what cannot be read as what it says it is (400), or is too much (413)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _uploaded(request)
    body = await _streamed(request)
    if not body:
        return {}
    try:
        return await beside_the_loop(partial(_decoded, kind, body, read_json), size=len(body))
    except TooDense:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from None
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise Refused(HTTPStatus.BAD_REQUEST) from None


async def _streamed(request: HttpRequest) -> bytes:
    """Not kept by the request, as its own `body` would be: some wait long for their answer."""
    try:
        return b"".join([piece async for piece in request.stream()])
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT) from None


def _decoded(kind: str, body: bytes, read_json: JsonBody) -> dict[str, object]:
    if kind == "application/json" or kind.endswith("+json"):
        return read_json(body)
    return form_values(body) if kind == "application/x-www-form-urlencoded" else {}


async def _uploaded(request: HttpRequest) -> dict[str, object]:
    try:
        form = await request.form()
        return {name: await _part(value) for name, value in form.items()}
    except (HTTPException, TicketsFull):
        raise
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT) from None
    except Exception:  # noqa: BLE001 (whatever the parser stumbles over, the client wrote)
        raise Refused(HTTPStatus.BAD_REQUEST) from None


async def _part(value: object) -> object:
    return await value.read() if isinstance(value, UploadFile) else value
