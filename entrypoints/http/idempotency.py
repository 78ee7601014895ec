"""The Idempotency-Key field: the same request, sent again, is not done again."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from application.ports.idempotency import IdempotencyKey
from domain.ids import UserId
from entrypoints.http.problems import HttpRequest, Refused, malformed

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,255}")


def idempotency_key(request: HttpRequest, user_id: UserId, body: bytes) -> IdempotencyKey | None:
    """The client's key for this creation, or None where it gives none.

    Raises:
        Refused: 400, it is not 1 to 255 visible ASCII characters.
    """
    given = request.headers.getall(HEADER, [])
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise malformed(f"{HEADER} must be 1 to 255 visible ASCII characters.")
    return IdempotencyKey(
        user_id=user_id,
        route=f"{request.method} {request.scope['path']}",
        key=given[0],
        body_hash=hashlib.sha256(body).hexdigest(),
    )


class InFlight:
    """The keys whose requests are being answered by this process right now."""

    def __init__(self) -> None:
        self._held: set[tuple[str, str, str]] = set()

    @contextmanager
    def hold(self, key: IdempotencyKey | None) -> Iterator[None]:
        """Hold the key for the length of the block.

        Raises:
            Refused: 409, another request holds it.
        """
        if key is None:
            yield
            return
        held = (key.user_id, key.route, key.key)
        if held in self._held:
            raise Refused(
                409,
                "A request with this Idempotency-Key is being answered; ask again in a moment.",
                name="request-in-flight",
                headers={"Retry-After": "1"},
            )
        self._held.add(held)
        try:
            yield
        finally:
            self._held.discard(held)
