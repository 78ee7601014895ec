"""What is known of a Judge0: told at once, found out in the background, never believed blindly."""

import asyncio
import gzip
from datetime import timedelta

import pytest

from adapters.judge0.following import Pace
from application.ports.judge import JudgeUnavailable
from domain.language import Language
from tests.adapters.judge0.judging import Hands, job, judge0, outputs, until
from tests.services.judge0 import Asked, Outcome
from tests.services.moody import Mood, Reply, as_json

LATER = timedelta(minutes=11)
PATIENT = Pace(request_s=60, answer_s=60)
SOON_S = 15
"""Whatever a busy machine adds: who waited for the server would wait for a minute."""


async def _at_once(hands: Hands) -> tuple[Language, ...]:
    async with asyncio.timeout(SOON_S):
        return await hands.judge.languages()


def _hang(hands: Hands, mood: Mood = Mood.SILENT_AFTERWARDS) -> None:
    hands.server.instead.extend([("GET /languages", mood)] * 10)


# --- nobody waits for what is known ------------------------------------------------------------


@pytest.mark.parametrize("mood", [Mood.SILENT_AFTERWARDS, Mood.DRIPPING, Mood.CUT])
async def test_what_is_known_is_told_at_once_while_the_server_hangs(mood: Mood) -> None:
    async with judge0(pace=PATIENT) as hands:
        known = await hands.judge.languages()
        hands.clock.advance(LATER)
        _hang(hands, mood)
        assert [await _at_once(hands) for _ in range(5)] == [known] * 5


async def test_many_who_ask_at_once_cause_one_look() -> None:
    async with judge0(pace=PATIENT) as hands:
        await hands.judge.languages()
        hands.clock.advance(LATER)
        _hang(hands)
        for _ in range(5):
            await _at_once(hands)
        await until(lambda: len(hands.server.requests("GET /languages")) == 2)
        assert len(hands.server.requests("GET /languages")) == 2


async def test_what_has_changed_is_told_after_the_look() -> None:
    async with judge0() as hands:
        known = await hands.judge.languages()
        hands.clock.advance(LATER)
        hands.server.languages = {71: "Python (3.8.1)"}
        assert await hands.judge.languages() == known
        assert outputs(await hands.events(job(b"1"))) == [b"1"]  # it waits for the look
        assert [language.id for language in await hands.judge.languages()] == ["python3"]


async def test_a_caller_who_goes_away_takes_nothing_with_him() -> None:
    async with judge0(pace=PATIENT) as hands:
        known = await hands.judge.languages()
        hands.clock.advance(LATER)
        _hang(hands)
        asking = asyncio.create_task(hands.events(job(b"1")))
        await until(lambda: len(hands.server.requests("GET /languages")) == 2)
        asking.cancel()
        await asyncio.wait({asking})
        assert await _at_once(hands) == known


async def test_who_knows_nothing_waits_for_a_second() -> None:
    async with judge0(pace=PATIENT) as hands:
        _hang(hands)
        async with asyncio.timeout(SOON_S):
            with pytest.raises(JudgeUnavailable, match="does not answer in time"):
                await hands.judge.languages()


async def test_closing_ends_a_look() -> None:
    async with judge0(pace=PATIENT) as hands:
        await hands.judge.languages()
        hands.clock.advance(LATER)
        _hang(hands)
        await hands.judge.languages()
        async with asyncio.timeout(SOON_S):
            await hands.judge.close()
        assert len(asyncio.all_tasks()) <= 1 + len(hands.server.tasks)


async def test_an_answer_that_drips_is_given_up_as_a_whole() -> None:
    async with judge0(pace=Pace(request_s=60, answer_s=0.3)) as hands:
        await hands.judge.languages()
        hands.server.instead.append(("POST", Mood.DRIPPING))
        async with asyncio.timeout(SOON_S):
            assert outputs(await hands.events(job(b"1"))) == [b"1"]
        assert hands.clock.naps[0] == 1


async def test_the_start_tries_for_the_whole_half_minute() -> None:
    async with judge0() as hands:
        hands.server.instead.extend([("GET", Mood.CUT)] * 5)
        await hands.judge.start()
        assert sum(hands.clock.naps) == pytest.approx(30)


# --- no answer is too large --------------------------------------------------------------------


async def test_an_answer_without_an_end_is_not_read_to_its_end() -> None:
    async with judge0() as hands:
        hands.server.instead.append(("GET /languages", Reply(body=b" " * (5 << 20))))
        with pytest.raises(JudgeUnavailable, match="more than 4 MiB"):
            await hands.judge.languages()


async def test_a_packed_answer_is_not_unpacked() -> None:
    packed = Reply(body=gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"})
    async with judge0() as hands:
        hands.server.instead.append(("GET /languages", packed))
        with pytest.raises(JudgeUnavailable, match="packed"):
            await hands.judge.languages()
        assert hands.server.heard[0].headers["accept-encoding"] == "identity"


async def test_outputs_that_are_too_much_together_are_fetched_in_parts() -> None:
    async def execute(_asked: Asked) -> Outcome:
        return Outcome(stdout=b"1", stderr=b"e" * (17 << 20))

    async with judge0(execute, pace=Pace(request_s=20)) as hands:
        events = await hands.events(job(*[b"1"] * 4))
    assert outputs(events) == [b"1"] * 4


# --- nor is what it says of itself believed -----------------------------------------------------


@pytest.mark.parametrize(
    "strange",
    [
        {"max_max_file_size": 0},
        {"max_max_file_size": -1},
        {"max_memory_limit": 0},
        {"max_cpu_time_limit": -1.0},
        {"max_wall_time_limit": "much"},
        {"max_stack_limit": None},
    ],
)
async def test_a_server_that_allows_nothing_is_no_judge(strange: dict[str, object]) -> None:
    async with judge0() as hands:
        hands.server.config |= strange
        with pytest.raises(JudgeUnavailable, match=next(iter(strange))):
            await hands.judge.languages()


@pytest.mark.parametrize("size", [0, -5])
async def test_without_a_size_of_batches_there_are_none(size: int) -> None:
    async with judge0() as hands:
        hands.server.config["max_submission_batch_size"] = size
        assert outputs(await hands.events(job(b"1", b"2"))) == [b"1", b"2"]
        assert not hands.server.requests("POST /submissions/batch")


async def test_a_name_of_thousands_of_digits_is_no_language() -> None:
    async with judge0() as hands:
        hands.server.languages = {1: f"Python ({'3' * 5_000})", 71: "Python (3.8.1)"}
        assert [language.version for language in await hands.judge.languages()] == ["3.8.1"]


async def test_an_error_as_an_answer_is_kept_short() -> None:
    async with judge0() as hands:
        hands.server.instead.append(("GET", as_json(400, {"error": "x" * (1 << 20)})))
        with pytest.raises(JudgeUnavailable) as refusal:
            await hands.judge.languages()
        assert len(refusal.value.reason) < 500
