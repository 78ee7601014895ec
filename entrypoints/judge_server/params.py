"""What a request says, wherever it says it: in its query, as JSON, or as a form."""

import base64
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl

import msgspec
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from entrypoints.judge_server.answers import HttpRequest, Refused
from entrypoints.judge_server.beside import beside_the_loop

MAX_BODY_BYTES = 64 << 20
_MAX_FIELDS = 1_000
_MAX_SMALL_BYTES = 1 << 20
_ALPHABET = f"{string.ascii_letters}{string.digits}+/".encode()
_JUNK = bytes(set(range(256)) - set(_ALPHABET))
_NO = frozenset({"false", "f", "0", "off", "no", ""})


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of a request; those of its body win."""

    values: Mapping[str, object]

    def text(self, name: str) -> str | None:
        return as_text(self.values.get(name))

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
    """Whatever of it is base64: what is not is passed over, and padding may be missing."""
    digits = data.partition(b"=")[0].translate(None, _JUNK)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.b64decode(digits + b"=" * (-len(digits) % 4))


def query_of(request: HttpRequest) -> dict[str, object]:
    try:
        raw = request.scope["query_string"].decode("latin-1")
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST) from None
    return dict(pairs)


def is_small(request: HttpRequest) -> bool:
    """Whether the body is no burden, even where nothing is known of the sender."""
    length = request.headers.get("content-length", "0")
    is_chunked = "transfer-encoding" in request.headers
    return not is_chunked and length.isdecimal() and int(length) <= _MAX_SMALL_BYTES


async def body_of(request: HttpRequest) -> dict[str, object]:
    """Raises Refused, with status 400, for what cannot be read as what it says it is."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _uploaded(request)
    body = await request.body()
    if not body:
        return {}
    try:
        return await beside_the_loop(partial(_decoded, kind, body), size=len(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise Refused(HTTPStatus.BAD_REQUEST) from None


def _decoded(kind: str, body: bytes) -> dict[str, object]:
    if kind == "application/json" or kind.endswith("+json"):
        decoded = msgspec.json.decode(body)
        return decoded if isinstance(decoded, dict) else {}
    if kind == "application/x-www-form-urlencoded":
        text = body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    return {}


async def _uploaded(request: HttpRequest) -> dict[str, object]:
    try:
        form = await request.form()
        return {name: await _part(value) for name, value in form.items()}
    except HTTPException:
        raise
    except Exception:  # noqa: BLE001 (whatever the parser stumbles over, the client wrote)
        raise Refused(HTTPStatus.BAD_REQUEST) from None


async def _part(value: object) -> object:
    return await value.read() if isinstance(value, UploadFile) else value
