"""Candidates try programs on the samples or on input of their own."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Stream

from application.use_cases.authenticate import Identity
from application.use_cases.get_submission import GetSubmission
from application.use_cases.get_wait import GetWait
from application.use_cases.run_code import RunCode
from domain.ids import ChallengeId, LanguageId, SubmissionId
from domain.submission import SubmissionKind
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
from entrypoints.http.queries import identifier
from entrypoints.http.rate_limits import READ, RUN, WATCH
from entrypoints.http.responses import json_response
from entrypoints.http.schemas.submissions import EventView, RunBody, RunView
from entrypoints.http.views.submissions import run_view


@post(
    "/candidate/runs",
    status_code=202,
    opt=described(
        Operation(
            summary="Try a program",
            description="On `stdin`, or else on the samples of the challenge, with the limits of "
            "a submission. Nothing is scored; kept for an hour.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=RUN,
            bodies={"application/json": RunBody},
            answers=(
                Answer(
                    status=202,
                    description="The run, queued.",
                    body=RunView,
                    headers={"Location": "Where the run is."},
                ),
            ),
            problems=frozenset({404, 409}),
            headers=IDEMPOTENCY_KEY,
        )
    ),
)
async def run_code_route(
    request: HttpRequest,
    identity: NamedDependency[Identity],
    run_code: NamedDependency[RunCode],
    get_submission: NamedDependency[GetSubmission],
    in_flight: NamedDependency[InFlight],
) -> Response[bytes]:
    raw = await raw_json(request, limit=MAX_BODY)
    body = parse_json(raw, RunBody)
    key = idempotency_key(request, identity.user.id, raw)
    challenge_id = None if body.challenge_id is None else identifier(body.challenge_id)
    with in_flight.hold(key):
        run = await run_code(
            identity.user,
            challenge_id=None if challenge_id is None else ChallengeId(challenge_id),
            language=LanguageId(body.language),
            program=program_of(body),
            stdin=body.stdin,
            key=key,
        )
    details = await get_submission(run.id, owner=identity.user, kind=SubmissionKind.RUN)
    return json_response(
        run_view(details), status=202, headers={"Location": f"/candidate/runs/{run.id}"}
    )


@get(
    "/candidate/runs/{run_id:str}",
    opt=described(
        Operation(
            summary="Read one of my runs",
            description="What came of it.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=READ,
            answers=(Answer(description="The run.", body=RunView),),
            problems=frozenset({404}),
        )
    ),
)
async def get_my_run_route(
    run_id: FromPath[str],
    identity: NamedDependency[Identity],
    get_submission: NamedDependency[GetSubmission],
    get_wait: NamedDependency[GetWait],
) -> Response[bytes]:
    wanted = SubmissionId(identifier(run_id))
    details = await get_submission(wanted, owner=identity.user, kind=SubmissionKind.RUN)
    return json_response(run_view(details, await get_wait(details.submission)))


@get(
    "/candidate/runs/{run_id:str}/events",
    opt=described(
        Operation(
            summary="Follow one of my runs",
            description="As the events of a submission.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=WATCH,
            answers=(Answer(description="The events.", body=EventView, media_type=EVENT_STREAM),),
            problems=frozenset({404}),
            headers=LAST_EVENT_ID,
        )
    ),
)
async def watch_my_run_route(
    request: HttpRequest,
    run_id: FromPath[str],
    identity: NamedDependency[Identity],
    watching: NamedDependency[Watching],
) -> Stream:
    wanted = SubmissionId(identifier(run_id))
    return await watch(request, watching, identity, wanted, SubmissionKind.RUN)


ROUTES = (run_code_route, get_my_run_route, watch_my_run_route)
