"""Judge0 calls back: a hint that anyone may give, and that tells nobody anything."""

import asyncio
import logging
from dataclasses import replace

import pytest
import structlog
from dependency_injector.providers import Object

from adapters.memory.clock import ManualClock
from adapters.telemetry.prometheus import PrometheusTelemetry
from application.ports.judge import JudgeCallbacks
from application.ports.rate_limiter import Allowance, RateLimiter, RatePolicy
from application.ports.storage import StoreUnavailable
from config.container import Container, close
from config.settings import load_settings
from entrypoints.http.app import create_app
from tests.adapters.judge0.judging import echo, events_of, job, outputs, until
from tests.entrypoints.http.house import OPTIONS, House, problem
from tests.services.judge0 import Judge0StandIn

PATH = "/judge0/callbacks/"
TOKEN = "n0b0dy-kn0ws-this-0ne"  # noqa: S105 - nobody does
LIMITED = replace(OPTIONS, rate_limits=True)


class Woken(JudgeCallbacks):
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.tokens: list[str] = []

    def wake(self, token: str) -> None:
        self.tokens.append(token)


class AbsentLimiter(RateLimiter):
    """Counts nothing, as it cannot be reached."""

    async def take(self, policy: RatePolicy, key: str) -> Allowance:
        raise StoreUnavailable("the limiter")

    async def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(
    "body", [b"", b'{"token": "x", "status": {"id": 3}}', b"\xff no JSON", b"x" * 300_000]
)
async def test_it_is_heard_whatever_it_sends(clock: ManualClock, body: bytes) -> None:
    woken = Woken()
    async with House(clock=clock, callbacks=woken) as house:
        answer = await house.anyone.put(PATH + TOKEN, content=body)

        assert (answer.status_code, answer.content) == (204, b"")
        assert woken.tokens == [TOKEN]


async def test_where_nobody_is_called_back_there_is_nothing(house: House) -> None:
    problem(await house.anyone.put(PATH + TOKEN), 404)


async def test_it_is_counted_as_others_whom_nobody_knows(clock: ManualClock) -> None:
    woken = Woken()
    async with House(clock=clock, options=LIMITED, callbacks=woken) as house:
        first = await house.anyone.put(PATH + TOKEN)
        for _ in range(1_199):
            await house.anyone.put(PATH + TOKEN)

        assert first.headers["ratelimit-policy"] == '"callback";q=1200;w=60'
        problem(await house.anyone.put(PATH + TOKEN), 429, "quota-exceeded")
        assert len(woken.tokens) == 1_200


async def test_no_token_is_in_the_log_nor_in_the_figures(
    clock: ManualClock, capfd: pytest.CaptureFixture[str]
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    async with House(clock=clock, options=LIMITED, callbacks=Woken()) as house:
        absent = replace(house.use_cases, rate_limiter=AbsentLimiter())
        answered = [await house.anyone.put(PATH + TOKEN)]
        house.app = create_app(absent, LIMITED)
        async with house.client() as client:
            answered.append(await client.put(PATH + TOKEN))

        assert [answer.status_code for answer in answered] == [204, 503]
        assert isinstance(house.figures, PrometheusTelemetry)
        told = "".join(capfd.readouterr()) + house.figures.text().decode()
        assert told.count(PATH + "{callback_token}") >= 3
        assert TOKEN not in told


async def test_a_server_that_judges_is_called_at_the_address_that_it_was_given(
    clock: ManualClock,
) -> None:
    """No time passes: without the call the job would wait for its next poll for ever."""
    async with Judge0StandIn(echo).serving() as server, Judge0StandIn(echo).serving() as heard:
        environment = {
            "ASSAY_HOME": ":memory:",
            "JUDGE0_URL": server.url,
            "ASSAY_PUBLIC_URL": heard.url,
            "SECRET_KEY": "k" * 32,
        }
        container = Container(settings=load_settings(environment=environment, dotenv=None))
        container.clock.override(Object(clock))
        async with House(clock=clock, callbacks=container.callbacks()) as house:
            work = asyncio.create_task(events_of(container.judge(), job(b"1")))
            await until(lambda: bool(heard.requests("PUT " + PATH)))
            (call,) = heard.requests("PUT")
            assert (await house.anyone.put(call.path)).status_code == 204
            assert outputs(await work) == [b"1"]
        await close(container)


@pytest.mark.parametrize("missing", ["JUDGE0_URL", "ASSAY_PUBLIC_URL", "its own queue"])
def test_else_nobody_is_called_back(missing: str) -> None:
    environment = {
        "ASSAY_HOME": ":memory:",
        "JUDGE0_URL": "http://judge0.example",
        "ASSAY_PUBLIC_URL": "https://assay.example",
        "SECRET_KEY": "k" * 32,
    }
    elsewhere = {
        "MYSQL_URI": "mysql://user:pass@db.example/assay",
        "AWS_BUCKET_NAME": "tests",
        "REDIS_URL": "redis://redis.example/0",
    }
    environment |= elsewhere if missing == "its own queue" else {missing: ""}
    settings = load_settings(environment=environment, dotenv=None)

    assert Container(settings=settings).callbacks() is None
