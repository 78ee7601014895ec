"""Staff write challenges."""

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from application.ports.challenges import ChallengeFilter
from application.use_cases.authenticate import Identity
from application.use_cases.create_challenge import CreateChallenge
from application.use_cases.get_challenge import GetChallenge
from application.use_cases.list_challenges import ListChallenges
from application.use_cases.replace_challenge import ReplaceChallenge
from domain.challenge import Challenge, ChallengeStatus, ChallengeVersion, Difficulty
from domain.ids import ChallengeId
from entrypoints.http.bodies import MIB, json_body, parse_json, raw_json
from entrypoints.http.idempotency import InFlight, idempotency_key
from entrypoints.http.operations import (
    IDEMPOTENCY_KEY,
    Admits,
    Answer,
    Operation,
    Tag,
    described,
)
from entrypoints.http.preconditions import IF_MATCH, etag, expected_revision
from entrypoints.http.problems import HttpRequest
from entrypoints.http.queries import PageQuery, Paging, Text, identifier, query_of
from entrypoints.http.rate_limits import READ, WRITE
from entrypoints.http.responses import json_response
from entrypoints.http.schemas.challenges import (
    AdminChallengePage,
    AdminChallengeView,
    ChallengeBody,
    ChallengeReplacement,
)
from entrypoints.http.use_cases import HttpOptions
from entrypoints.http.views.challenges import (
    admin_challenge_item,
    admin_challenge_view,
    presentation_of,
    rules_of,
)

MAX_BODY = 8 * MIB
_ETAG = {"ETag": "The revision, for If-Match."}


class AllChallengesQuery(PageQuery, frozen=True, kw_only=True):
    """Which challenges."""

    status: ChallengeStatus | msgspec.UnsetType = msgspec.UNSET
    difficulty: Difficulty | msgspec.UnsetType = msgspec.UNSET
    tag: Text | msgspec.UnsetType = msgspec.UNSET
    q: Text | msgspec.UnsetType = msgspec.UNSET


@post(
    "/admin/challenges",
    opt=described(
        Operation(
            summary="Write a new challenge",
            description="Version 1, without tests. Without a slug one is made of the title. To be "
            "published its checker, where that is a program, has to compile.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=WRITE,
            bodies={"application/json": ChallengeBody},
            answers=(
                Answer(
                    status=201,
                    description="The challenge.",
                    body=AdminChallengeView,
                    headers={**_ETAG, "Location": "Where the challenge is."},
                ),
            ),
            problems=frozenset({409}),
            headers=IDEMPOTENCY_KEY,
        )
    ),
)
async def create_challenge_route(
    request: HttpRequest,
    identity: NamedDependency[Identity],
    create_challenge: NamedDependency[CreateChallenge],
    in_flight: NamedDependency[InFlight],
) -> Response[bytes]:
    raw = await raw_json(request, limit=MAX_BODY)
    body = parse_json(raw, ChallengeBody)
    key = idempotency_key(request, identity.user.id, raw)
    with in_flight.hold(key):
        challenge, version = await create_challenge(
            slug=body.slug,
            presentation=presentation_of(body),
            rules=rules_of(body),
            status=body.status,
            key=key,
        )
    location = {"Location": f"/admin/challenges/{challenge.id}"}
    return _answer(challenge, version, status=201, headers=location)


@get(
    "/admin/challenges",
    opt=described(
        Operation(
            summary="List all challenges",
            description="Drafts and archived ones too, the oldest first.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=AllChallengesQuery,
            answers=(Answer(description="A page.", body=AdminChallengePage),),
        )
    ),
)
async def list_challenges_route(
    request: HttpRequest,
    list_challenges: NamedDependency[ListChallenges],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    query = query_of(request, AllChallengesQuery)
    paging = Paging(request, query, options.cursor_key)
    after = paging.position
    found = await list_challenges(
        ChallengeFilter(
            status=query.status or None,
            difficulty=query.difficulty or None,
            tag=query.tag or None,
            text=query.q or None,
        ),
        after=ChallengeId(after) if after else None,
        limit=paging.limit + 1,
    )
    items = [admin_challenge_item(*one) for one in found[: paging.limit]]
    next_cursor = paging.next_cursor(len(found), items[-1].id if items else "")
    return json_response(AdminChallengePage(items=items, next_cursor=next_cursor))


@get(
    "/admin/challenges/{challenge_id:str}",
    opt=described(
        Operation(
            summary="Read a challenge as staff",
            description="With its newest version: limits of each language, hash, full marks.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            answers=(Answer(description="The challenge.", body=AdminChallengeView, headers=_ETAG),),
            problems=frozenset({404}),
        )
    ),
)
async def get_challenge_route(
    challenge_id: FromPath[str], get_challenge: NamedDependency[GetChallenge]
) -> Response[bytes]:
    return _answer(*await get_challenge(ChallengeId(identifier(challenge_id))))


@put(
    "/admin/challenges/{challenge_id:str}",
    opt=described(
        Operation(
            summary="Replace a challenge",
            description="Whole: what is left out gets its default, but the slug stays. Read-only "
            "fields are ignored. A change of what judging reads makes a new version. To be "
            "published a new checker, where that is a program, has to compile.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=WRITE,
            bodies={"application/json": ChallengeReplacement},
            answers=(Answer(description="The challenge.", body=AdminChallengeView, headers=_ETAG),),
            problems=frozenset({404, 409, 412, 428}),
            headers=IF_MATCH,
        )
    ),
)
async def replace_challenge_route(
    request: HttpRequest,
    challenge_id: FromPath[str],
    get_challenge: NamedDependency[GetChallenge],
    replace_challenge: NamedDependency[ReplaceChallenge],
) -> Response[bytes]:
    wanted = ChallengeId(identifier(challenge_id))
    body = await json_body(request, ChallengeReplacement, limit=MAX_BODY)
    challenge, version = await replace_challenge(
        wanted,
        expected_revision=await expected_revision(request, get_challenge, wanted),
        slug=body.slug,
        presentation=presentation_of(body),
        rules=rules_of(body),
        status=body.status,
    )
    return _answer(challenge, version)


ROUTES = (
    create_challenge_route,
    list_challenges_route,
    get_challenge_route,
    replace_challenge_route,
)


def _answer(
    challenge: Challenge,
    version: ChallengeVersion,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    view = admin_challenge_view(challenge, version)
    tag = {"ETag": etag(challenge.revision)}
    return json_response(view, status=status, headers={**tag, **(headers or {})})
