"""Candidates who hand in whatever happens: each asks again, with the same key, until it is taken.

What they saw is kept: every status, every answer that came late, every submission acknowledged.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import httpx

PROGRAMS = {
    "accepted": "read x; echo $((x * 2))",
    "wrong_answer": "read x; echo $((x * 3))",
    "runtime_error": "exit 3",
    "compile_error": "if then fi (",
}
TESTS = [
    {"visibility": "public", "input": "1\n", "expected_output": "2\n"},
    {"visibility": "hidden", "input": "21\n", "expected_output": "42\n"},
]
ASK_AGAIN_S = 0.25
SOON_S = 2.0
"""How long an outage may keep anybody waiting."""
GIVE_UP_S = 60.0
"""An answer that takes longer counts as a hang."""
AT_ONCE = 16
"""Requests of those who hand in that are under way at most: an outage is to be seen, no crush."""


@dataclass(kw_only=True)
class Seen:
    """What the candidates saw."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """By submission, the verdict that its program deserves."""
    statuses: Counter[int] = field(default_factory=Counter)
    cut: int = 0
    """Requests that got no answer: the connection was refused or lost."""
    hung: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers that nobody should get: another 5xx than 503, a 503 that does not say when again."""
    slow: list[str] = field(default_factory=list)
    """Of 503s that took longer than they should: when, which, how long."""
    times_503_s: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        slowest = max(self.times_503_s, default=0)
        return (
            f"{len(self.acknowledged)} acknowledged; statuses {dict(self.statuses)}; "
            f"{self.cut} cut off; slowest 503 after {slowest:.2f} s; slow: {self.slow}"
        )


class Crowd:
    """Candidates of one challenge on one or more servers that share their stores."""

    def __init__(
        self, urls: Sequence[str], challenge_id: str, sign_in: Callable[[int], str], count: int
    ) -> None:
        """`sign_in(n)` gives a fresh token of the n-th of so many candidates."""
        self.seen = Seen()
        self._urls = itertools.cycle(urls)
        self._challenge_id = challenge_id
        self._sign_in = sign_in
        self._tokens = [sign_in(number) for number in range(count)]
        self._numbers = itertools.count()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def hand_in(self, count: int, *, per_second: float) -> None:
        """Hand in so many programs, at that pace however long each takes to be acknowledged."""
        async with httpx.AsyncClient(timeout=GIVE_UP_S) as http, asyncio.TaskGroup() as candidates:
            for _ in range(count):
                candidates.create_task(self._until_acknowledged(http, next(self._numbers)))
                await asyncio.sleep(1 / per_second)

    async def look_around(self) -> None:
        """List, read and read again, as impatient candidates do; ends by being cancelled."""
        paths = ("/candidate/submissions?limit=20", "/candidate/challenges", "/admin/none")
        async with httpx.AsyncClient(timeout=GIVE_UP_S) as http:
            for number in itertools.count():
                token = self._tokens[number % len(self._tokens)]
                url = f"{next(self._urls)}{paths[number % len(paths)]}"
                await self._asked(http.get(url, headers=_bearer(token)))
                await asyncio.sleep(ASK_AGAIN_S)

    async def _until_acknowledged(self, http: httpx.AsyncClient, number: int) -> None:
        verdict = list(PROGRAMS)[number % len(PROGRAMS)]
        who = number % len(self._tokens)
        body = {
            "challenge_id": self._challenge_id,
            "language": "bash",
            "source": f"{PROGRAMS[verdict]} # {number}",
        }
        while True:
            headers = _bearer(self._tokens[who]) | {"Idempotency-Key": f"crowd-{number}"}
            url = f"{next(self._urls)}/candidate/submissions"
            async with self._room:
                answer = await self._asked(http.post(url, json=body, headers=headers))
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                self.seen.acknowledged[str(answer.json()["id"])] = verdict
                return
            if answer is not None and answer.status_code == httpx.codes.UNAUTHORIZED:
                await self._sign_in_again(who)
            await asyncio.sleep(ASK_AGAIN_S)

    async def _sign_in_again(self, who: int) -> None:
        """A token has its time, and a long run takes longer."""
        try:
            self._tokens[who] = await asyncio.to_thread(self._sign_in, who)
        except (AssertionError, httpx.TransportError):  # in the middle of an outage
            return

    async def _asked(self, request: Awaitable[httpx.Response]) -> httpx.Response | None:
        """The answer, noted; None where there was none."""
        began = time.monotonic()
        try:
            answer = await request
        except httpx.TimeoutException:
            self.seen.hung += 1
            return None
        except httpx.TransportError:
            self.seen.cut += 1
            return None
        self._note(answer, time.monotonic() - began)
        return answer

    def _note(self, answer: httpx.Response, seconds: float) -> None:
        self.seen.statuses[answer.status_code] += 1
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            self.seen.times_503_s.append(seconds)
            if seconds > SOON_S:
                self.seen.slow.append(f"{answer.request.url.path} {seconds:.1f} s {answer.text}")
        says_when = "Retry-After" in answer.headers
        if answer.is_server_error and not (answer.status_code == 503 and says_when):
            self.seen.wrong.append(f"{answer.request.url}: {answer.status_code} {answer.text}")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
