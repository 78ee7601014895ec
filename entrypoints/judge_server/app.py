"""The application: Judge0's routes twice, once for each flavour."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.types import ExceptionHandlersMap

from application.ports.judge import JudgeUnavailable
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import AnswerTooLarge, TicketsFull
from domain.ticket import Flavour
from entrypoints.judge_server import answers, batches, facts, submissions
from entrypoints.judge_server.admission import Door, params_of
from entrypoints.judge_server.bodies import MAX_BODY_BYTES
from entrypoints.judge_server.office import Office
from entrypoints.judge_server.room import Bounds, Room

ROUTES = (*facts.ROUTES, *submissions.ROUTES, *batches.ROUTES)
_PATHS = {Flavour.COMMON: "/", Flavour.EXTRA: "/extra"}
_ON_ERROR: ExceptionHandlersMap = {
    answers.Refused: answers.on_refusal,
    TicketsFull: answers.on_full,
    AnswerTooLarge: answers.on_too_large,
    StoreUnavailable: answers.on_unavailable,
    JudgeUnavailable: answers.on_unavailable,
    HTTPException: answers.on_http_error,
    Exception: answers.on_unforeseen,
}

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(
    offices: Sequence[Office], door: Door, *, lifespan: Sequence[Lifespan] = ()
) -> Litestar:
    """The ASGI application. Every origin may ask, as Judge0 has it: tokens guard, not origins."""
    routers = [
        Router(
            path=_PATHS[office.flavour],
            route_handlers=ROUTES,
            dependencies={"office": _provide(office)},
        )
        for office in offices
    ]
    return Litestar(
        route_handlers=routers,
        dependencies={
            "params": Provide(params_of, sync_to_thread=False),
        },
        guards=[door.guard],
        exception_handlers=_ON_ERROR,
        cors_config=CORSConfig(allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]),
        lifespan=list(lifespan),
        middleware=[DefineMiddleware(Bounds, room=Room())],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MAX_BODY_BYTES,
        debug=False,
    )


def _provide(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)
