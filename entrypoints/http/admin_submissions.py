"""Staff look at everyone's submissions, and have them judged anew."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from application.ports.submissions import SubmissionFilter
from application.use_cases.get_submission import GetSubmission
from application.use_cases.list_submissions import ListSubmissions
from application.use_cases.rejudge_submission import RejudgeSubmission
from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.judgement import Verdict
from domain.submission import SubmissionStatus
from entrypoints.http.bodies import has_body, json_body
from entrypoints.http.operations import Admits, Answer, Operation, Tag, described
from entrypoints.http.problems import HttpRequest
from entrypoints.http.queries import Identifier, PageQuery, Paging, identifier, query_of
from entrypoints.http.rate_limits import READ, WRITE
from entrypoints.http.responses import json_response
from entrypoints.http.schemas.submissions import (
    AdminSubmissionItem,
    AdminSubmissionPage,
    AdminSubmissionView,
    Rejudge,
)
from entrypoints.http.use_cases import HttpOptions
from entrypoints.http.views.submissions import admin_submission_item, admin_submission_view


class AllSubmissionsQuery(PageQuery, frozen=True, kw_only=True):
    """Which submissions."""

    user_id: Identifier | msgspec.UnsetType = msgspec.UNSET
    challenge_id: Identifier | msgspec.UnsetType = msgspec.UNSET
    status: SubmissionStatus | msgspec.UnsetType = msgspec.UNSET
    verdict: Verdict | msgspec.UnsetType = msgspec.UNSET
    language: Identifier | msgspec.UnsetType = msgspec.UNSET


class JudgementQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which judgement; without it the one that counts."""

    judgement: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | msgspec.UnsetType = msgspec.UNSET


@get(
    "/admin/submissions",
    opt=described(
        Operation(
            summary="List all submissions",
            description="Everyone's, the newest first.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=AllSubmissionsQuery,
            answers=(Answer(description="A page.", body=AdminSubmissionPage),),
        )
    ),
)
async def list_submissions_route(
    request: HttpRequest,
    list_submissions: NamedDependency[ListSubmissions],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    query = query_of(request, AllSubmissionsQuery)
    paging = Paging(request, query, options.cursor_key)
    before = paging.position
    found = await list_submissions(
        SubmissionFilter(
            user_id=UserId(query.user_id) if query.user_id else None,
            challenge_id=ChallengeId(query.challenge_id) if query.challenge_id else None,
            status=query.status or None,
            verdict=query.verdict or None,
            language=LanguageId(query.language) if query.language else None,
        ),
        before=SubmissionId(before) if before else None,
        limit=paging.limit + 1,
    )
    items = [admin_submission_item(one) for one in found[: paging.limit]]
    next_cursor = paging.next_cursor(len(found), items[-1].id if items else "")
    return json_response(AdminSubmissionPage(items=items, next_cursor=next_cursor))


@get(
    "/admin/submissions/{submission_id:str}",
    opt=described(
        Operation(
            summary="Read a submission as staff",
            description="Whole, every test too. `judgement` picks an earlier judgement.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=JudgementQuery,
            answers=(Answer(description="The submission.", body=AdminSubmissionView),),
            problems=frozenset({404}),
        )
    ),
)
async def get_submission_route(
    request: HttpRequest,
    submission_id: FromPath[str],
    get_submission: NamedDependency[GetSubmission],
) -> Response[bytes]:
    query = query_of(request, JudgementQuery)
    details = await get_submission(
        SubmissionId(identifier(submission_id)), owner=None, number=query.judgement or None
    )
    return json_response(admin_submission_view(details))


@post(
    "/admin/submissions/{submission_id:str}/rejudge",
    status_code=202,
    opt=described(
        Operation(
            summary="Have a submission judged anew",
            description="A new numbered judgement, on the current version or the same one; the "
            "old ones stay readable, and count until the new one is there.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=WRITE,
            bodies={"application/json": Rejudge},
            body_required=False,
            answers=(
                Answer(
                    status=202,
                    description="The submission.",
                    body=AdminSubmissionItem,
                    headers={"Location": "Where the submission is."},
                ),
            ),
            problems=frozenset({404, 409}),
        )
    ),
)
async def rejudge_submission_route(
    request: HttpRequest,
    submission_id: FromPath[str],
    rejudge_submission: NamedDependency[RejudgeSubmission],
) -> Response[bytes]:
    wanted = SubmissionId(identifier(submission_id))
    body = await json_body(request, Rejudge) if has_body(request) else Rejudge()
    submission = await rejudge_submission(wanted, version=body.version)
    return json_response(
        admin_submission_item(submission),
        status=202,
        headers={"Location": f"/admin/submissions/{submission.id}"},
    )


ROUTES = (list_submissions_route, get_submission_route, rejudge_submission_route)
