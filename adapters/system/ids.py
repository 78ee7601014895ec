"""Identifiers and secrets from the machine's clock and chance."""

import secrets
import threading
import time
from uuid import UUID

from application.ports.ids import Ids

_CHANCE_BITS = 74
"""`rand_a` and `rand_b` of RFC 9562 section 5.7 together; the rest is time, version, variant."""
_LARGEST_STEP = 1 << 32
_TOKEN_BYTES = 24


class SystemIds(Ids):
    """UUIDv7 that grow within the process, whatever its clock does.

    Inside one millisecond, and when the clock is set back, the random part is raised by a random
    step (RFC 9562 section 6.2, method 2).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> str:
        with self._lock:
            fresh = (time.time_ns() // 1_000_000) << _CHANCE_BITS | secrets.randbits(_CHANCE_BITS)
            step = 1 + secrets.randbelow(_LARGEST_STEP)
            self._last = max(fresh, self._last + step)
            return _as_uuid7(self._last)

    def token(self) -> str:
        return secrets.token_urlsafe(_TOKEN_BYTES)


def _as_uuid7(value: int) -> str:
    """48 bits of time and 74 of chance, with version and variant in their places."""
    time_ms, chance = divmod(value, 1 << _CHANCE_BITS)
    rand_a, rand_b = divmod(chance, 1 << 62)
    return str(UUID(int=time_ms << 80 | 7 << 76 | rand_a << 64 | 2 << 62 | rand_b))
