"""Who may do what: every route of the application, tried by everyone who might come."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from enum import StrEnum

import httpx
import jwt
import pytest
from litestar.handlers import HTTPRouteHandler, get
from litestar.routes import HTTPRoute

from adapters.memory.clock import ManualClock
from application.ports.judge import JudgeCallbacks
from domain.ids import SessionId, UserId
from domain.user import Role
from entrypoints.http import app, security
from entrypoints.http.operations import Admits, operation_of
from tests.entrypoints.http.furnished import Furnished, furnish
from tests.entrypoints.http.house import House, Json, problem


class Audience(StrEnum):
    """Whom a route is for."""

    PUBLIC = "public"
    MEMBERS = "members"
    OWNER = "owner"
    """Of members only who made it; to others it is not there, staff included."""
    STAFF = "staff"
    OPERATOR = "operator"
    """Whoever runs the machine: nobody who comes from elsewhere without the metrics token."""


class Visitor(StrEnum):
    """Who comes."""

    ANONYMOUS = "anonymous"
    CANDIDATE = "candidate"
    OTHER_CANDIDATE = "other candidate"
    ADMIN = "admin"
    EXPIRED = "expired"
    """An admin's token of a quarter of an hour ago; the following are an admin's, too."""
    FORGED = "forged"
    ALG_NONE = "alg none"
    SIGNED_OUT = "signed out"
    PROMOTED = "promoted"
    """A candidate, whose token says that it is an admin's."""


AUDIENCES = {
    Audience.PUBLIC: {
        "GET /",
        "GET /health/live",
        "GET /health/ready",
        "GET /schema",
        "GET /schema/openapi.json",
        "POST /auth/login",
        "POST /auth/refresh",
        "POST /auth/register",
        "PUT /judge0/callbacks/{callback_token}",
    },
    Audience.OPERATOR: {"GET /metrics"},
    Audience.MEMBERS: {
        "GET /auth/me",
        "GET /candidate/challenges",
        "GET /candidate/challenges/{challenge_id}",
        "GET /candidate/challenges/{challenge_id}/leaderboard",
        "GET /candidate/languages",
        "GET /candidate/leaderboard",
        "GET /candidate/submissions",
        "POST /auth/logout",
        "POST /candidate/runs",
        "POST /candidate/submissions",
    },
    Audience.OWNER: {
        "GET /candidate/runs/{run_id}",
        "GET /candidate/runs/{run_id}/events",
        "GET /candidate/submissions/{submission_id}",
        "GET /candidate/submissions/{submission_id}/events",
    },
    Audience.STAFF: {
        "DELETE /admin/challenges/{challenge_id}/testcases/{testcase_id}",
        "DELETE /admin/dead-letters/{letter_id}",
        "GET /admin/analytics",
        "GET /admin/challenges",
        "GET /admin/challenges/{challenge_id}",
        "GET /admin/challenges/{challenge_id}/testcases",
        "GET /admin/dead-letters",
        "GET /admin/queue",
        "GET /admin/rejudge-sets",
        "GET /admin/rejudge-sets/{set_id}",
        "GET /admin/rejudge-sets/{set_id}/items",
        "GET /admin/submissions",
        "GET /admin/submissions/{submission_id}",
        "GET /admin/testcases/{testcase_id}/expected_output",
        "GET /admin/testcases/{testcase_id}/input",
        "GET /admin/users",
        "GET /admin/workers",
        "PATCH /admin/users/{user_id}",
        "POST /admin/challenges",
        "POST /admin/challenges/{challenge_id}/testcases",
        "POST /admin/dead-letters/{letter_id}/resend",
        "POST /admin/rejudge-sets",
        "POST /admin/rejudge-sets/{set_id}/apply",
        "POST /admin/rejudge-sets/{set_id}/cancel",
        "POST /admin/rejudge-sets/{set_id}/discard",
        "POST /admin/rejudge-sets/{set_id}/pause",
        "POST /admin/rejudge-sets/{set_id}/resume",
        "POST /admin/submissions/{submission_id}/rejudge",
        "PUT /admin/challenges/{challenge_id}",
    },
}
"""A route that is added is added here, too, by whoever has thought about whom it is for."""
_DECLARED = {
    Audience.PUBLIC: Admits.ANYONE,
    Audience.OPERATOR: Admits.OPERATORS,
    Audience.MEMBERS: Admits.MEMBERS,
    Audience.OWNER: Admits.MEMBERS,
    Audience.STAFF: Admits.ADMINS,
}
_STRANGERS = {
    Visitor.ANONYMOUS,
    Visitor.EXPIRED,
    Visitor.FORGED,
    Visitor.ALG_NONE,
    Visitor.SIGNED_OUT,
}
_ADMITTED_TO_WRITE = {200, 201, 202, 204, 400, 409, 415, 422, 428}
"""The empty body may not do, but that is said to those alone who may write."""


class Deaf(JudgeCallbacks):
    """Lets Judge0 call back, and does nothing of it."""

    def wake(self, token: str) -> None:
        """Nobody waits."""


@pytest.fixture
async def house(clock: ManualClock) -> AsyncIterator[House]:
    async with House(clock=clock, callbacks=Deaf()) as built:
        yield built


def routes() -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Method, path and handler of all that the built application answers."""
    for route in House(clock=ManualClock()).app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is no HTTP route: who may come there?"
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                yield str(method), route.path_format, handler


ROUTES = sorted((method, path) for method, path, _ in routes())


def audience_of(method: str, path: str) -> Audience:
    """Whom the table says that it is for."""
    of = [audience for audience, paths in AUDIENCES.items() if f"{method} {path}" in paths]
    assert len(of) == 1, f"{method} {path} must stand in AUDIENCES once: whom is it for?"
    return of[0]


def expected(audience: Audience, visitor: Visitor) -> int | None:
    """The status of the refusal; None where the visitor is admitted."""
    match audience:
        case Audience.PUBLIC:
            return None
        case Audience.OPERATOR:
            return 403
        case _ if visitor in _STRANGERS:
            return 401
        case Audience.MEMBERS:
            return None
        case Audience.OWNER:
            return None if visitor in {Visitor.CANDIDATE, Visitor.PROMOTED} else 404
        case Audience.STAFF:
            return None if visitor is Visitor.ADMIN else 403


@pytest.mark.parametrize("visitor", Visitor)
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_each_route_admits_whom_it_is_for(
    house: House, clock: ManualClock, method: str, path: str, visitor: Visitor
) -> None:
    place = await furnish(house)
    refusal = expected(audience_of(method, path), visitor)

    answer = await _tried(house, clock, place, visitor, method, path)

    _check(answer, method, refusal)


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "GET"])
async def test_asking_for_the_head_alone_opens_nothing(
    house: House, clock: ManualClock, path: str
) -> None:
    place = await furnish(house)
    refusal = expected(audience_of("GET", path), Visitor.ANONYMOUS)

    answer = await _tried(house, clock, place, Visitor.ANONYMOUS, "HEAD", path)

    assert answer.status_code == refusal or refusal is None


def test_the_table_has_every_route_and_no_other() -> None:
    told = {entry for paths in AUDIENCES.values() for entry in paths}

    assert told == {f"{method} {path}" for method, path in ROUTES}


def test_what_a_route_declares_is_what_the_table_says() -> None:
    declared = {
        f"{method} {path}": operation.admits
        for method, path, handler in routes()
        if (operation := operation_of(handler.opt)) is not None
    }

    assert declared == {
        f"{method} {path}": _DECLARED[audience_of(method, path)] for method, path in ROUTES
    }


async def test_a_route_that_declares_nothing_is_shut_and_fails_this_test(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    @get("/new")
    async def new() -> None:
        """Nobody has thought about who may do this."""

    monkeypatch.setattr(app, "ROUTES", (*app.ROUTES, new))

    async with House(clock=clock) as house:
        admin = await house.admin()
        problem(await admin.client.get("/new"), 403, "not-allowed")
    with pytest.raises(AssertionError, match="GET /new must stand in AUDIENCES"):
        audience_of(*next(one[:2] for one in routes() if one[1] == "/new"))


@pytest.mark.parametrize("visitor", [Visitor.ANONYMOUS, Visitor.OTHER_CANDIDATE])
async def test_the_matrix_fails_where_nobody_guards(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch, visitor: Visitor
) -> None:
    async def let_in(connection: object, handler: object) -> None:
        """Everyone."""

    monkeypatch.setattr(security, "admit", let_in)
    async with House(clock=clock) as house:
        answer = await house.anyone.get("/admin/queue")

    with pytest.raises(AssertionError):
        _check(answer, "GET", expected(audience_of("GET", "/admin/queue"), visitor))


def _check(answer: httpx.Response, method: str, refusal: int | None) -> None:
    """That the answer is the refusal, and whose; or none."""
    if refusal is not None:
        names = {401: "not-signed-in", 403: "not-allowed", 404: "submission-not-found"}
        problem(answer, refusal, names[refusal])
        assert refusal != 401 or answer.headers["www-authenticate"].startswith("Bearer")
    elif method == "GET":
        assert answer.status_code in {200, 302}, answer.text
    else:
        assert answer.status_code in _ADMITTED_TO_WRITE, answer.text


async def _tried(
    house: House, clock: ManualClock, place: Furnished, visitor: Visitor, method: str, path: str
) -> httpx.Response:
    token = await _token(house, clock, place, visitor)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await house.anyone.request(method, place.filled(path), headers=headers)


async def _token(
    house: House, clock: ManualClock, place: Furnished, visitor: Visitor
) -> str | None:
    own = {
        Visitor.ANONYMOUS: None,
        Visitor.CANDIDATE: place.owner,
        Visitor.OTHER_CANDIDATE: place.other,
        Visitor.PROMOTED: place.owner,
    }.get(visitor, place.admin)
    if own is None:
        return None
    claims: Json = jwt.decode(own.access_token, options={"verify_signature": False})
    match visitor:
        case Visitor.FORGED:
            return jwt.encode(claims, "another key of 32 bytes or more!", "HS256")
        case Visitor.ALG_NONE:
            return jwt.encode(claims, "", "none")
        case Visitor.EXPIRED:
            clock.advance(timedelta(minutes=15))
        case Visitor.SIGNED_OUT:
            assert (await own.client.post("/auth/logout")).status_code == 204
        case Visitor.PROMOTED:
            session = SessionId(claims["sid"])
            return house.world.tokens.issue_access(UserId(own.id), session, Role.ADMIN).value
        case _:
            pass
    return own.access_token
