"""One id for a request: in its answer, and in every line that is logged; and the client's trace."""

import re
import secrets

from litestar.types import Scope

HEADER = "X-Request-ID"
_SANE = re.compile(rb"[A-Za-z0-9._~-]{1,128}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_STATE_KEY = "assay_request_id"


def request_id_of(scope: Scope) -> str:
    """The id of this request: the client's where it is a sane one, else a new one."""
    known = scope["state"].get(_STATE_KEY)
    if not isinstance(known, str):
        known = _given(scope, HEADER, _SANE) or secrets.token_hex(16)
        scope["state"][_STATE_KEY] = known
    return known


def traceparent_of(scope: Scope) -> str | None:
    """What the client says its own trace is, if it is said as W3C would have it."""
    return _given(scope, "traceparent", _TRACEPARENT)


def _given(scope: Scope, header: str, sane: re.Pattern[bytes]) -> str | None:
    wanted = header.lower().encode()
    values = [value for name, value in scope["headers"] if name.lower() == wanted]
    if len(values) == 1 and sane.fullmatch(values[0]):
        return values[0].decode()
    return None
