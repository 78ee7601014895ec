"""Being watched disturbs nothing: every adapter of `Telemetry` keeps this contract."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from application.ports.blob_store import BlobNotFound
from application.ports.storage import StoreUnavailable
from application.ports.submissions import LeaseLost
from application.ports.task_queue import QueueUnavailable
from application.ports.telemetry import Telemetry, failure_kind
from domain.errors import EmailTaken
from domain.ids import BlobKey, LanguageId
from domain.judgement import Verdict
from tests.contracts import values
from tests.contracts.telemetry_adapters import TELEMETRIES, claim_of


@pytest.fixture(params=TELEMETRIES)
async def telemetry(request: pytest.FixtureRequest) -> AsyncIterator[Telemetry]:
    telemetry = TELEMETRIES[request.param]()
    yield telemetry
    await telemetry.close()


async def test_a_whole_judging_is_followed(telemetry: Telemetry) -> None:
    with telemetry.judging(claim_of(values.submission())) as judging:
        judging.prepared()
        with telemetry.dependency("s3", "get"):
            judging.compiled()
        judging.tested(values.judged())
        with judging.settling(values.judgement()):
            await asyncio.sleep(0)


async def test_a_judging_may_end_at_any_step(telemetry: Telemetry) -> None:
    with telemetry.judging(claim_of(values.submission())) as handed_back:
        handed_back.prepared()
        handed_back.handed_back("no sandbox")

    with pytest.raises(LeaseLost), telemetry.judging(claim_of(values.submission())) as judging:
        judging.prepared()
        with judging.settling(values.judgement(verdict=Verdict.COMPILE_ERROR)):
            raise LeaseLost


@pytest.mark.parametrize("error", [StoreUnavailable("MySQL"), ValueError("x"), KeyError("y")])
async def test_what_goes_wrong_inside_goes_through(telemetry: Telemetry, error: Exception) -> None:
    with pytest.raises(type(error)) as in_call, telemetry.dependency("mysql", "read"):
        raise error
    with pytest.raises(type(error)) as in_request, telemetry.request("GET", traceparent=None):
        raise error
    with pytest.raises(type(error)) as in_hand, telemetry.handing_in(values.submission()):
        raise error
    with pytest.raises(type(error)) as in_judging, telemetry.judging(claim_of(values.run())):
        raise error

    assert {id(raised.value) for raised in (in_call, in_request, in_hand, in_judging)} == {
        id(error)
    }


async def test_a_cancellation_goes_through(telemetry: Telemetry) -> None:
    entered = asyncio.Event()

    async def judge() -> None:
        with telemetry.judging(claim_of(values.submission())) as judging:
            judging.prepared()
            with telemetry.dependency("judge0", "poll"):
                entered.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(judge())
    await entered.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_many_things_may_go_on_at_once(telemetry: Telemetry) -> None:
    async def judge(name: str) -> str:
        with telemetry.judging(claim_of(values.submission(name))) as judging:
            for ordinal in range(1, 4):
                await asyncio.sleep(0)
                judging.tested(values.judged(ordinal))
        return name

    names = [f"s{number}" for number in range(20)]

    assert await asyncio.gather(*map(judge, names)) == names


@pytest.mark.parametrize("text", values.AWKWARD_TEXTS)
async def test_what_clients_make_up_is_no_trouble(telemetry: Telemetry, text: str) -> None:
    with telemetry.request("GET", traceparent=text) as request:
        request.answered(route="/", status=200)
    with telemetry.handing_in(values.submission(text, language=LanguageId(text))):
        await asyncio.sleep(0)


async def test_ten_thousand_tests_are_no_trouble(telemetry: Telemetry) -> None:
    with telemetry.judging(claim_of(values.submission())) as judging:
        for ordinal in range(1, 10_001):
            judging.tested(values.judged(ordinal))


async def test_after_its_close_it_is_still_no_trouble(telemetry: Telemetry) -> None:
    await telemetry.close()
    await telemetry.close()

    with telemetry.handing_in(values.submission()), telemetry.dependency("redis", "send"):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (None, None),
        (StoreUnavailable("MySQL"), "unavailable"),
        (QueueUnavailable(), "unavailable"),
        (ConnectionResetError(), "unavailable"),
        (TimeoutError(), "timeout"),
        (KeyError("programming"), "unforeseen"),
        (BlobNotFound(BlobKey("0")), None),
        (LeaseLost(), None),
        (EmailTaken(), None),
        (asyncio.CancelledError(), None),
        (GeneratorExit(), None),
    ],
)
def test_an_answer_is_no_failure(error: BaseException | None, kind: str | None) -> None:
    assert failure_kind(error) == kind


def test_an_outage_that_came_of_waiting_in_vain_is_a_timeout() -> None:
    outage = StoreUnavailable("MongoDB")
    outage.__cause__ = TimeoutError()

    assert failure_kind(outage) == "timeout"
