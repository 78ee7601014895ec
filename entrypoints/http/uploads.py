"""Tests in a body: as JSON, or as a form with a zip in it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, TypeVar

import msgspec
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from application.use_cases.add_test_cases import NewData, NewTestCase
from domain.challenge import Visibility
from entrypoints.http.archive import MAX_PACKED, tests_in
from entrypoints.http.bodies import MIB, in_time, media_type_of, parse_json, raw_json
from entrypoints.http.problems import HttpRequest, Refused, malformed, misfit
from entrypoints.http.schemas.test_cases import TestCaseBody, TestCasesBody, UploadMode
from entrypoints.http.use_cases import HttpOptions

MAX_JSON = 32 * MIB
MAX_UPLOAD = MAX_PACKED + MIB
"""The zip, and the form around it."""
_MULTIPART = "multipart/form-data"
_HASHED_AT_ONCE = MIB

M = TypeVar("M", UploadMode, Visibility)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsUpload:
    """Tests to be added; equal uploads have equal fingerprints, whatever the form's boundary."""

    mode: UploadMode
    tests: Sequence[NewTestCase]
    fingerprint: bytes


async def upload_of(request: HttpRequest) -> TestsUpload:
    """The tests that the body holds.

    Raises:
        Refused: 415, 413, 408, 400 or 422.
    """
    if media_type_of(request) == _MULTIPART:
        return await _from_form(request)
    if media_type_of(request) != "application/json":
        raise Refused(415, f"The body must be application/json or {_MULTIPART}.")
    options: HttpOptions = request.app.state.options
    raw = await raw_json(request, limit=MAX_JSON, deadline_s=options.upload_deadline_s)
    body = parse_json(raw, TestCasesBody)
    tests = [_test(position, test) for position, test in enumerate(body.testcases, 1)]
    return TestsUpload(mode=body.mode, tests=tests, fingerprint=raw)


async def _from_form(request: HttpRequest) -> TestsUpload:
    options: HttpOptions = request.app.state.options
    if (request.content_length or 0) > MAX_UPLOAD:
        raise _too_large()
    try:
        async with in_time(options.upload_deadline_s):
            form = await request.form()
    except HTTPException as error:
        raise (_too_large() if error.status_code == 413 else _unreadable()) from None  # noqa: PLR2004
    except (ValueError, LookupError, TypeError):
        raise _unreadable() from None
    for name in form:
        if name not in {"archive", "mode", "visibility"}:
            raise misfit(f"/{name}", "is not known")
        if len(form.getall(name)) > 1:
            raise misfit(f"/{name}", "is there twice")
    archive = form.get("archive")
    if not isinstance(archive, UploadFile):
        raise misfit("/archive", "must be a file: a zip")
    mode = _choice(UploadMode, "mode", form.get("mode", UploadMode.APPEND))
    visibility = _choice(Visibility, "visibility", form.get("visibility", Visibility.HIDDEN))
    file: IO[bytes] = archive.file
    digest = await asyncio.to_thread(_checked_digest, file)
    return TestsUpload(
        mode=mode,
        tests=await tests_in(file, visibility),
        fingerprint=f"{mode} {visibility} {digest}".encode(),
    )


def _checked_digest(file: IO[bytes]) -> str:
    if file.seek(0, 2) > MAX_PACKED:
        raise _too_large()
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_HASHED_AT_ONCE):
        digest.update(piece)
    return digest.hexdigest()


def _choice(type_: type[M], name: str, value: object) -> M:
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError:
        raise misfit(f"/{name}", f"must be one of {', '.join(type_)}") from None


def _test(position: int, body: TestCaseBody) -> NewTestCase:
    return NewTestCase(
        name=str(position) if body.name is None else body.name,
        visibility=body.visibility,
        input=_data(body.input),
        expected_output=_data(body.expected_output),
        weight=body.weight,
        group=body.group,
        explanation=body.explanation,
    )


def _data(text: str) -> NewData:
    content = text.encode()
    return NewData(size_bytes=len(content), pieces=partial(_one_piece, content))


async def _one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _too_large() -> Refused:
    return Refused(413, f"The archive is over {MAX_PACKED} bytes, which is the most taken here.")


def _unreadable() -> Refused:
    return malformed("The form cannot be read.")
