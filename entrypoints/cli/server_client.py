"""What the command line asks of a server, and what it reads of the answers."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import httpx
import msgspec

from entrypoints.cli.events import Event, read_events
from entrypoints.cli.failure import Failure

TIMEOUT_S = 30.0
STREAM_TIMEOUT_S = 60.0
"""A stream is silent for 15 s at most (decision 16)."""
_UNAUTHORIZED = 401
_ERRORS = 400

_Read = TypeVar("_Read", bound=msgspec.Struct)


class Challenge(msgspec.Struct, frozen=True):
    id: str
    slug: str


class ChallengePage(msgspec.Struct, frozen=True):
    items: list[Challenge]
    next_cursor: str | None


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """One finished test, of which a server may tell less."""

    ordinal: int
    verdict: str
    visibility: str = ""
    time_ms: int | None = None
    memory_kib: int | None = None
    message: str | None = None


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    status: str
    verdict: str | None = None
    score: float | None = None
    max_score: float | None = None
    time_ms: int | None = None
    memory_kib: int | None = None
    compile_output: str | None = None
    tests: list[Test] = []


class _Tokens(msgspec.Struct, frozen=True):
    access_token: str


class _FieldError(msgspec.Struct, frozen=True):
    pointer: str
    detail: str


class _Problem(msgspec.Struct, frozen=True):
    """What a refusal says: RFC 9457's fields, or OAuth2's on the token endpoint."""

    title: str = ""
    detail: str = ""
    error: str = ""
    error_description: str = ""
    errors: list[_FieldError] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    email: str
    password: str


class _Login(httpx.Auth):
    """Logs in before the first request, and again when the access token has run out."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._token: str | None = None

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        fresh = self._token is None
        if fresh:
            yield from self._log_in(request)
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == _UNAUTHORIZED and not fresh:
            yield from self._log_in(request)
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _log_in(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        form = {
            "grant_type": "password",
            "username": self._credentials.email,
            "password": self._credentials.password,
        }
        answer = yield httpx.Request("POST", request.url.join("/auth/login"), data=form)
        answer.read()  # of this answer alone: the others may be streams
        if answer.status_code >= _ERRORS:
            raise Failure(f"{self._credentials.email} cannot log in: {_refusal(answer)}")
        self._token = _read(answer, _Tokens).access_token


class ServerClient:
    """One signed-in user of one server; every failure comes as a `Failure`."""

    def __init__(self, server: str, credentials: Credentials) -> None:
        self._server = server
        self._http = httpx.Client(
            base_url=server, auth=_Login(credentials), timeout=TIMEOUT_S, follow_redirects=True
        )

    def close(self) -> None:
        self._http.close()

    def find_challenge(self, slug: str) -> Challenge:
        """The open challenge of that slug."""
        cursor: str | None = None
        while True:
            query = {"q": slug, "limit": "100"} | ({"cursor": cursor} if cursor else {})
            page = _read(self._get("/candidate/challenges", query), ChallengePage)
            for challenge in page.items:
                if challenge.slug == slug:
                    return challenge
            if page.next_cursor is None:
                raise Failure(f"there is no challenge {slug!r} on {self._server}")
            cursor = page.next_cursor

    def submit(
        self, challenge: Challenge, language: str, files: Sequence[tuple[str, str]]
    ) -> Submission:
        """Hand in one program, given as names and contents of its files."""
        body: dict[str, object] = {"challenge_id": challenge.id, "language": language}
        if len(files) == 1:
            body["source"] = files[0][1]
        else:
            body["files"] = [{"name": name, "content": content} for name, content in files]
        try:
            answer = self._http.post("/candidate/submissions", json=body)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        return _read(answer, Submission)

    def submission(self, submission_id: str) -> Submission:
        return _read(self._get(f"/candidate/submissions/{submission_id}"), Submission)

    def events(self, submission_id: str, after: str) -> Iterator[Event]:
        """What happens after the event of that id, until the server ends the stream."""
        path = f"/candidate/submissions/{submission_id}/events"
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
        try:
            with self._http.stream("GET", path, headers=headers, timeout=STREAM_TIMEOUT_S) as got:
                if got.status_code >= _ERRORS:
                    got.read()
                    raise Failure(_refusal(got))
                yield from read_events(got.iter_lines())
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout):
            return  # broken off: whoever reads comes again
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def _get(self, path: str, query: dict[str, str] | None = None) -> httpx.Response:
        try:
            return self._http.get(path, params=query)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: httpx.HTTPError) -> Failure:
        return Failure(f"no answer from {self._server}: {str(error) or type(error).__name__}")


def _read(answer: httpx.Response, kind: type[_Read]) -> _Read:
    if answer.status_code >= _ERRORS:
        raise Failure(_refusal(answer))
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError:
        raise Failure(f"{answer.url} does not answer as an Assay server does") from None


def _refusal(answer: httpx.Response) -> str:
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    fields = ", ".join(f"{error.pointer} {error.detail}" for error in problem.errors)
    told = fields or problem.detail or problem.error_description or problem.title or problem.error
    return f"{told.rstrip('.') or answer.reason_phrase} (HTTP {answer.status_code})"
