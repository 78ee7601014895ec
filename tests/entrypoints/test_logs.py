"""Lines of log: what is on each, who is heard, and what is never written."""

import asyncio
import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
from aiobotocore.session import get_session
from pymongo import AsyncMongoClient
from redis.asyncio import Redis
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.telemetry.logged import LoggedTelemetry
from domain.judgement import Verdict
from entrypoints.logs import configure_logs
from entrypoints.scrubbing import scrubbed, scrubbed_value
from tests.contracts import values
from tests.contracts.telemetry_adapters import claim_of
from tests.services.mysql import mysql_url
from tests.services.redis import redis_url
from tests.services.s3 import s3

Lines = Callable[[], list[dict[str, Any]]]
WRONG = "pa55-w0rd"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log as it is written where there is no terminal."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    pika = logging.getLogger("pika")
    pika_level = pika.level
    pika.setLevel(logging.NOTSET)  # whoever has used the queue's adapter has silenced it
    stream = io.StringIO()
    configure_logs(stream)

    def written() -> list[dict[str, Any]]:
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield written
    root.handlers = handlers
    root.setLevel(level)
    pika.setLevel(pika_level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mysql://assay:pa55@db/x is away", "mysql://assay:***@db/x is away"),
        ("redis://:pa55@cache:6379/0", "redis://:***@cache:6379/0"),
        ("amqp://u:p%40ss@h and mongodb://v:q@i", "amqp://u:***@h and mongodb://v:***@i"),
        ("mysql+asyncmy://u:p@ss:w/rd@h/db", "mysql+asyncmy://u:***@h/db"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: ***"),
        (f"the token {JWT} is old", "the token *** is old"),
        ("sasl_plain_password='it is', x=1", "sasl_plain_password=***, x=1"),
        ('{"api_key": "it"}', '{"api_key": ***}'),
        ("GET /b?X-Amz-Signature=abc&x=1", "GET /b?X-Amz-Signature=***&x=1"),
        ("SECRET_KEY=abcdef", "SECRET_KEY=***"),
        (
            "(Error) no\n[SQL: INSERT (?)]\n[parameters: ('print(1)]\\n', 2)]\n(more)",
            "(Error) no\n[SQL: INSERT (?)]\n[parameters: ***]\n(more)",
        ),
        ("https://t0ken@judge0.example/x", "https://***@judge0.example/x"),
        ("authorization: Token abc def", "authorization: ***"),
        ("[(b'x-auth-token', b'it')]", "[(b'x-auth-token', b***)]"),
        ("(b'authorization', b'Bearer it')", "(b'authorization', b***)"),
        ("('password', 'it')", "('password', ***)"),
        ("AWS_ACCESS_KEY=AKIA and", "AWS_ACCESS_KEY=*** and"),
        ("MONGO_URI='it is'", "MONGO_URI=***"),
        ("CREATE USER a IDENTIFIED BY 'it'", "CREATE USER a IDENTIFIED BY ***"),
        ("hash $argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA is", "hash *** is"),
        ("{'X-RapidAPI-Key': 'it'}", "{'X-RapidAPI-Key': ***}"),
        ("http://127.0.0.1:8000/health by a@b", "http://127.0.0.1:8000/health by a@b"),
        ("3 tokens, a secret, no password", "3 tokens, a secret, no password"),
    ],
)
def test_secrets_are_told_by_their_places(text: str, clean: str) -> None:
    assert scrubbed(text) == clean


@pytest.mark.parametrize(
    "piece", ["a", "eyJ-", "token", "x://", "://a:", "password=", "[parameters: ", "Bearer "]
)
def test_a_long_text_takes_no_time(piece: str) -> None:
    started = time.process_time()

    scrubbed(piece * 100_000)

    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "name",
    ["api_key", "API-KEY", "passwd", "Secret", "X-Auth-Token", "x_auth_token", "refresh_token",
     "Authorization", "Set-Cookie", "X-RapidAPI-Key"],
)  # fmt: skip
def test_a_field_is_secret_by_its_name(name: str) -> None:
    assert scrubbed_value({name: "it"}) == {name: "***"}
    assert scrubbed_value([(name.encode(), b"it")]) == [[name, "***"]]


@pytest.mark.parametrize("name", ["tokens", "key", "passwords_hashed", "secretary", "task_id"])
def test_a_field_is_not_secret_for_a_likeness(name: str) -> None:
    assert scrubbed_value({name: "it"}) == {name: "it"}


def test_a_line_is_json_with_its_ids(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("entrypoints.http").info("request", route="/x", ms=1.5)

    (line,) = lines()
    assert line["timestamp"].endswith("Z")
    del line["timestamp"]
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "entrypoints.http",
        "request_id": "r1",
        "route": "/x",
        "ms": 1.5,
    }


@pytest.mark.parametrize(
    "library",
    ["aiokafka.conn", "alembic.runtime", "asyncmy", "botocore.auth", "dramatiq.worker", "pika",
     "pymongo.command", "sqlalchemy.engine", "uvicorn.error"],
)  # fmt: skip
def test_of_libraries_only_warnings_are_heard_and_in_the_same_shape(
    lines: Lines, library: str
) -> None:
    logger = logging.getLogger(library)
    logger.info("chatter")
    with structlog.contextvars.bound_contextvars(submission_id="s1"):
        logger.warning("lost %s", "mysql://u:pa55@db")

    (line,) = lines()
    assert (line["event"], line["logger"], line["level"], line["submission_id"]) == (
        "lost mysql://u:***@db", library, "warning", "s1",
    )  # fmt: skip


def test_exceptions_are_scrubbed_whoever_logs_them(lines: Lines) -> None:
    def fail() -> None:
        raise ConnectionError("cannot reach amqp://u:pa55@mq") from OSError("token=pa55")

    for log in (logging.getLogger("pika"), structlog.get_logger("entrypoints.x")):
        try:
            fail()
        except ConnectionError as error:
            log.exception("it failed")
            log.warning("again: %r", error, exc_info=error)

    told = json.dumps(lines())
    assert told.count("Traceback") >= 4
    assert "amqp://u:***@mq" in told
    assert "pa55" not in told


def test_fields_are_scrubbed_however_deep(lines: Lines) -> None:
    structlog.get_logger("entrypoints.x").warning(
        "it",
        password="pa55",  # noqa: S106 - of nobody
        given={"Cookie": "pa55", "urls": ["redis://:pa55@r"]},
        error=ValueError("token=pa55"),
    )

    told = json.dumps(lines())
    assert "redis://:***@r" in told
    assert "pa55" not in told


def test_a_task_that_nobody_awaited_is_heard_and_scrubbed(lines: Lines) -> None:
    async def fail() -> None:
        raise RuntimeError("mongodb://u:pa55@m")

    async def forget() -> None:
        task = asyncio.ensure_future(fail())
        await asyncio.wait({task})

    asyncio.run(forget())

    (line,) = lines()
    assert line["logger"] == "asyncio"
    assert "mongodb://u:***@m" in line["exception"]


def test_a_collector_that_is_away_is_one_line_a_minute(lines: Lines) -> None:
    for _ in range(100):
        logging.getLogger("opentelemetry.exporter.otlp").error("Failed to export")

    assert len(lines()) == 1


def test_while_a_submission_is_judged_every_line_bears_its_ids(lines: Lines) -> None:
    telemetry = LoggedTelemetry()

    with telemetry.judging(claim_of(values.submission("s1"), number=2, attempt=3)) as judging:
        logging.getLogger("botocore").warning("slow")
        with judging.settling(values.judgement(verdict=Verdict.WRONG_ANSWER)):
            pass
    structlog.get_logger("entrypoints.x").info("after")

    slow, judged, after = lines()
    ids = {"submission_id": "s1", "judgement": 2, "attempt": 3, "worker": "w1"}
    assert ids.items() <= slow.items()
    assert {**ids, "event": "judged", "verdict": "wrong_answer"}.items() <= judged.items()
    assert not ids.keys() & after.keys()


def test_a_request_and_its_submission_are_on_one_line(lines: Lines) -> None:
    with (
        structlog.contextvars.bound_contextvars(request_id="r1"),
        LoggedTelemetry().handing_in(values.submission("s1")),
    ):
        pass

    (line,) = lines()
    assert {"event": "handed in", "request_id": "r1", "submission_id": "s1"}.items() <= line.items()


def test_why_the_platform_failed_is_told_to_staff(lines: Lines) -> None:
    with LoggedTelemetry().judging(claim_of(values.submission("s1"))) as judging:
        judging.handed_back("no sandbox: redis://:pa55@r")

    (line,) = lines()
    assert (line["level"], line["reason"]) == ("warning", "no sandbox: redis://:***@r")


@pytest.mark.parametrize("driver", ["mysql", "redis", "mongodb", "s3"])
async def test_what_drivers_say_of_a_wrong_password_has_none_in_it(
    lines: Lines, driver: str
) -> None:
    try:
        await {"mysql": _mysql, "redis": _redis, "mongodb": _mongodb, "s3": _s3}[driver]()
    except Exception as error:
        logging.getLogger(driver).exception("cannot: %s", error)  # noqa: TRY401 - as libraries do

    (line,) = lines()
    assert "Traceback" in line["exception"]
    assert WRONG not in json.dumps(line)


async def _mysql() -> None:
    there = make_url(mysql_url()).set(drivername="mysql+asyncmy", password=WRONG)
    engine = create_async_engine(there)
    try:
        async with engine.connect():
            pass
    except Exception as error:
        text = there.render_as_string(hide_password=False)
        raise ConnectionError(f"{text} refuses") from error  # as one would, without a thought
    finally:
        await engine.dispose()


async def _redis() -> None:
    there = urlsplit(redis_url())
    client = Redis.from_url(f"redis://nobody:{WRONG}@{there.hostname}:{there.port}/0")
    try:
        await client.ping()
    except Exception as error:
        raise ConnectionError(f"{client!r} refuses password={WRONG}") from error
    finally:
        await client.aclose()


async def _mongodb() -> None:
    AsyncMongoClient(f"mongodb://assay:{WRONG}@127.0.0.1:27017:27017/?authSource=x")


async def _s3() -> None:
    there = s3()
    session = get_session()
    async with session.create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=there.url,
        aws_access_key_id=there.access_key,
        aws_secret_access_key=WRONG,
    ) as client:
        await client.list_buckets()
