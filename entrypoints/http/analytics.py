"""Staff read what the submissions add up to."""

from datetime import date

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response

from application.use_cases.get_analytics import GetAnalytics
from domain.ids import ChallengeId
from entrypoints.http.operations import Admits, Answer, Operation, Tag, described
from entrypoints.http.problems import HttpRequest
from entrypoints.http.queries import identifier, query_of
from entrypoints.http.rate_limits import READ
from entrypoints.http.responses import json_response
from entrypoints.http.schemas.boards import AnalyticsView
from entrypoints.http.views.boards import analytics_view


class AnalyticsQuery(
    msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}
):
    """Of which challenge, and of which UTC days, both included."""

    challenge_id: str | msgspec.UnsetType = msgspec.UNSET
    since: date | msgspec.UnsetType = msgspec.UNSET
    until: date | msgspec.UnsetType = msgspec.UNSET


@get(
    "/admin/analytics",
    opt=described(
        Operation(
            summary="Read the figures",
            description="Of ranked, finished submissions. With `challenge_id` also by day and by "
            "test.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=AnalyticsQuery,
            answers=(Answer(description="The report.", body=AnalyticsView),),
            problems=frozenset({404}),
        )
    ),
)
async def get_analytics_route(
    request: HttpRequest, get_analytics: NamedDependency[GetAnalytics]
) -> Response[bytes]:
    query = query_of(request, AnalyticsQuery)
    only = query.challenge_id
    report = await get_analytics(
        challenge_id=None if only is msgspec.UNSET else ChallengeId(identifier(str(only))),
        since=query.since or None,
        until=query.until or None,
    )
    return json_response(analytics_view(report))


ROUTES = (get_analytics_route,)
