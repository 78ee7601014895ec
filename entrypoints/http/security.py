"""Who may come in: the bearer's identity, the role, the rate; steered by the declared operation."""

import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from application.use_cases.authenticate import Identity
from domain.errors import NotAllowed, NotSignedIn
from domain.user import Role
from entrypoints.http.clients import client_address, is_loopback, network_of
from entrypoints.http.operations import Admits, Operation, operation_of
from entrypoints.http.problems import HttpRequest, Refused
from entrypoints.http.rate_limits import RateLimits
from entrypoints.http.use_cases import HttpOptions, UseCases

Connection = ASGIConnection[Any, Any, Any, Any]
_IDENTITY = "assay_identity"


async def admit(connection: Connection, handler: BaseRouteHandler) -> None:
    """The one guard. What declares no operation is open only to OPTIONS, which Litestar answers.

    Raises:
        NotSignedIn, NotAllowed: the token or the role does not do.
        Refused: 429.
    """
    operation = operation_of(handler.opt)
    if operation is None:
        if connection.scope.get("method") != "OPTIONS":
            raise NotAllowed
        return
    use_cases: UseCases = connection.app.state.use_cases
    options: HttpOptions = connection.app.state.options
    match operation.admits:
        case Admits.MEMBERS | Admits.ADMINS:
            await _admit_member(connection, use_cases, operation)
        case Admits.OPERATORS:
            _admit_operator(connection, options)
        case Admits.ANYONE:
            pass
    rates: RateLimits = connection.app.state.rates
    if operation.policy is not None:
        await rates.take(connection, operation.policy, _rate_key(connection, options))


def identity_of(request: HttpRequest) -> Identity:
    """Who asks, on a route that admits members or admins only.

    Raises:
        NotSignedIn: nobody was let in (so the route is declared wrongly).
    """
    identity = request.scope["state"].get(_IDENTITY)
    if not isinstance(identity, Identity):
        raise NotSignedIn
    return identity


def address_of(connection: Connection, options: HttpOptions) -> str:
    """What an anonymous request is limited by."""
    return network_of(client_address(connection.scope, options.trusted_proxies))


def bearer_token(connection: Connection) -> str:
    """The token of the Authorization field.

    Raises:
        NotSignedIn: there is none, or another scheme.
    """
    fields = connection.headers.getall("authorization", [])
    scheme, _, token = fields[0].partition(" ") if len(fields) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn
    return token.strip()


async def _admit_member(connection: Connection, use_cases: UseCases, operation: Operation) -> None:
    identity = await use_cases.authenticate(bearer_token(connection))
    connection.scope["state"][_IDENTITY] = identity
    if operation.admits is Admits.ADMINS and identity.user.role is not Role.ADMIN:
        raise NotAllowed


def _admit_operator(connection: Connection, options: HttpOptions) -> None:
    """Loopback counts only where no proxy speaks for others, nor may stand before the server."""
    address = client_address(connection.scope, options.trusted_proxies)
    near = options.is_local and is_loopback(address)
    if near and "x-forwarded-for" not in connection.headers:
        return
    if options.metrics_token is None:
        raise Refused(403, "This is for the operator only.")
    token = bearer_token(connection).encode()
    if not hmac.compare_digest(token, options.metrics_token.encode()):
        raise NotSignedIn


def _rate_key(connection: Connection, options: HttpOptions) -> str:
    identity = connection.scope["state"].get(_IDENTITY)
    if isinstance(identity, Identity):
        return identity.user.id
    return address_of(connection, options)
