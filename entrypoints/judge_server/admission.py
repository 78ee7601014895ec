"""Who may ask at all, and who may list and delete."""

import hmac
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from config.judge_server import JudgeServerSettings
from entrypoints.judge_server.answers import HttpRequest, Refused
from entrypoints.judge_server.bodies import JsonBody
from entrypoints.judge_server.params import Params, as_text, body_of, is_small, query_of

ANYONE = {"admits": "anyone"}
ADMINS = {"admits": "admins"}
_TOKEN, _USER = "X-Auth-Token", "X-Auth-User"


class Door:
    """Lets requests in, with what they say; the body of a stranger is read only if it is small."""

    def __init__(self, settings: JudgeServerSettings) -> None:
        self._settings = settings
        config = settings.config
        most_items = max(config.max_submission_batch_size, config.max_queue_size)
        self._read_json = JsonBody(most_items=most_items)

    async def guard(
        self, connection: ASGIConnection[Any, Any, Any, State], handler: BaseRouteHandler
    ) -> None:
        """Raises Refused: 401 for who is not known, 403 for who may not list and delete."""
        admits = handler.opt.get("admits")
        if admits == ANYONE["admits"] or not isinstance(connection, Request):
            return
        params = await self._admitted(connection)
        if admits == ADMINS["admits"]:
            admins = self._settings.admin_tokens
            if not self._has(connection, params.values, _USER, admins):
                raise Refused(HTTPStatus.FORBIDDEN)
        connection.state.params = params

    async def _admitted(self, request: HttpRequest) -> Params:
        settings = self._settings
        query = query_of(request)
        known = not settings.tokens or self._has(request, query, _TOKEN, settings.tokens)
        may_say_so = settings.token_anywhere and is_small(request)
        if not known and not may_say_so:
            raise Refused(HTTPStatus.UNAUTHORIZED)
        values = query | await body_of(request, self._read_json)
        if not known and not self._has(request, values, _TOKEN, settings.tokens):
            raise Refused(HTTPStatus.UNAUTHORIZED)
        return Params(values)

    def _has(
        self, request: HttpRequest, values: Mapping[str, object], name: str, tokens: Sequence[str]
    ) -> bool:
        said = [request.headers.get(name)]
        if self._settings.token_anywhere:
            said.append(as_text(values.get(name)))
        return any(_is_one_of(text, tokens) for text in said if text)


def params_of(request: HttpRequest) -> Params:
    """What the guard read."""
    params: Params = request.state.params
    return params


def _is_one_of(text: str, tokens: Sequence[str]) -> bool:
    """In a time that does not tell how much of which token was right."""
    given = text.encode("utf-8", "replace")
    return sum(hmac.compare_digest(given, token.encode()) for token in tokens) > 0
