"""What runs the server and what describes it: health, metrics, the OpenAPI document."""

from litestar import get
from litestar.constants import OPENAPI_JSON_HANDLER_NAME
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.response import Redirect, Response

from entrypoints.http import pages
from entrypoints.http.operations import Admits, Answer, Operation, Tag, described
from entrypoints.http.readiness import Readiness
from entrypoints.http.responses import json_response
from entrypoints.http.schemas.users import AliveView, ReadyView
from entrypoints.http.use_cases import HttpOptions
from entrypoints.metrics import CONTENT_TYPE, Metrics

HTML = "text/html"


@get(
    "/health/live",
    opt=described(
        Operation(
            summary="Is the process up",
            description="Answers as long as requests are answered at all.",
            tag=Tag.SERVICE,
            admits=Admits.ANYONE,
            answers=(Answer(description="It is.", body=AliveView),),
        )
    ),
)
async def is_alive() -> Response[bytes]:
    return json_response(AliveView(status="alive"))


@get(
    "/health/ready",
    opt=described(
        Operation(
            summary="Do the dependencies answer",
            description="Each by name, as of at most a second ago. Without the queue, progress "
            "or the rate limiter the server is degraded, but ready.",
            tag=Tag.SERVICE,
            admits=Admits.ANYONE,
            answers=(
                Answer(description="All that requests need answer.", body=ReadyView),
                Answer(
                    status=503,
                    description="At least one does not.",
                    body=ReadyView,
                    headers={"Retry-After": "Seconds to wait."},
                ),
            ),
        )
    ),
)
async def is_ready(
    readiness: NamedDependency[Readiness], options: NamedDependency[HttpOptions]
) -> Response[bytes]:
    health = await readiness()
    view = ReadyView(
        ready=health.is_ready,
        degraded=health.is_degraded,
        dependencies=dict(health.dependencies),
        version=options.version,
    )
    retry = {} if health.is_ready else {"Retry-After": "5"}
    return json_response(view, status=200 if health.is_ready else 503, headers=retry)


@get(
    "/metrics",
    opt=described(
        Operation(
            summary="Read the server's figures",
            description="For Prometheus. From this machine, or with the metrics token as bearer.",
            tag=Tag.SERVICE,
            admits=Admits.OPERATORS,
            answers=(
                Answer(
                    description="Prometheus' text format.",
                    body=str,
                    media_type=CONTENT_TYPE.partition(";")[0],
                ),
            ),
            problems=frozenset({401, 403}),
        )
    ),
)
async def read_metrics(metrics: NamedDependency[Metrics]) -> Response[bytes]:
    content = await metrics.text()
    return Response(content=content, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@get(
    "/schema/openapi.json",
    name=OPENAPI_JSON_HANDLER_NAME,
    opt=described(
        Operation(
            summary="Read this description",
            description="OpenAPI 3.1.",
            tag=Tag.SERVICE,
            admits=Admits.ANYONE,
            answers=(
                Answer(description="The document.", body=dict, media_type="application/json"),
            ),
        )
    ),
)
async def read_openapi(state: State) -> Response[bytes]:
    content: bytes = state.openapi_json
    return Response(
        content=content,
        media_type="application/json",
        headers={"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"},
    )


@get(
    "/schema",
    opt=described(
        Operation(
            summary="Browse this description",
            description="A page for people, without scripts.",
            tag=Tag.SERVICE,
            admits=Admits.ANYONE,
            answers=(Answer(description="The page.", body=str, media_type=HTML),),
        )
    ),
)
async def browse(state: State) -> Response[str]:
    content: str = state.openapi_page
    headers = {"Content-Security-Policy": pages.POLICY, "Cache-Control": "no-cache"}
    return Response(content=content, media_type=HTML, headers=headers)


@get(
    "/",
    opt=described(
        Operation(
            summary="Begin",
            description="Leads to the description.",
            tag=Tag.SERVICE,
            admits=Admits.ANYONE,
            answers=(
                Answer(status=302, description="There.", headers={"Location": "The description."}),
            ),
        )
    ),
    status_code=302,
)
async def begin() -> Redirect:
    return Redirect("/schema", status_code=302)


ROUTES = (
    is_alive,
    is_ready,
    read_metrics,
    read_openapi,
    browse,
    begin,
)
