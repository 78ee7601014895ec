"""One id for a request: in its answer, and in every line that is logged about it."""

import re
import secrets
from collections.abc import Iterable

from litestar.types import Scope

HEADER = "X-Request-ID"
_SANE = re.compile(rb"[A-Za-z0-9._~-]{1,128}")
_STATE_KEY = "assay_request_id"


def request_id_of(scope: Scope) -> str:
    """The id of this request: the client's where it is a sane one, else a new one."""
    known = scope["state"].get(_STATE_KEY)
    if not isinstance(known, str):
        known = _given(scope["headers"]) or secrets.token_hex(16)
        scope["state"][_STATE_KEY] = known
    return known


def _given(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    values = [value for name, value in headers if name.lower() == HEADER.lower().encode()]
    if len(values) == 1 and _SANE.fullmatch(values[0]):
        return values[0].decode()
    return None
