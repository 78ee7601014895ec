"""The application: routes, what guards and wraps them, and what they are given."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import fields

import msgspec
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ExceptionHandlersMap

from application.ports.judge import JudgeUnavailable
from application.ports.passwords import HashingOverloaded
from application.ports.storage import StoreUnavailable
from application.ports.task_queue import QueueUnavailable
from application.use_cases.authenticate import Identity
from domain.errors import DomainError
from entrypoints.http import (
    admin_challenges,
    admin_dead_letters,
    admin_rejudges,
    admin_submissions,
    admin_test_cases,
    admin_users,
    admin_work,
    analytics,
    auth,
    candidate,
    candidate_runs,
    candidate_submissions,
    judge0,
    problems,
    security,
    service,
)
from entrypoints.http.edge import Edge
from entrypoints.http.events import Watching
from entrypoints.http.idempotency import InFlight
from entrypoints.http.openapi import build_document
from entrypoints.http.operations import Operation, operation_of
from entrypoints.http.pages import page_of
from entrypoints.http.rate_limits import RateLimits
from entrypoints.http.readiness import Readiness
from entrypoints.http.streams import Streams
from entrypoints.http.use_cases import HttpOptions, UseCases
from entrypoints.metrics import Metrics

ROUTES = (
    *auth.ROUTES,
    *candidate.ROUTES,
    *candidate_submissions.ROUTES,
    *candidate_runs.ROUTES,
    *admin_challenges.ROUTES,
    *admin_test_cases.ROUTES,
    *admin_submissions.ROUTES,
    *admin_rejudges.ROUTES,
    *admin_users.ROUTES,
    *admin_work.ROUTES,
    *admin_dead_letters.ROUTES,
    *analytics.ROUTES,
    *service.ROUTES,
    *judge0.ROUTES,
)
_ON_ERROR: ExceptionHandlersMap = {
    problems.Refused: problems.on_refusal,
    DomainError: problems.on_domain_error,
    StoreUnavailable: problems.on_unavailable,
    JudgeUnavailable: problems.on_unavailable,
    QueueUnavailable: problems.on_unavailable,
    HashingOverloaded: problems.on_unavailable,
    HTTPException: problems.on_http_error,
    Exception: problems.on_unforeseen,
}
_OF_THE_EDGE = {"clock", "figures", "measure_queue", "rate_limiter", "telemetry"}
"""What handlers never ask for themselves."""

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(
    use_cases: UseCases,
    options: HttpOptions,
    *,
    lifespan: Sequence[Lifespan] = (),
    streams: Streams | None = None,
) -> Litestar:
    """The ASGI application. Whoever stops it calls `streams.end()` first."""
    streams = streams or Streams()
    rates = RateLimits(limiter=use_cases.rate_limiter, enabled=options.rate_limits)
    app = Litestar(
        route_handlers=ROUTES,
        guards=[security.admit],
        dependencies=_dependencies(use_cases, options, rates, streams),
        exception_handlers=_ON_ERROR,
        lifespan=list(lifespan),
        state=State({"use_cases": use_cases, "options": options, "rates": rates}),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
        debug=False,
    )
    app.asgi_handler = Edge(app.asgi_handler, use_cases.telemetry, _methods(app))
    document = build_document(operations_of(app), version=options.version, url=options.public_url)
    app.state.openapi_json = msgspec.json.encode(document)
    app.state.openapi_page = page_of(document)
    return app


def _methods(app: Litestar) -> dict[str, frozenset[str]]:
    """What each route takes, by its template."""
    return {
        route.path_format: frozenset(str(method) for method in route.methods)
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }


def operations_of(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler, Operation]]:
    """Every declared operation with its path, as OpenAPI writes paths."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                operation = operation_of(handler.opt)
                if operation is not None:
                    yield route.path_format, handler, operation


def _dependencies(
    use_cases: UseCases,
    options: HttpOptions,
    rates: RateLimits,
    streams: Streams,
) -> dict[str, Provide]:
    """What handlers may ask for by name: each use case, and what belongs to the edge."""
    watching = Watching(
        get_submission=use_cases.get_submission,
        watch_submission=use_cases.watch_submission,
        authenticate=use_cases.authenticate,
        clock=use_cases.clock,
        options=options,
        streams=streams,
    )
    names = {field.name for field in fields(use_cases)} - _OF_THE_EDGE
    given = {name: getattr(use_cases, name) for name in names}
    own = {
        "options": options,
        "rates": rates,
        "watching": watching,
        "in_flight": InFlight(),
        "metrics": Metrics(use_cases.measure_queue, use_cases.figures),
        "readiness": Readiness(use_cases.check_health),
    }
    return {
        "identity": Provide(_identity, sync_to_thread=False),
        **{name: _provide(value) for name, value in (given | own).items()},
    }


def _provide(value: object) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)


def _identity(request: problems.HttpRequest) -> Identity:
    return security.identity_of(request)
