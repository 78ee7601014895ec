"""Candidates hand in programs, and follow what becomes of them."""

from collections.abc import Iterable, Mapping

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Stream

from application.ports.submissions import SubmissionFilter
from application.use_cases.authenticate import Identity
from application.use_cases.get_challenge import GetChallenge
from application.use_cases.get_submission import GetSubmission
from application.use_cases.get_wait import GetWait
from application.use_cases.list_submissions import ListSubmissions
from application.use_cases.submit_code import SubmitCode
from domain.challenge import Feedback
from domain.errors import ChallengeNotFound
from domain.ids import ChallengeId, LanguageId, SubmissionId
from domain.judgement import Verdict
from domain.submission import Submission, SubmissionKind, SubmissionStatus
from entrypoints.http.bodies import parse_json, raw_json
from entrypoints.http.events import EVENT_STREAM, LAST_EVENT_ID, Watching, watch
from entrypoints.http.idempotency import InFlight, idempotency_key
from entrypoints.http.operations import (
    IDEMPOTENCY_KEY,
    Admits,
    Answer,
    Operation,
    Tag,
    described,
)
from entrypoints.http.problems import HttpRequest
from entrypoints.http.programs import MAX_BODY, program_of
from entrypoints.http.queries import Identifier, PageQuery, Paging, identifier, query_of
from entrypoints.http.rate_limits import READ, SUBMIT, WATCH
from entrypoints.http.responses import json_response
from entrypoints.http.schemas.submissions import (
    EventView,
    SubmissionBody,
    SubmissionPage,
    SubmissionView,
)
from entrypoints.http.use_cases import HttpOptions
from entrypoints.http.views.submissions import submission_item, submission_view


class SubmissionsQuery(PageQuery, frozen=True, kw_only=True):
    """Which of one's own submissions."""

    challenge_id: Identifier | msgspec.UnsetType = msgspec.UNSET
    status: SubmissionStatus | msgspec.UnsetType = msgspec.UNSET
    verdict: Verdict | msgspec.UnsetType = msgspec.UNSET


@post(
    "/candidate/submissions",
    status_code=202,
    opt=described(
        Operation(
            summary="Hand in a program",
            description="It is judged on the version of the challenge that is published now. "
            "`source`, or `files` with an optional `entry_point`; 64 KiB in all.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=SUBMIT,
            bodies={"application/json": SubmissionBody},
            answers=(
                Answer(
                    status=202,
                    description="The submission, queued.",
                    body=SubmissionView,
                    headers={"Location": "Where the submission is."},
                ),
            ),
            problems=frozenset({404, 409}),
            headers=IDEMPOTENCY_KEY,
        )
    ),
)
async def submit_code_route(
    request: HttpRequest,
    identity: NamedDependency[Identity],
    submit_code: NamedDependency[SubmitCode],
    get_submission: NamedDependency[GetSubmission],
    in_flight: NamedDependency[InFlight],
) -> Response[bytes]:
    raw = await raw_json(request, limit=MAX_BODY)
    body = parse_json(raw, SubmissionBody)
    key = idempotency_key(request, identity.user.id, raw)
    with in_flight.hold(key):
        submission = await submit_code(
            identity.user,
            challenge_id=ChallengeId(identifier(body.challenge_id)),
            language=LanguageId(body.language),
            program=program_of(body),
            key=key,
        )
    details = await get_submission(submission.id, owner=identity.user)
    return json_response(
        submission_view(details),
        status=202,
        headers={"Location": f"/candidate/submissions/{submission.id}"},
    )


@get(
    "/candidate/submissions",
    opt=described(
        Operation(
            summary="List my submissions",
            description="The newest first.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=READ,
            query=SubmissionsQuery,
            answers=(Answer(description="A page.", body=SubmissionPage),),
        )
    ),
)
async def list_my_submissions_route(
    request: HttpRequest,
    identity: NamedDependency[Identity],
    list_submissions: NamedDependency[ListSubmissions],
    get_challenge: NamedDependency[GetChallenge],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    query = query_of(request, SubmissionsQuery)
    paging = Paging(request, query, options.cursor_key)
    before = paging.position
    found = await list_submissions(
        SubmissionFilter(
            user_id=identity.user.id,
            challenge_id=ChallengeId(query.challenge_id) if query.challenge_id else None,
            status=query.status or None,
            verdict=query.verdict or None,
        ),
        before=SubmissionId(before) if before else None,
        limit=paging.limit + 1,
    )
    page = found[: paging.limit]
    policies = await _policies(get_challenge, page)
    items = [submission_item(one, policies[one.challenge_id]) for one in page]
    next_cursor = paging.next_cursor(len(found), items[-1].id if items else "")
    return json_response(SubmissionPage(items=items, next_cursor=next_cursor))


@get(
    "/candidate/submissions/{submission_id:str}",
    opt=described(
        Operation(
            summary="Read one of my submissions",
            description="Whole, as far as the challenge's feedback policy lets a candidate know; "
            "of a hidden test never its data or the program's output. While it is queued its "
            "place in the queue is shown, and an estimate in seconds where many were judged of "
            "late; both are approximations.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=READ,
            answers=(Answer(description="The submission.", body=SubmissionView),),
            problems=frozenset({404}),
        )
    ),
)
async def get_my_submission_route(
    submission_id: FromPath[str],
    identity: NamedDependency[Identity],
    get_submission: NamedDependency[GetSubmission],
    get_wait: NamedDependency[GetWait],
) -> Response[bytes]:
    wanted = SubmissionId(identifier(submission_id))
    details = await get_submission(wanted, owner=identity.user)
    return json_response(submission_view(details, await get_wait(details.submission)))


@get(
    "/candidate/submissions/{submission_id:str}/events",
    opt=described(
        Operation(
            summary="Follow one of my submissions",
            description="Events `status`, `compiled`, `test` and `done`, the last of which ends "
            "the stream. A stream that ends before `done` is to be asked for again with "
            "`Last-Event-ID`; `status` with `queued` begins anew: drop the tests before it. "
            "The ids grow; what they count is the server's own affair.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=WATCH,
            answers=(Answer(description="The events.", body=EventView, media_type=EVENT_STREAM),),
            problems=frozenset({404}),
            headers=LAST_EVENT_ID,
        )
    ),
)
async def watch_my_submission_route(
    request: HttpRequest,
    submission_id: FromPath[str],
    identity: NamedDependency[Identity],
    watching: NamedDependency[Watching],
) -> Stream:
    wanted = SubmissionId(identifier(submission_id))
    return await watch(request, watching, identity, wanted, SubmissionKind.SUBMISSION)


ROUTES = (
    submit_code_route,
    list_my_submissions_route,
    get_my_submission_route,
    watch_my_submission_route,
)


async def _policies(
    get_challenge: GetChallenge, submissions: Iterable[Submission]
) -> Mapping[ChallengeId | None, Feedback]:
    """What each challenge of the page lets candidates know; of one that is gone nothing."""
    policies: dict[ChallengeId | None, Feedback] = {None: Feedback.VERDICT}
    for challenge_id in {one.challenge_id for one in submissions}:
        if challenge_id is not None:
            policies[challenge_id] = await _policy(get_challenge, challenge_id)
    return policies


async def _policy(get_challenge: GetChallenge, challenge_id: ChallengeId) -> Feedback:
    try:
        challenge, _ = await get_challenge(challenge_id)
    except ChallengeNotFound:
        return Feedback.VERDICT
    return challenge.presentation.feedback
