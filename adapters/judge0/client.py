"""The routes of Judge0 that judging needs."""

from collections.abc import Sequence

import msgspec

from adapters.judge0.faults import NotThere, TooMuch
from adapters.judge0.http import Answer, PatientHttp, Request
from adapters.judge0.orders import Payload
from adapters.judge0.wire import About, Config, NamedLanguage, Result
from application.ports.judge import JobRefused, JudgeUnavailable

_MOST_RESULTS_BYTES = 64 << 20
"""Of one answer with outputs: four times what is fetched at once, as base64 and with the rest."""

PROGRESS = ("token", "status_id")
EVERYTHING = Result.__struct_fields__

_Made = dict[str, object]


class _Found(msgspec.Struct):
    submissions: list[Result | None]


class Judge0Client:
    """Every question may raise JudgeUnavailable, after `patience_s` where waiting may help."""

    def __init__(self, http: PatientHttp, *, patience_s: float) -> None:
        self._http = http
        self._patience_s = patience_s

    @property
    def where(self) -> str:
        return self._http.where

    async def facts(self, *, patience_s: float) -> tuple[list[NamedLanguage], Config]:
        """The languages and the settings, of a server that may be asked for less long."""
        languages = Request(method="GET", path="languages", name="GET /languages", query={})
        config = Request(method="GET", path="config_info", name="GET /config_info", query={})
        named = await self._http.ask(languages, list[NamedLanguage], patience_s=patience_s)
        said = await self._http.ask(config, Config, patience_s=patience_s)
        if said.impossible:
            raise JudgeUnavailable(f"{self.where} allows nothing: {', '.join(said.impossible)}")
        return named, said.within_reason()

    async def version(self) -> str:
        """Its release, in its own words; empty where it, or a gateway before it, does not say."""
        about = Request(method="GET", path="about", name="GET /about", query={})
        try:
            said = await self._http.ask(about, About, patience_s=0)
        except JudgeUnavailable:
            return ""
        return self._http.tellable(said.version)

    async def create(self, submissions: Sequence[Payload], *, batched: bool) -> list[str]:
        """The token of each. What was tried before an answer came may exist as well: unread.

        Raises:
            JobRefused: they are larger than it takes.
        """
        if batched:
            body = msgspec.json.encode({"submissions": submissions})
            try:
                made = await self._ask(_creation("submissions/batch", body), list[_Made])
            except JobRefused:
                if len(submissions) == 1:
                    raise
                alone = [await self.create([one], batched=True) for one in submissions]
                return [token for tokens in alone for token in tokens]
        else:
            bodies = [msgspec.json.encode(submission) for submission in submissions]
            made = [await self._ask(_creation("submissions", body), _Made) for body in bodies]
        if len(made) != len(submissions):
            raise JudgeUnavailable(f"{self._http.where} answered {len(made)} of {len(submissions)}")
        return [self._token(one) for one in made]

    async def look(
        self, tokens: Sequence[str], fields: Sequence[str], *, batched: bool
    ) -> list[Result | None]:
        """These fields of each, in that order; None for one that Judge0 does not know.

        Raises:
            TooMuch: one of them alone is larger than Judge0 can have been asked for.
        """
        if not batched:
            return [await self._look_at_one(token, fields) for token in tokens]
        try:
            return await self._look_at_all(tokens, fields)
        except TooMuch:
            if len(tokens) == 1:
                raise
        half = len(tokens) // 2
        first = await self.look(tokens[:half], fields, batched=True)
        return first + await self.look(tokens[half:], fields, batched=True)

    async def close(self) -> None:
        await self._http.close()

    async def _look_at_all(
        self, tokens: Sequence[str], fields: Sequence[str]
    ) -> list[Result | None]:
        query = _fields(fields) | {"tokens": ",".join(tokens)}
        name = "GET /submissions/batch"
        request = Request(
            method="GET",
            path="submissions/batch",
            name=name,
            query=query,
            most_bytes=_MOST_RESULTS_BYTES,
        )
        found = await self._ask(request, _Found)
        by_token = {one.token: one for one in found.submissions if one is not None}
        return [by_token.get(token) for token in tokens]

    async def _look_at_one(self, token: str, fields: Sequence[str]) -> Result | None:
        name, path = "GET /submissions/{token}", f"submissions/{token}"
        request = Request(
            method="GET",
            path=path,
            name=name,
            query=_fields(fields),
            most_bytes=_MOST_RESULTS_BYTES,
        )
        try:
            return await self._ask(request, Result)
        except NotThere:
            return None

    async def _ask(self, request: Request, kind: type[Answer]) -> Answer:
        return await self._http.ask(request, kind, patience_s=self._patience_s)

    def _token(self, made: _Made) -> str:
        token = made.get("token")
        if isinstance(token, str) and token:
            return token
        said = self._http.tellable(_complaints(made))
        raise NotTaken(f"{self._http.where} refuses a submission: {said}")


class NotTaken(JudgeUnavailable):
    """A submission does not fit: what was known of the server is out of date, or it is strange."""


def _creation(path: str, body: bytes) -> Request:
    query = {"base64_encoded": "true"}
    return Request(method="POST", path=path, name=f"POST /{path}", query=query, body=body)


def _fields(fields: Sequence[str]) -> dict[str, str]:
    return {"base64_encoded": "true", "fields": ",".join(fields)}


def _complaints(made: _Made) -> str:
    """The fields and what is wrong with them, but of the callback's address, which is secret."""
    said = {
        name: ", ".join(map(str, what)) if isinstance(what, list) else str(what)
        for name, what in made.items()
    }
    said |= dict.fromkeys({"callback_url"} & said.keys(), "is not taken")
    return "; ".join(f"{name} {what}" for name, what in said.items()) or "without a word"
