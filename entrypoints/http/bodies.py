"""Reading what clients send: its type, its size, and whether it fits."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar.exceptions import HTTPException

from entrypoints.http.problems import FieldError, HttpRequest, Refused, malformed
from entrypoints.http.use_cases import HttpOptions

KIB = 1024
MIB = 1024 * KIB
SMALL = 64 * KIB
"""The largest body where nothing larger makes sense."""
_MAX_FIELDS = 50
_MAX_ECHOED = 200
"""Of what the client itself wrote, in characters."""
_AT, _KEY_IN = " - at `", "key` in `"
_ABOUT_FIELD = {
    "Object contains unknown field `": "is not known",
    "Object missing required field `": "is missing",
}
_PATH = re.compile(r"\$(?:\.[A-Za-z0-9_]+|\[(?:[0-9]+|\.\.\.)\])*")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>[0-9]+|\.\.\.)\]")

T = TypeVar("T")


class MalformedForm(Exception):
    """The form cannot be read; RFC 6749 has its own words for that."""


async def json_body(request: HttpRequest, type_: type[T], *, limit: int = SMALL) -> T:
    """The JSON body as a value of that type.

    Raises:
        Refused: 415, 413, 408, 400 (cannot be parsed) or 422 (does not fit).
    """
    return parse_json(await raw_json(request, limit=limit), type_)


async def raw_json(
    request: HttpRequest, *, limit: int = SMALL, deadline_s: float | None = None
) -> bytes:
    """The bytes of a body that says that it is JSON.

    Raises:
        Refused: 415, 413 or 408.
    """
    check_media_type(request, "application/json")
    return await read_body(request, limit=limit, deadline_s=deadline_s)


def parse_json(raw: bytes, type_: type[T]) -> T:
    """The value of that type which the bytes are.

    Raises:
        Refused: 400 where they are no JSON, 422 where they do not fit.
    """
    try:
        return msgspec.json.decode(raw, type=type_)
    except msgspec.ValidationError as error:
        if not _is_json(raw):
            raise _not_json() from None
        raise Refused(422, "The body does not fit.", errors=[_field_error(str(error))]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _not_json() from None


async def form_body(request: HttpRequest) -> dict[str, str]:
    """The fields of a form-encoded body, each at most once.

    Raises:
        Refused: 413 or 408.
        MalformedForm: it cannot be read, or does not say that it is a form.
    """
    try:
        check_media_type(request, "application/x-www-form-urlencoded")
    except Refused as error:
        raise MalformedForm(error.detail) from None
    raw = await read_body(request, limit=SMALL)
    try:
        fields = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        raise MalformedForm("The form cannot be read.") from None
    if len({name for name, _ in fields}) != len(fields):
        raise MalformedForm("A field is there twice.")
    return dict(fields)


def media_type_of(request: HttpRequest) -> str:
    """The body's media type, without parameters, in lower case; empty where none is said."""
    return request.content_type[0]


def check_media_type(request: HttpRequest, wanted: str) -> None:
    """Return if the body says that it is of that type, in UTF-8, and not compressed.

    Raises:
        Refused: 415.
    """
    media_type, parameters = request.content_type
    plain = request.headers.get("content-encoding", "identity").strip().lower() == "identity"
    charset = parameters.get("charset", "utf-8").lower()
    if media_type != wanted or not plain or charset not in {"utf-8", "utf8", "us-ascii"}:
        raise Refused(
            415, f"The body must be {wanted}, in UTF-8, not compressed.", headers={"Accept": wanted}
        )


async def read_body(request: HttpRequest, *, limit: int, deadline_s: float | None = None) -> bytes:
    """The whole body; without a deadline of its own it has the usual one.

    Raises:
        Refused: 413 where it is over the limit, whether it says its length or not; 408.
    """
    options: HttpOptions = request.app.state.options
    async with in_time(options.body_deadline_s if deadline_s is None else deadline_s):
        return b"".join([chunk async for chunk in _limited(request, limit)])


@asynccontextmanager
async def in_time(deadline_s: float) -> AsyncIterator[None]:
    """Read a body in this block; a client that sends a byte now and then holds nothing for long.

    Raises:
        Refused: 408.
    """
    try:
        async with asyncio.timeout(deadline_s):
            yield
    except TimeoutError:
        raise Refused(
            408,
            f"The body did not come within {deadline_s:g} s.",
            headers={"Connection": "close"},  # what else comes of it must not be read as a request
        ) from None


async def _limited(request: HttpRequest, limit: int) -> AsyncIterator[bytes]:
    read = 0
    too_large = Refused(413, f"The body is over {limit} bytes, which is the most taken here.")
    try:
        if (request.content_length or 0) > limit:
            raise too_large
        async for chunk in request.stream():
            read += len(chunk)
            if read > limit:
                raise too_large
            yield chunk
    except HTTPException as error:
        if error.status_code == 413:  # noqa: PLR2004 (the route's own limit)
            raise too_large from None
        raise malformed("The body cannot be read.") from None


def has_body(request: HttpRequest) -> bool:
    """Whether the client sends a body at all."""
    return bool(request.content_length) or "transfer-encoding" in request.headers


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return False
    return True


def _not_json() -> Refused:
    return malformed("The body is not JSON in UTF-8.")


def _field_error(message: str) -> FieldError:
    """What msgspec says, as a JSON Pointer and a sentence.

    The client's own key stands in it, so it is cut at fixed words and never searched through.
    """
    what, pointer = _what_and_where(message)
    for beginning, detail in _ABOUT_FIELD.items():
        if what.startswith(beginning):
            field = what.removeprefix(beginning).removesuffix("`")[:_MAX_ECHOED]
            return FieldError(pointer=f"{pointer}/{escaped(field)}", detail=detail)
    return FieldError(pointer=pointer, detail=what[:_MAX_ECHOED])


def _what_and_where(message: str) -> tuple[str, str]:
    """The sentence without its end, which is a path unless it is about the whole body."""
    what, _, where = message.rpartition(_AT)
    path = where.removeprefix(_KEY_IN).removesuffix("`")
    if not what or not _PATH.fullmatch(path):
        return message, ""
    return what, _pointer(path)


def _pointer(path: str) -> str:
    """`.files[0].name` becomes `/files/0/name`; a key that msgspec does not tell ends it."""
    steps: list[str] = []
    for step in _STEP.finditer(path):
        if step["index"] == "...":
            break
        steps.append(escaped(step["name"] or step["index"]))
    return "".join(f"/{step}" for step in steps)


def escaped(step: str) -> str:
    """One step of a JSON Pointer."""
    return step.replace("~", "~0").replace("/", "~1")
