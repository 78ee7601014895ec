"""A Judge0 to test against: the contract of release 1.13.1 on a port of loopback, and its moods.

What a submission comes to is told by whoever makes it: the sandbox of this machine, or the test.
"""

import asyncio
import base64
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from tests.services.moody import Heard, Json, MoodyServer, Reply, as_json

LANGUAGES: Mapping[int, str] = {
    45: "Assembly (NASM 2.14.02)",
    46: "Bash (5.0.0)",
    48: "C (GCC 7.4.0)",
    50: "C (GCC 9.2.0)",
    75: "C (Clang 7.0.1)",
    54: "C++ (GCC 9.2.0)",
    62: "Java (OpenJDK 13.0.1)",
    70: "Python (2.7.17)",
    71: "Python (3.8.1)",
    89: "Multi-file program",
}
CONFIG: Json = {
    "enable_wait_result": False,
    "enable_compiler_options": True,
    "allowed_languages_for_compile_options": [],
    "enable_callbacks": True,
    "enable_additional_files": True,
    "max_queue_size": 100,
    "max_cpu_time_limit": 15.0,
    "max_cpu_extra_time": 5.0,
    "max_wall_time_limit": 20.0,
    "max_memory_limit": 512_000,
    "max_stack_limit": 128_000,
    "max_max_processes_and_or_threads": 120,
    "max_max_file_size": 4_096,
    "enable_batched_submissions": True,
    "max_submission_batch_size": 20,
    "submission_cache_duration": 1.0,
}
_RANGES = {
    "cpu_time_limit": (0.0, "max_cpu_time_limit"),
    "cpu_extra_time": (0.0, "max_cpu_extra_time"),
    "wall_time_limit": (1.0, "max_wall_time_limit"),
    "memory_limit": (2_048.0, "max_memory_limit"),
    "stack_limit": (0.0, "max_stack_limit"),
    "max_processes_and_or_threads": (1.0, "max_max_processes_and_or_threads"),
    "max_file_size": (0.0, "max_max_file_size"),
}
_ENCODED = ("stdout", "stderr", "compile_output", "message")
_SWITCHES = {
    "compiler_options": "enable_compiler_options",
    "callback_url": "enable_callbacks",
    "additional_files": "enable_additional_files",
}
_DEFAULT = ["stdout", "time", "memory", "stderr", "token", "compile_output", "message", "status"]
_FIELDS = {*_DEFAULT, "status_id", "wall_time", "exit_code", "exit_signal", "language_id"}
_LINE = 60
_IN_QUEUE, _PROCESSING = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One submission as it was handed in, its texts decoded."""

    language_id: int
    source: bytes
    stdin: bytes
    files: bytes
    fields: Json

    def number(self, name: str) -> float:
        return float(str(self.fields[name]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a submission comes to, as Judge0 keeps it."""

    status_id: int = 3
    stdout: bytes = b""
    stderr: bytes = b""
    compile_output: bytes = b""
    message: bytes = b""
    time: str | None = "0.011"
    wall_time: str | None = "0.052"
    memory: int | None = 3_000
    exit_code: int | None = 0
    exit_signal: int | None = None


Execute = Callable[[Asked], Awaitable[Outcome]]


@dataclass(slots=True, kw_only=True)
class _Ticket:
    asked: Asked
    status_id: int = _IN_QUEUE
    outcome: Outcome | None = None


class Refused(Exception):
    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.reply = as_json(status, {"error": error})


class Judge0StandIn(MoodyServer):
    """`config` and `languages` may be changed at any time.

    `losses` of the next submissions are taken and forgotten.
    """

    def __init__(self, execute: Execute, *, token: str | None = None, workers: int = 4) -> None:
        super().__init__()
        self.execute = execute
        self.token = token
        self.languages = dict(LANGUAGES)
        self.config = dict(CONFIG)
        self.losses = 0
        self.refuses_callbacks = False
        self.taken: list[Asked] = []
        self._workers = asyncio.Semaphore(workers)
        self._tickets: dict[str, _Ticket] = {}
        self._seen: dict[str, tuple[float, Reply]] = {}

    def reply(self, heard: Heard) -> Reply:
        if self.token is not None and heard.headers.get("x-auth-token") != self.token:
            return Reply(status=401)
        try:
            return self._routed(heard)
        except Refused as refused:
            return refused.reply

    def _routed(self, heard: Heard) -> Reply:
        match (heard.method, *heard.path.strip("/").split("/")):
            case ("POST", "submissions", "batch"):
                return self._create_batch(heard)
            case ("POST", "submissions"):
                return self._create_one(heard)
            case ("GET", "submissions", "batch"):
                return self._look_at_batch(heard)
            case ("GET", "submissions", token):
                return self._look_at_one(token, heard)
            case ("GET", name):
                return self._fact(name)
            case _:
                return _NOT_FOUND

    def _fact(self, name: str) -> Reply:
        facts: Json = {
            "languages": [{"id": n, "name": name} for n, name in self.languages.items()],
            "config_info": self.config,
            "about": {"version": "1.13.1"},
        }
        return as_json(200, facts[name]) if name in facts else _NOT_FOUND

    # --- submissions in ---

    def _create_one(self, heard: Heard) -> Reply:
        self._check_room(1)
        made = self._created(heard.json(), heard)
        return as_json(201 if "token" in made else 422, made)

    def _create_batch(self, heard: Heard) -> Reply:
        given = heard.json()["submissions"]
        assert isinstance(given, list)
        self._check_batch(given)
        self._check_room(len(given))
        made = [self._created(one, heard) for one in given]
        return as_json(201 if any("token" in one for one in made) else 422, made)

    def _check_batch(self, items: Sequence[object]) -> None:
        if not self.config["enable_batched_submissions"]:
            raise Refused(400, "batched submissions are not allowed")
        most = self.config["max_submission_batch_size"]
        assert isinstance(most, int)
        if len(items) > most:
            raise Refused(
                400, f"number of submissions in a batch should be less than or equal to {most}"
            )
        if not items:
            raise Refused(400, "there should be at least one submission in a batch")

    def _check_room(self, more: int) -> None:
        waiting = sum(ticket.status_id == _IN_QUEUE for ticket in self._tickets.values())
        if waiting + more > int(str(self.config["max_queue_size"])):
            raise Refused(503, "queue is full")

    def _created(self, given: Json, heard: Heard) -> Json:
        wrong = self._complaints(given)
        if wrong:
            return wrong
        text = _decoded if heard.query.get("base64_encoded") == "true" else _as_bytes
        asked = Asked(
            language_id=int(str(given["language_id"])),
            source=text(given["source_code"]),
            stdin=text(given.get("stdin")),
            files=_decoded(given.get("additional_files")),
            fields=given,
        )
        self.taken.append(asked)
        token = str(uuid.uuid4())
        if self.losses:
            self.losses -= 1
        else:
            ticket = self._tickets[token] = _Ticket(asked=asked)
            task = asyncio.create_task(self._work(token, ticket))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return {"token": token}

    def _complaints(self, given: Json) -> Json:
        wrong: Json = {}
        language = given.get("language_id")
        if language not in self.languages:
            wrong["language_id"] = [f"language with id {language} doesn't exist"]
        for name, (least, setting) in _RANGES.items():
            value, most = float(str(given.get(name, least))), float(str(self.config[setting]))
            if value < least:
                wrong[name] = [f"must be greater than or equal to {least}"]
            if value > most:
                wrong[name] = [f"must be less than or equal to {most}"]
        for name, setting in _SWITCHES.items():
            if given.get(name) is not None and not self.config[setting]:
                wrong[name] = [f"setting {name.replace('_', ' ')} is not allowed"]
        if self.refuses_callbacks and "callback_url" in given:
            wrong["callback_url"] = [f"{given['callback_url']} is not wanted"]
        return wrong

    async def _work(self, token: str, ticket: _Ticket) -> None:
        async with self._workers:
            ticket.status_id = _PROCESSING
            outcome = await self.execute(ticket.asked)
        ticket.outcome, ticket.status_id = outcome, outcome.status_id
        address = ticket.asked.fields.get("callback_url")
        if isinstance(address, str):
            body = _shown(token, ticket, _DEFAULT, encode=True)
            async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
                with contextlib.suppress(httpx.HTTPError):
                    await client.put(address, json=body)

    # --- submissions out ---

    def _look_at_batch(self, heard: Heard) -> Reply:
        tokens = heard.query["tokens"].split(",")
        self._check_batch(tokens)
        fields, encode = _wanted(heard)
        found = [self._tickets.get(token) for token in tokens]
        shown = [
            ticket and _shown(token, ticket, fields, encode=encode)
            for token, ticket in zip(tokens, found, strict=True)
        ]
        return as_json(200, {"submissions": shown})

    def _look_at_one(self, token: str, heard: Heard) -> Reply:
        """As it was a moment ago: Judge0 keeps such answers for a while."""
        now = asyncio.get_running_loop().time()
        key = f"{token} {sorted(heard.query.items())}"
        seen_at, reply = self._seen.get(key, (float("-inf"), Reply()))
        if now - seen_at < float(str(self.config["submission_cache_duration"])):
            return reply
        if token not in self._tickets:
            return _NOT_FOUND
        fields, encode = _wanted(heard)
        reply = as_json(200, _shown(token, self._tickets[token], fields, encode=encode))
        self._seen[key] = (now, reply)
        return reply


_NOT_FOUND = as_json(404, {"status": 404, "error": "Not Found"})


def _wanted(heard: Heard) -> tuple[list[str], bool]:
    fields = heard.query["fields"].split(",") if "fields" in heard.query else list(_DEFAULT)
    unknown = [name for name in fields if name not in _FIELDS]
    if unknown:
        raise Refused(400, f"invalid fields: [{', '.join(unknown)}]")
    return fields, heard.query.get("base64_encoded") == "true"


def _shown(token: str, ticket: _Ticket, fields: Sequence[str], *, encode: bool) -> Json:
    outcome = ticket.outcome
    values: Json = {
        "token": token,
        "status_id": ticket.status_id,
        "status": {"id": ticket.status_id},
        "language_id": ticket.asked.language_id,
    }
    values |= {name: getattr(outcome, name, None) for name in _FIELDS - values.keys()}
    values |= {name: _text(getattr(outcome, name, b""), encode=encode) for name in _ENCODED}
    return {name: values[name] for name in fields}


def _text(data: bytes, *, encode: bool) -> str | None:
    """Nothing is null; encoded it comes in lines of 60 characters, with one more line end."""
    if not data:
        return None
    if encode:
        text = base64.b64encode(data).decode()
        lines = (text[start : start + _LINE] for start in range(0, len(text), _LINE))
        return "".join(f"{line}\n" for line in lines)
    if not data.isascii():
        raise Refused(
            400,
            "some attributes for one or more submissions cannot be converted to UTF-8, "
            "use base64_encoded=true query parameter",
        )
    return data.decode()


def _decoded(text: object) -> bytes:
    return base64.b64decode(str(text or ""))


def _as_bytes(text: object) -> bytes:
    return str(text or "").encode()
