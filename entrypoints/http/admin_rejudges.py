"""Staff have many submissions judged anew, look at what came out, and decide on it as a whole."""

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from application.use_cases.authenticate import Identity
from application.use_cases.create_rejudge_set import CreateRejudgeSet
from application.use_cases.decide_rejudge_set import DecideRejudgeSet, Decision
from application.use_cases.get_rejudge_set import GetRejudgeSet
from application.use_cases.list_rejudge_items import ListRejudgeItems
from application.use_cases.list_rejudge_sets import ListRejudgeSets
from domain.ids import RejudgeSetId, SubmissionId
from domain.rejudging import ItemState
from entrypoints.http.bodies import parse_json, raw_json
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
from entrypoints.http.queries import PageQuery, Paging, identifier, query_of
from entrypoints.http.rate_limits import READ, WRITE
from entrypoints.http.responses import json_response
from entrypoints.http.schemas.rejudges import (
    RejudgedPage,
    RejudgeSetBody,
    RejudgeSetItem,
    RejudgeSetPage,
    RejudgeSetView,
)
from entrypoints.http.use_cases import HttpOptions
from entrypoints.http.views.rejudges import (
    rejudge_set_item,
    rejudge_set_view,
    rejudged_view,
    wanted_of,
)

_WHERE = {"Location": "Where the set is."}


class RejudgedQuery(PageQuery, frozen=True, kw_only=True):
    """Which submissions of a set."""

    state: ItemState | msgspec.UnsetType = msgspec.UNSET


class RejudgeSetsQuery(PageQuery, frozen=True, kw_only=True):
    """Which page of the sets."""


@post(
    "/admin/rejudge-sets",
    status_code=202,
    opt=described(
        Operation(
            summary="Have many submissions judged anew, as a shadow",
            description="All done submissions that the filter finds (10,000 at most), on the "
            "version of their challenges that is published now, or the same as before. The "
            "outcomes that count stay until the set is applied.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=WRITE,
            bodies={"application/json": RejudgeSetBody},
            answers=(
                Answer(status=202, description="The set.", body=RejudgeSetItem, headers=_WHERE),
            ),
            problems=frozenset({409}),
            headers=IDEMPOTENCY_KEY,
        )
    ),
)
async def create_rejudge_set_route(
    request: HttpRequest,
    identity: NamedDependency[Identity],
    create_rejudge_set: NamedDependency[CreateRejudgeSet],
    in_flight: NamedDependency[InFlight],
) -> Response[bytes]:
    raw = await raw_json(request)
    body = parse_json(raw, RejudgeSetBody)
    key = idempotency_key(request, identity.user.id, raw)
    with in_flight.hold(key):
        made = await create_rejudge_set(
            identity.user, wanted=wanted_of(body.filter), version=body.version, key=key
        )
    location = {"Location": f"/admin/rejudge-sets/{made.id}"}
    return json_response(rejudge_set_item(made), status=202, headers=location)


@get(
    "/admin/rejudge-sets",
    opt=described(
        Operation(
            summary="List rejudge sets",
            description="The newest first.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=RejudgeSetsQuery,
            answers=(Answer(description="A page.", body=RejudgeSetPage),),
        )
    ),
)
async def list_rejudge_sets_route(
    request: HttpRequest,
    list_rejudge_sets: NamedDependency[ListRejudgeSets],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    paging = Paging(request, query_of(request, RejudgeSetsQuery), options.cursor_key)
    before = paging.position
    found = await list_rejudge_sets(
        before=RejudgeSetId(before) if before else None, limit=paging.limit + 1
    )
    items = [rejudge_set_item(one) for one in found[: paging.limit]]
    next_cursor = paging.next_cursor(len(found), items[-1].id if items else "")
    return json_response(RejudgeSetPage(items=items, next_cursor=next_cursor))


@get(
    "/admin/rejudge-sets/{set_id:str}",
    opt=described(
        Operation(
            summary="See how a rejudge set comes along",
            description="Progress, verdicts from old to new, score changes; once all is judged "
            "also which ranks would change, overall and on the boards of its challenges.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            answers=(Answer(description="The set.", body=RejudgeSetView),),
            problems=frozenset({404}),
        )
    ),
)
async def get_rejudge_set_route(
    set_id: FromPath[str], get_rejudge_set: NamedDependency[GetRejudgeSet]
) -> Response[bytes]:
    found = await get_rejudge_set(RejudgeSetId(identifier(set_id)))
    return json_response(rejudge_set_view(*found))


@get(
    "/admin/rejudge-sets/{set_id:str}/items",
    opt=described(
        Operation(
            summary="List the submissions of a rejudge set",
            description="By id, with the old and the new outcome; `state` narrows, as to "
            "`changed`, `flaky` (two new judgements that differ) or `left_out` (it got a newer "
            "judgement meanwhile).",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=RejudgedQuery,
            answers=(Answer(description="A page.", body=RejudgedPage),),
            problems=frozenset({404}),
        )
    ),
)
async def list_rejudge_items_route(
    request: HttpRequest,
    set_id: FromPath[str],
    list_rejudge_items: NamedDependency[ListRejudgeItems],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    query = query_of(request, RejudgedQuery)
    paging = Paging(request, query, options.cursor_key)
    after = paging.position
    found = await list_rejudge_items(
        RejudgeSetId(identifier(set_id)),
        state=query.state or None,
        after=SubmissionId(after) if after else None,
        limit=paging.limit + 1,
    )
    items = [rejudged_view(one) for one in found[: paging.limit]]
    next_cursor = paging.next_cursor(len(found), items[-1].submission_id if items else "")
    return json_response(RejudgedPage(items=items, next_cursor=next_cursor))


def _deciding(decision: Decision, summary: str, description: str) -> HTTPRouteHandler:
    """The route that takes one decision."""

    async def decide_route(
        set_id: FromPath[str],
        decide_rejudge_set: NamedDependency[DecideRejudgeSet],
        get_rejudge_set: NamedDependency[GetRejudgeSet],
    ) -> Response[bytes]:
        wanted = RejudgeSetId(identifier(set_id))
        await decide_rejudge_set(wanted, decision)
        return json_response(rejudge_set_view(*await get_rejudge_set(wanted)))

    decide_route.__name__ = f"{decision}_rejudge_set_route"
    return post(
        f"/admin/rejudge-sets/{{set_id:str}}/{decision}",
        status_code=200,
        opt=described(
            Operation(
                summary=summary,
                description=f"{description} A repeat changes nothing.",
                tag=Tag.ADMIN,
                admits=Admits.ADMINS,
                policy=WRITE,
                answers=(Answer(description="The set.", body=RejudgeSetView),),
                problems=frozenset({404, 409}),
            )
        ),
    )(decide_route)


ROUTES = (
    create_rejudge_set_route,
    list_rejudge_sets_route,
    get_rejudge_set_route,
    list_rejudge_items_route,
    _deciding(Decision.PAUSE, "Pause a rejudge set", "No more judgements begin for it."),
    _deciding(Decision.RESUME, "Let a paused rejudge set go on", "It goes on where it was."),
    _deciding(Decision.CANCEL, "Give a rejudge set up", "Before all of it is judged."),
    _deciding(
        Decision.DISCARD,
        "Discard what came out of a rejudge set",
        "No outcome changes; the new judgements stay readable under their numbers.",
    ),
    _deciding(
        Decision.APPLY,
        "Apply what came out of a rejudge set",
        "As one step. What is flaky, could not be judged, or got a newer judgement meanwhile "
        "keeps its outcome. The judgements before stay readable.",
    ),
)
