"""HTTP with patience: what may be better the next time is asked again, the rest is told at once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

import httpx
import msgspec
import structlog

from adapters.judge0.faults import NotThere, TooMuch
from application.ports.clock import Clock
from application.ports.judge import JobRefused, JudgeUnavailable
from application.ports.telemetry import SILENT, Telemetry

_log = structlog.get_logger(__name__)

_FIRST_WAIT_S, _LEAST_WAIT_S, _LONGEST_WAIT_S = 1.0, 0.2, 30.0
_MOST_WITH_500_S = 60.0
"""A 500 may be about what was sent, and then no time heals it."""
_CONNECT_S = 5.0
_MOST_BYTES = 4 << 20
"""Of an answer that holds no outputs."""
_ANSWERS = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.UNPROCESSABLE_ENTITY})
_REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LONGEST_REASON = 300
_RAPID_API = ".rapidapi.com"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked, as `name` in a log; an answer has at most `most_bytes`."""

    method: str
    path: str
    name: str
    query: Mapping[str, str]
    body: bytes | None = None
    most_bytes: int = _MOST_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """Why there was no answer; when to ask again, where that was said; for how long at most."""

    reason: str
    wait_s: float | None = None
    most_s: float = float("inf")


class _Busy(JudgeUnavailable):
    """It answers that it cannot take requests now."""

    def __init__(self, trouble: _Trouble) -> None:
        super().__init__(trouble.reason)
        self.trouble = trouble


class _Words(msgspec.Struct):
    """What a Judge0, or the gateway before it, says of a refusal."""

    error: str = ""
    message: str = ""


def headers_for(host: str, api_key: str | None) -> dict[str, str]:
    """What goes with each request: the key as RapidAPI or as a Judge0 of one's own wants it."""
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # a few packed bytes can become gigabytes
        "User-Agent": "Assay",
    }
    if api_key and host.endswith(_RAPID_API):
        headers |= {"X-RapidAPI-Key": api_key, "X-RapidAPI-Host": host}
    elif api_key:
        headers["X-Auth-Token"] = api_key
    return headers


class PatientHttp:
    """One server. Nobody is connected to before the first question.

    Nothing that it raises or logs holds a key: not the one it sends, nor one in the address.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None,
        clock: Clock,
        *,
        request_s: float,
        answer_s: float,
        telemetry: Telemetry = SILENT,
    ) -> None:
        self._telemetry = telemetry
        self._url = httpx.URL(url)
        self._api_key = api_key
        self._clock = clock
        self._request_s = request_s
        self._answer_s = answer_s
        self._http: httpx.AsyncClient | None = None
        self._is_closed = False
        self._in_trouble: set[str] = set()

    @property
    def where(self) -> str:
        """Which server, in words for staff."""
        return f"Judge0 at {self._url.netloc.decode('ascii')}"

    def tellable(self, text: str) -> str:
        """What the server said, on one short line, without the key: it may repeat what it got."""
        line = " ".join(text.split())
        return (line.replace(self._api_key, "[key]") if self._api_key else line)[:_LONGEST_REASON]

    async def ask(self, request: Request, kind: type[Answer], *, patience_s: float) -> Answer:
        """The answer as a `kind`, also the one that says what is wrong with each item (422).

        Raises:
            NotThere: there is nothing by that name.
            JobRefused: it is larger than the server takes.
            TooMuch: the answer is larger than `request.most_bytes`.
            JudgeUnavailable: refused, or without an answer until patience was at its end.
        """
        began, wait_s = self._clock.now(), _FIRST_WAIT_S
        while True:
            answer = await self._try(request, kind)
            if not isinstance(answer, _Trouble):
                self._note_answer(request)
                return answer
            self._note_trouble(request, answer)
            waited_s = (self._clock.now() - began).total_seconds()
            left_s = min(patience_s, answer.most_s) - waited_s
            pause_s = min(wait_s, left_s) if answer.wait_s is None else answer.wait_s
            pause_s = max(_LEAST_WAIT_S, pause_s)
            if pause_s > left_s:
                raise JudgeUnavailable(f"{self.where} {answer.reason}, for {waited_s:.0f} s")
            await self._clock.sleep(pause_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def close(self) -> None:
        self._is_closed = True
        if self._http is not None:
            await self._http.aclose()

    # --- one try ---

    async def _try(self, request: Request, kind: type[Answer]) -> Answer | _Trouble:
        try:
            with self._telemetry.dependency("judge0", request.name):
                async with asyncio.timeout(self._answer_s):
                    response = await self._answer(request)
                self._raise_if_busy(response)
        except _Busy as busy:
            return busy.trouble
        except (httpx.TimeoutException, TimeoutError):
            return _Trouble(reason="does not answer in time")
        except httpx.RequestError as error:
            return _Trouble(reason=f"cannot be reached ({type(error).__name__})")
        except RuntimeError:
            if self._is_closed:  # while the question was under way
                raise JudgeUnavailable("the judge is closed") from None
            raise
        if response.status_code in _ANSWERS:
            return self._read(response, kind)
        raise self._refusal(request, response)

    async def _answer(self, request: Request) -> httpx.Response:
        """The answer with its whole body, which is not believed about its size."""
        async with self._client().stream(
            request.method,
            request.path,
            params=dict(request.query),
            content=request.body,
            headers={"Content-Type": "application/json"} if request.body else None,
        ) as head:
            if head.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
                raise JudgeUnavailable(f"{self.where} answers packed, which it was asked not to")
            body = bytearray()
            async for part in head.aiter_raw():
                body += part
                if len(body) > request.most_bytes:
                    most = f"{request.most_bytes >> 20} MiB"
                    raise TooMuch(f"{self.where} answers {request.name} with more than {most}")
        return httpx.Response(head.status_code, headers=head.headers, content=bytes(body))

    def _client(self) -> httpx.AsyncClient:
        if self._is_closed:
            raise JudgeUnavailable("the judge is closed")
        if self._http is None:
            url = self._url.copy_with(username=None, password=None)
            user, password = self._url.username, self._url.password
            self._http = httpx.AsyncClient(
                base_url=url,
                auth=(user, password) if user or password else None,
                headers=headers_for(url.host, self._api_key),
                timeout=httpx.Timeout(self._request_s, connect=min(self._request_s, _CONNECT_S)),
                trust_env=False,
            )
        return self._http

    def _read(self, response: httpx.Response, kind: type[Answer]) -> Answer | _Trouble:
        try:
            return msgspec.json.decode(response.content, type=kind, strict=False)
        except msgspec.ValidationError as error:
            raise JudgeUnavailable(f"{self.where} answers something else: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _Trouble(reason="answers what is not JSON")

    def _raise_if_busy(self, response: httpx.Response) -> None:
        status = response.status_code
        if status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS:
            return
        is_500 = status == HTTPStatus.INTERNAL_SERVER_ERROR
        raise _Busy(
            _Trouble(
                reason=f"cannot take requests ({self._words(response)})",
                wait_s=self._retry_after_s(response),
                most_s=_MOST_WITH_500_S if is_500 else float("inf"),
            )
        )

    def _refusal(self, request: Request, response: httpx.Response) -> Exception:
        status, words = response.status_code, self._words(response)
        if status in _REFUSALS:
            return JudgeUnavailable(f"{self.where} refuses the key that it is given ({words})")
        if status == HTTPStatus.NOT_FOUND:
            return NotThere(f"{self.where} has no such thing: {request.name} ({words})")
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return JobRefused(f"{self.where} does not take a program and an input so large")
        return JudgeUnavailable(f"{self.where} refuses {request.name} ({words})")

    def _words(self, response: httpx.Response) -> str:
        try:
            said = msgspec.json.decode(response.content, type=_Words)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = _Words()
        text = self.tellable(said.error or said.message)
        return f"{response.status_code} {text}".strip()

    def _retry_after_s(self, response: httpx.Response) -> float | None:
        text = response.headers.get("Retry-After", "").strip()
        if text.isdecimal():
            return float(text)
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (at - self._clock.now()).total_seconds()

    # --- logging, once an outage ---

    def _note_trouble(self, request: Request, trouble: _Trouble) -> None:
        if request.name not in self._in_trouble:
            self._in_trouble.add(request.name)
            _log.warning(
                "judge0 does not answer; asking again",
                judge=self.where,
                asked=request.name,
                reason=trouble.reason,
            )

    def _note_answer(self, request: Request) -> None:
        if request.name in self._in_trouble:
            self._in_trouble.discard(request.name)
            _log.info("judge0 answers again", judge=self.where, asked=request.name)
