"""Staff upload, list, read and remove tests."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Stream

from application.ports.blob_store import BlobCorrupt, BlobNotFound
from application.use_cases.add_test_cases import AddTestCases, Upload
from application.use_cases.authenticate import Identity
from application.use_cases.delete_test_case import DeleteTestCase
from application.use_cases.list_test_cases import ListTestCases
from application.use_cases.read_test_data import Part, ReadTestData
from domain.ids import ChallengeId, TestCaseId
from entrypoints.http.idempotency import InFlight, idempotency_key
from entrypoints.http.operations import (
    IDEMPOTENCY_KEY,
    Admits,
    Answer,
    Operation,
    Tag,
    described,
)
from entrypoints.http.preconditions import etag
from entrypoints.http.problems import HttpRequest, Refused
from entrypoints.http.queries import PageQuery, Paging, identifier, query_of
from entrypoints.http.rate_limits import READ, UPLOAD, WRITE
from entrypoints.http.responses import json_response, no_content
from entrypoints.http.schemas.test_cases import (
    ArchiveForm,
    TestCasePage,
    TestCasesBody,
    UploadMode,
    UploadView,
)
from entrypoints.http.uploads import MAX_UPLOAD, upload_of
from entrypoints.http.use_cases import HttpOptions
from entrypoints.http.views.test_cases import test_case_view

_LOG = structlog.get_logger(__name__)
_ETAG = {"ETag": "The challenge's new revision, for If-Match."}
_BYTES = Answer(
    description="The bytes.",
    body=bytes,
    media_type="application/octet-stream",
    headers={"ETag": "The SHA-256 of the bytes."},
)


@post(
    "/admin/challenges/{challenge_id:str}/testcases",
    request_max_body_size=MAX_UPLOAD,
    opt=described(
        Operation(
            summary="Upload tests",
            description="All or none, in a new version. JSON up to 32 MiB, or a form with a zip "
            "up to 64 MiB: pairs of `NAME.in` and `NAME.out` or `NAME.ans`; those under `sample/` "
            "are public, under `secret/` hidden, others as `visibility` says.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=UPLOAD,
            bodies={"application/json": TestCasesBody, "multipart/form-data": ArchiveForm},
            answers=(
                Answer(status=201, description="What was added.", body=UploadView, headers=_ETAG),
            ),
            problems=frozenset({404, 409}),
            headers=IDEMPOTENCY_KEY,
        )
    ),
)
async def add_test_cases_route(
    request: HttpRequest,
    challenge_id: FromPath[str],
    identity: NamedDependency[Identity],
    add_test_cases: NamedDependency[AddTestCases],
    in_flight: NamedDependency[InFlight],
) -> Response[bytes]:
    wanted = ChallengeId(identifier(challenge_id))
    upload = await upload_of(request)
    key = idempotency_key(request, identity.user.id, upload.fingerprint)
    with in_flight.hold(key):
        done = await add_test_cases(
            wanted, upload.tests, replacing=upload.mode is UploadMode.REPLACE, key=key
        )
    return json_response(
        _upload_view(done), status=201, headers={"ETag": etag(done.challenge.revision)}
    )


@get(
    "/admin/challenges/{challenge_id:str}/testcases",
    opt=described(
        Operation(
            summary="List tests",
            description="Those of the newest version in judging order: sizes, hashes, and where "
            "each is kept.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=PageQuery,
            answers=(Answer(description="A page.", body=TestCasePage),),
            problems=frozenset({404}),
        )
    ),
)
async def list_test_cases_route(
    request: HttpRequest,
    challenge_id: FromPath[str],
    list_test_cases: NamedDependency[ListTestCases],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    wanted = ChallengeId(identifier(challenge_id))
    paging = Paging(request, query_of(request, PageQuery), options.cursor_key)
    offset = paging.offset
    version, found = await list_test_cases(wanted, after=offset, limit=paging.limit + 1)
    return json_response(
        TestCasePage(
            items=[test_case_view(test) for test in found[: paging.limit]],
            next_cursor=paging.next_cursor(len(found), str(offset + paging.limit)),
            version=version.number,
            total=len(version.test_ids),
        )
    )


@delete(
    "/admin/challenges/{challenge_id:str}/testcases/{testcase_id:str}",
    status_code=204,
    opt=described(
        Operation(
            summary="Remove a test",
            description="The newest version keeps it; a new one lacks it.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=WRITE,
            answers=(Answer(status=204, description="Removed.", headers=_ETAG),),
            problems=frozenset({404, 409}),
        )
    ),
)
async def delete_test_case_route(
    challenge_id: FromPath[str],
    testcase_id: FromPath[str],
    delete_test_case: NamedDependency[DeleteTestCase],
) -> Response[None]:
    challenge = await delete_test_case(
        ChallengeId(identifier(challenge_id)), TestCaseId(identifier(testcase_id))
    )
    return no_content(headers={"ETag": etag(challenge.revision)})


@get(
    "/admin/testcases/{testcase_id:str}/input",
    opt=described(
        Operation(
            summary="Read a test's input",
            description="Streamed.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            answers=(_BYTES,),
            problems=frozenset({404}),
        )
    ),
)
async def read_input_route(
    testcase_id: FromPath[str], read_test_data: NamedDependency[ReadTestData]
) -> Stream:
    return await _streamed(read_test_data, testcase_id, Part.INPUT)


@get(
    "/admin/testcases/{testcase_id:str}/expected_output",
    opt=described(
        Operation(
            summary="Read a test's expected output",
            description="Streamed.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            answers=(_BYTES,),
            problems=frozenset({404}),
        )
    ),
)
async def read_expected_output_route(
    testcase_id: FromPath[str], read_test_data: NamedDependency[ReadTestData]
) -> Stream:
    return await _streamed(read_test_data, testcase_id, Part.EXPECTED_OUTPUT)


ROUTES = (
    add_test_cases_route,
    list_test_cases_route,
    delete_test_case_route,
    read_input_route,
    read_expected_output_route,
)


async def _streamed(read_test_data: ReadTestData, testcase_id: str, part: Part) -> Stream:
    """The bytes; the first are there before anything is answered, so that an outage is a 503."""
    data, pieces = await read_test_data(TestCaseId(identifier(testcase_id)), part)
    first = await _first(pieces)
    suffix = "in" if part is Part.INPUT else "out"
    return Stream(
        _all(first, pieces),
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(data.size_bytes),
            "ETag": f'"{data.key}"',
            "Content-Disposition": f'attachment; filename="{testcase_id}.{suffix}"',
            "Cache-Control": "no-store",
        },
    )


async def _first(pieces: AsyncGenerator[bytes]) -> bytes:
    try:
        return await anext(pieces, b"")
    except BlobNotFound as error:
        _LOG.error("test data are lost", blob=error.key)
        detail = "The test is known, but the store has lost its data. Upload it again."
        raise Refused(404, detail, name="test-data-lost") from None
    except BlobCorrupt as error:
        _LOG.error("test data are damaged", blob=error.key)
        detail = "What is stored is not what was uploaded. Upload the test again."
        raise Refused(500, detail, name="test-data-damaged") from None


async def _all(first: bytes, others: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(others):
        yield first
        async for piece in others:
            yield piece


def _upload_view(done: Upload) -> UploadView:
    return UploadView(
        items=[test_case_view(test) for test in done.added], version=done.version.number
    )
