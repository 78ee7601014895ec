"""Accounts and sign-ins: RFC 6749 where tokens are traded, with an optional cookie for browsers."""

import hashlib
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Response

from application.use_cases.authenticate import Authenticate, Identity
from application.use_cases.log_in import LogIn, SignIn
from application.use_cases.log_out import LogOut
from application.use_cases.refresh_session import Refreshed, RefreshSession
from application.use_cases.register_user import RegisterUser
from domain.errors import CredentialsRefused
from domain.user import User, fold_email
from entrypoints.http import rate_limits
from entrypoints.http.bodies import MalformedForm, form_body, has_body, json_body
from entrypoints.http.clients import is_loopback_name
from entrypoints.http.operations import FORM, Admits, Answer, Operation, Tag, described
from entrypoints.http.problems import HttpRequest, Refused, malformed
from entrypoints.http.responses import in_utc, json_response, no_content
from entrypoints.http.schemas.auth import (
    AccountView,
    LoginForm,
    Logout,
    RefreshForm,
    Registration,
    TokenErrorView,
    TokenView,
)
from entrypoints.http.security import address_of
from entrypoints.http.use_cases import HttpOptions

COOKIE = "assay_refresh"
COOKIE_MODE = "X-Refresh-Cookie"
_COOKIE_FIELDS = {
    COOKIE_MODE: "`1` keeps the refresh token in an `HttpOnly` cookie only. The Origin must be the "
    "server's own."
}
_TOKENS = Answer(description="A pair of tokens.", body=TokenView)
_NOT_GRANTED = Answer(
    status=400, description="The credentials or the form are not accepted.", body=TokenErrorView
)
TokenError = Literal["invalid_grant", "invalid_request", "unsupported_grant_type"]


@post(
    "/auth/register",
    opt=described(
        Operation(
            summary="Open an account",
            description="Everyone begins as a candidate; the e-mail is compared case-folded.",
            tag=Tag.AUTH,
            admits=Admits.ANYONE,
            policy=rate_limits.REGISTER,
            bodies={"application/json": Registration},
            answers=(Answer(status=201, description="The account.", body=AccountView),),
            problems=frozenset({409, 503}),
        )
    ),
)
async def register(
    request: HttpRequest, register_user: NamedDependency[RegisterUser]
) -> Response[bytes]:
    body = await json_body(request, Registration)
    user = await register_user(
        email=body.email, password=body.password, display_name=body.display_name
    )
    return json_response(_account(user), status=201)


@post(
    "/auth/login",
    opt=described(
        Operation(
            summary="Sign in",
            description="The OAuth2 password form. A wrong e-mail and a wrong password are the "
            "same answer, in the same time.",
            tag=Tag.AUTH,
            admits=Admits.ANYONE,
            policy=rate_limits.LOGIN,
            bodies={FORM: LoginForm},
            answers=(_TOKENS, _NOT_GRANTED),
            problems=frozenset({403, 503}),
            headers=_COOKIE_FIELDS,
        )
    ),
    status_code=200,
)
async def login(
    request: HttpRequest,
    log_in: NamedDependency[LogIn],
    rates: NamedDependency[rate_limits.RateLimits],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    try:
        with_cookie = _wants_cookie(request, options)
        form = await form_body(request)
    except MalformedForm as error:
        return _token_error("invalid_request", str(error))
    if form.get("grant_type", "password") != "password":
        return _token_error("unsupported_grant_type", "grant_type must be password.")
    email, password = form.get("username"), form.get("password")
    if not email or not password:
        return _token_error("invalid_request", "username and password are needed.")
    who = hashlib.sha256(fold_email(email).encode()).hexdigest()  # of any length, but kept short
    key = f"{address_of(request, options)} {who}"
    await rates.take(request, rate_limits.LOGIN_AS, key)
    try:
        signed_in = await log_in(email=email, password=password)
    except CredentialsRefused:
        return _token_error("invalid_grant", "The e-mail or the password is wrong.")
    return _tokens(signed_in, options, with_cookie=with_cookie)


@post(
    "/auth/refresh",
    opt=described(
        Operation(
            summary="Trade a refresh token for new tokens",
            description="Every refresh token is good once; the one directly before the current is "
            "answered the same for 30 s more. An older one ends the whole sign-in.",
            tag=Tag.AUTH,
            admits=Admits.ANYONE,
            policy=rate_limits.REFRESH,
            bodies={FORM: RefreshForm},
            answers=(_TOKENS, _NOT_GRANTED),
            problems=frozenset({403, 503}),
            headers=_COOKIE_FIELDS,
        )
    ),
    status_code=200,
)
async def refresh(
    request: HttpRequest,
    refresh_session: NamedDependency[RefreshSession],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    try:
        with_cookie = _wants_cookie(request, options)
        form = await form_body(request)
    except MalformedForm as error:
        return _token_error("invalid_request", str(error))
    if "grant_type" not in form:
        return _token_error("invalid_request", "grant_type is needed.")
    if form["grant_type"] != "refresh_token":
        return _token_error("unsupported_grant_type", "grant_type must be refresh_token.")
    token = request.cookies.get(COOKIE) if with_cookie else form.get("refresh_token")
    if not token:
        return _token_error("invalid_request", "refresh_token is needed.")
    try:
        refreshed = await refresh_session(token)
    except CredentialsRefused:
        return _token_error("invalid_grant", "The refresh token is not accepted.")
    return _tokens(refreshed, options, with_cookie=with_cookie)


@post(
    "/auth/logout",
    opt=described(
        Operation(
            summary="Sign out",
            description="Ends the bearer's sign-in, or all of theirs with `everywhere`.",
            tag=Tag.AUTH,
            admits=Admits.MEMBERS,
            policy=rate_limits.WRITE,
            bodies={"application/json": Logout},
            body_required=False,
            answers=(Answer(status=204, description="Signed out."),),
            headers=_COOKIE_FIELDS,
            problems=frozenset({403}),
        )
    ),
    status_code=204,
)
async def logout(
    request: HttpRequest,
    identity: NamedDependency[Identity],
    log_out: NamedDependency[LogOut],
    authenticate: NamedDependency[Authenticate],
    options: NamedDependency[HttpOptions],
) -> Response[None]:
    try:
        with_cookie = _wants_cookie(request, options)
    except MalformedForm as error:
        raise malformed(str(error)) from None
    body = await json_body(request, Logout) if has_body(request) else Logout()
    await log_out(
        user_id=identity.user.id, session_id=identity.session_id, everywhere=body.everywhere
    )
    authenticate.forget(identity.session_id)
    response = no_content()
    if with_cookie:
        response.set_cookie(_cookie("", options, max_age=0))
    return response


@get(
    "/auth/me",
    opt=described(
        Operation(
            summary="Who am I",
            description="The account of the bearer.",
            tag=Tag.AUTH,
            admits=Admits.MEMBERS,
            policy=rate_limits.READ,
            answers=(Answer(description="The account.", body=AccountView),),
        )
    ),
)
async def me(identity: NamedDependency[Identity]) -> Response[bytes]:
    return json_response(_account(identity.user))


ROUTES = (register, login, refresh, logout, me)


def _account(user: User) -> AccountView:
    return AccountView(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        role=user.role,
        created_at=in_utc(user.created_at),
    )


def _tokens(
    issued: SignIn | Refreshed, options: HttpOptions, *, with_cookie: bool
) -> Response[bytes]:
    view = TokenView(
        access_token=issued.access.value,
        token_type="bearer",  # noqa: S106 (the scheme, not a secret)
        expires_in=issued.access.expires_in_s,
        refresh_token=msgspec.UNSET if with_cookie else issued.refresh_token,
    )
    response = json_response(view, headers={"Pragma": "no-cache"})
    if with_cookie:
        response.set_cookie(_cookie(issued.refresh_token, options, max_age=issued.lasts_s))
    return response


def _token_error(error: TokenError, description: str) -> Response[bytes]:
    view = TokenErrorView(error=error, error_description=description)
    return json_response(view, status=400, headers={"Pragma": "no-cache"})


def _wants_cookie(request: HttpRequest, options: HttpOptions) -> bool:
    """Whether the browser asks for the cookie, from a page of ours.

    Raises:
        Refused: 403, the page is another's.
        MalformedForm: it asks in a way that is not known.
    """
    wish = request.headers.get(COOKIE_MODE)
    if wish is None:
        return False
    if wish != "1":
        raise MalformedForm(f"{COOKIE_MODE} can only be 1.")
    own = _is_own_origin(request.headers.get("origin", ""), request.headers, options)
    if not own or not _is_own_host(request.headers.get("host", ""), options):
        raise Refused(
            403, "The cookie is for pages of this server only.", name="origin-not-allowed"
        )
    return True


def _is_own_origin(origin: str, headers: Mapping[str, str], options: HttpOptions) -> bool:
    try:
        given = urlsplit(origin)
        public = urlsplit(options.public_url or "")
    except ValueError:
        return False
    if given.scheme not in {"http", "https"} or not given.netloc:
        return False
    if options.public_url and (given.scheme, given.netloc) == (public.scheme, public.netloc):
        return True
    here_is_enough = options.is_local or not options.public_url
    secure_enough = options.is_local or given.scheme == "https"
    return here_is_enough and secure_enough and given.netloc == headers.get("host")


def _is_own_host(host: str, options: HttpOptions) -> bool:
    """On this machine pages of others may let their names point here (DNS rebinding): refused."""
    if not options.is_local:
        return True
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name is not None and is_loopback_name(name)


def _cookie(token: str, options: HttpOptions, *, max_age: int) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=token,
        path="/auth",
        max_age=max_age,
        secure=not options.is_local or (options.public_url or "").startswith("https:"),
        httponly=True,
        samesite="strict",
    )
