"""How often someone may ask, and the fields that say so (draft-ietf-httpapi-ratelimit-headers)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.types import Scope

from application.ports.rate_limiter import Allowance, RateLimiter, RatePolicy
from entrypoints.http.problems import Refused

# Of a signed-in user.
READ = RatePolicy(name="read", quota=600, window_s=60)
SUBMIT = RatePolicy(name="submit", quota=30, window_s=60)
RUN = RatePolicy(name="run", quota=60, window_s=60)
WATCH = RatePolicy(name="watch", quota=120, window_s=60)
WRITE = RatePolicy(name="write", quota=300, window_s=60)
UPLOAD = RatePolicy(name="upload", quota=60, window_s=60)
# Of an address, which a whole class may share.
REGISTER = RatePolicy(name="register", quota=200, window_s=600)
LOGIN = RatePolicy(name="login", quota=300, window_s=60)
REFRESH = RatePolicy(name="refresh", quota=600, window_s=60)
CALLBACK = RatePolicy(name="callback", quota=1_200, window_s=60)
# Of an address and an e-mail together: never of an e-mail alone, or anyone could lock anyone out.
LOGIN_AS = RatePolicy(name="login-as", quota=10, window_s=300)

_STATE_KEY = "assay_rate_limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Counts requests, unless that is switched off."""

    limiter: RateLimiter
    enabled: bool

    async def take(
        self, connection: ASGIConnection[Any, Any, Any, Any], policy: RatePolicy, key: str
    ) -> None:
        """Take one from the bucket and remember for the answer how much is left.

        Raises:
            Refused: 429, there is nothing left.
        """
        if not self.enabled:
            return
        allowance = await self.limiter.take(policy, key)
        connection.scope["state"].setdefault(_STATE_KEY, []).append((policy, allowance))
        if not allowance.allowed:
            raise Refused(
                429,
                f"Too many requests of this kind; try again in {allowance.retry_after_s} s.",
                headers={"Retry-After": str(max(1, allowance.retry_after_s))},
            )


def rate_limit_headers(scope: Scope) -> Mapping[str, str]:
    """What an answer says of the policies that its request came under; nothing of none."""
    taken: list[tuple[RatePolicy, Allowance]] = scope["state"].get(_STATE_KEY, [])
    if not taken:
        return {}
    return {
        "RateLimit-Policy": ", ".join(f'"{p.name}";q={p.quota};w={p.window_s}' for p, _ in taken),
        "RateLimit": ", ".join(f'"{p.name}";r={a.remaining};t={a.reset_s}' for p, a in taken),
    }
