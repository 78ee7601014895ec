"""How a job is taken through Judge0: what is sent when, and in which order it is told."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.judge0.following import Pace
from adapters.judge0.judge import Callbacks, Judge0Judge
from adapters.memory.clock import ManualClock
from adapters.system.ids import SystemIds
from application.ports.judge import JudgeUnavailable
from domain.errors import LanguageNotOffered
from domain.run import Compilation, Run
from tests.adapters.judge0.judging import (
    always,
    compilation,
    echo,
    events_of,
    job,
    judge0,
    one_by_one,
    outputs,
    runs,
    until,
)
from tests.services.judge0 import Asked, Execute, Judge0StandIn, Outcome
from tests.services.moody import Json, Mood, Reply, as_json

BUSY = as_json(503, {"error": "queue is full"})
FAILED = Outcome(status_id=13, message=b"no cgroup")
NOT_COMPILED = Outcome(status_id=6, compile_output=b"line 1: no")


# --- order -------------------------------------------------------------------------------------


@given(st.permutations(range(7)))
async def test_whatever_finishes_first_the_tests_are_told_in_their_order(
    finishing: Sequence[int],
) -> None:
    contents = [str(n).encode() for n in range(8)]
    async with judge0(_finishing([0, *(n + 1 for n in finishing)])) as hands:
        events = await hands.events(job(*contents))
    assert isinstance(events[0], Compilation)
    assert outputs(events) == contents
    assert [run.ordinal for run in runs(events)] == list(range(1, 9))


@given(st.binary(max_size=2_000), st.binary(max_size=500))
async def test_any_bytes_come_back_as_they_were(given_bytes: bytes, complaint: bytes) -> None:
    async def execute(asked: Asked) -> Outcome:
        return Outcome(stdout=asked.stdin, stderr=complaint)

    async with judge0(execute) as hands:
        (run,) = runs(await hands.events(job(given_bytes)))
    assert (run.stdout, run.stderr) == (given_bytes, complaint)


async def test_the_first_test_goes_alone_and_the_others_a_few_at_a_time() -> None:
    async with judge0(pace=Pace(in_flight=3)) as hands:
        await hands.events(job(*[b"1"] * 12))
        sizes = [len(_items(one.json())) for one in hands.server.requests("POST")]
    assert sizes[0] == 1
    assert sum(sizes) == 12
    assert max(sizes[1:]) == 3


async def test_no_more_are_sent_at_once_than_the_server_takes_in_a_batch() -> None:
    async with judge0(pace=Pace(in_flight=10)) as hands:
        hands.server.config["max_submission_batch_size"] = 2
        contents = [str(n).encode() for n in range(9)]
        assert outputs(await hands.events(job(*contents))) == contents


async def test_a_server_without_batches_is_asked_one_by_one() -> None:
    async with judge0() as hands:
        hands.server.config |= {"enable_batched_submissions": False}
        hands.server.config |= {"submission_cache_duration": 0.05}
        events = await hands.events(job(b"1", b"2", b"3"))
        assert not hands.server.requests("POST /submissions/batch")
    assert outputs(events) == [b"1", b"2", b"3"]


async def test_large_inputs_are_sent_in_requests_of_a_few_mib() -> None:
    large = b"x" * (3 << 20)
    async with judge0(always(Outcome(stdout=b"ok"))) as hands:
        await hands.events(job(b"1", *[large] * 5))
        sizes = [len(_items(one.json())) for one in hands.server.requests("POST")]
    assert sum(sizes) == 6
    assert max(sizes) == 2


async def test_inputs_too_large_for_one_request_go_one_by_one() -> None:
    async with judge0() as hands:
        async with aclosing(hands.judge.judge(job(b"1", b"2", b"3"))) as events:
            told = [await anext(events)]
            hands.server.instead.append(("POST", Reply(status=413)))
            told += [event async for event in events]
        sizes = [len(_items(one.json())) for one in hands.server.requests("POST")]
    assert outputs(told) == [b"1", b"2", b"3"]
    assert sizes == [1, 2, 1, 1]


async def test_outputs_are_fetched_a_few_at_a_time_where_they_may_be_large() -> None:
    limits = replace(job().limits, output_kib=4_000)
    async with judge0() as hands:
        await hands.events(job(*[b"1"] * 11, limits=limits))
        looks = [one.query for one in hands.server.requests("GET /submissions/batch")]
    fetched = [q["tokens"].count(",") + 1 for q in looks if "stdout" in q["fields"]]
    assert sum(fetched) == 11
    assert max(fetched) <= 4


async def test_texts_travel_as_base64_and_nothing_is_compared_there() -> None:
    async with judge0() as hands:
        await hands.events(job(b"1", b"2"))
        posts = hands.server.requests("POST")
        looks = hands.server.requests("GET /submissions")
        fields = [asked.fields for asked in hands.server.taken]
    assert {one.query["base64_encoded"] for one in (*posts, *looks)} == {"true"}
    assert all("*" not in one.query["fields"] for one in looks)
    assert not any("expected_output" in one for one in fields)


async def test_polls_become_slower_while_nothing_happens() -> None:
    async with judge0() as hands:
        hands.server.execute = _after_looks(hands.server, 9)
        await hands.events(job(b"1"))
        naps = hands.clock.naps
    assert naps[0] == 0.2
    assert naps == sorted(naps)
    assert naps[-1] == 2.0


async def test_a_generator_that_is_closed_asks_nothing_more() -> None:
    async with judge0() as hands:
        async with aclosing(hands.judge.judge(job(*[b"1"] * 100))) as events:
            await anext(events)
            await anext(events)
        heard = len(hands.server.heard)
        assert len(hands.server.taken) == 1
        assert outputs(await hands.events(job(b"next"))) == [b"next"]
        assert len(hands.server.requests("GET /languages")) == 1
    assert heard < 10


async def test_a_program_without_inputs_is_compiled_by_running_it_on_nothing() -> None:
    async with judge0() as hands:
        (event,) = await hands.events(job())
        assert compilation([event]).ok
        assert [asked.stdin for asked in hands.server.taken] == [b""]


# --- what it was judged by ---------------------------------------------------------------------


async def test_a_judgement_can_name_the_server_its_release_and_its_wall_limit() -> None:
    limits = replace(job().limits, time_ms=15_000)
    async with judge0() as hands:
        means = compilation(await hands.events(job(b"1", limits=limits))).means
    assert means is not None
    assert re.fullmatch(r"Judge0 at 127\.0\.0\.1:\d+, release 1\.13\.1", means.judge)
    assert means.toolchain == "Python (3.8.1)"
    assert means.wall_time_ms == 20_000


async def test_a_server_that_does_not_say_its_release_judges_too() -> None:
    async with judge0() as hands:
        hands.server.instead.append(("GET /about", Reply(status=404)))
        means = compilation(await hands.events(job(b"1"))).means
    assert means is not None
    assert means.judge.endswith(", release unknown")


# --- what Judge0 fails in ----------------------------------------------------------------------


async def test_a_compile_error_ends_the_job() -> None:
    async with judge0(always(NOT_COMPILED)) as hands:
        events = await hands.events(job(b"1", b"2"))
    (event,) = events
    assert (compilation([event]).ok, compilation([event]).output) == (False, "line 1: no")


async def test_an_internal_error_is_tried_once_more() -> None:
    async with judge0(one_by_one([FAILED])) as hands:
        events = await hands.events(job(b"1"))
    assert (compilation(events).ok, outputs(events)) == (True, [b"1"])


async def test_a_second_internal_error_at_first_is_a_fault_of_the_compilation() -> None:
    async with judge0(one_by_one([FAILED, FAILED])) as hands:
        (event,) = await hands.events(job(b"1", b"2"))
    said = compilation([event])
    assert (said.ok, said.fault) == (False, "Judge0: internal error: no cgroup")


async def test_a_second_internal_error_later_is_a_fault_of_that_test_alone() -> None:
    async def execute(asked: Asked) -> Outcome:
        return FAILED if asked.stdin == b"2" else await echo(asked)

    async with judge0(execute) as hands:
        first, second, third = runs(await hands.events(job(b"1", b"2", b"3")))
        tried = [asked.stdin for asked in hands.server.taken].count(b"2")
    assert (first.stdout, third.stdout) == (b"1", b"3")
    assert (second, tried) == (Run(ordinal=2, fault="Judge0: internal error: no cgroup"), 2)


async def test_a_compile_step_that_says_nothing_is_tried_again_and_then_a_fault() -> None:
    silent = replace(NOT_COMPILED, compile_output=b"")
    async with judge0(one_by_one([silent])) as hands:
        assert outputs(await hands.events(job(b"1"))) == [b"1"]
    async with judge0(always(silent)) as hands:
        assert compilation(await hands.events(job(b"1"))).fault is not None


async def test_a_submission_that_is_lost_is_sent_again() -> None:
    async with judge0() as hands:
        hands.server.losses = 2
        events = await hands.events(job(b"1", b"2"))
        assert len(hands.server.taken) == 4
    assert outputs(events) == [b"1", b"2"]


async def test_a_lost_submission_is_noticed_without_batches_too() -> None:
    async with judge0() as hands:
        hands.server.config |= {"enable_batched_submissions": False}
        hands.server.config |= {"submission_cache_duration": 0}
        hands.server.losses = 1
        assert outputs(await hands.events(job(b"1"))) == [b"1"]


async def test_a_judge0_that_keeps_losing_is_given_up() -> None:
    async with judge0() as hands:
        hands.server.losses = 100
        with pytest.raises(JudgeUnavailable, match="lost"):
            await hands.events(job(b"1"))
        assert len(hands.server.taken) == 3


async def test_a_submission_that_never_finishes_is_given_up() -> None:
    async with judge0(_never) as hands:
        with pytest.raises(JudgeUnavailable, match="600 s"):
            await hands.events(job(b"1"))
        assert 600 < sum(hands.clock.naps) < 700


# --- what it offers ----------------------------------------------------------------------------


async def test_a_language_that_it_gives_up_is_noticed_when_it_refuses_it() -> None:
    async with judge0() as hands:
        await hands.events(job(b"1"))
        del hands.server.languages[71]
        with pytest.raises(JudgeUnavailable, match="language with id 71"):
            await hands.events(job(b"1"))
        with pytest.raises(LanguageNotOffered):
            await hands.events(job(b"1"))


async def test_languages_are_not_asked_for_again_within_ten_minutes() -> None:
    async with judge0() as hands:
        before = await hands.judge.languages()
        del hands.server.languages[71]
        await hands.clock.sleep(599)
        assert await hands.judge.languages() == before
        assert len(hands.server.requests("GET /languages")) == 1


async def test_while_it_is_away_its_languages_are_what_they_were() -> None:
    async with judge0() as hands:
        before = await hands.judge.languages()
        await hands.clock.sleep(601)
        hands.server.instead.append(("GET", BUSY))
        assert await hands.judge.languages() == before
        await until(lambda: len(hands.server.requests("GET")) == 3)
        assert await hands.judge.languages() == before


async def test_a_job_does_not_wait_for_news_of_what_is_known() -> None:
    async with judge0() as hands:
        await hands.judge.languages()
        await hands.clock.sleep(601)
        hands.server.instead.append(("GET /languages", BUSY))
        assert outputs(await hands.events(job(b"1"))) == [b"1"]
        assert max(hands.clock.naps[1:]) == 0.2


async def test_nobody_waits_for_the_languages_of_a_judge0_that_was_never_seen() -> None:
    async with judge0() as hands:
        hands.server.instead.append(("GET", BUSY))
        with pytest.raises(JudgeUnavailable):
            await hands.judge.languages()
        assert hands.clock.naps == []
        await hands.judge.start()
        assert await hands.judge.languages()


# --- callbacks ---------------------------------------------------------------------------------


async def test_a_callback_wakes_the_job_before_its_next_poll() -> None:
    async with _called_back(ManualClock()) as (judge, server, heard):
        work = asyncio.create_task(events_of(judge, job(b"1")))
        await until(lambda: bool(heard.requests("PUT /judge0/callbacks/")))
        (call,) = heard.requests("PUT")
        judge.wake(call.path.rpartition("/")[2])
        assert outputs(await work) == [b"1"]
        assert server.taken[0].fields["callback_url"] == f"{heard.url}{call.path}"


async def test_each_job_is_called_back_at_a_path_of_its_own_that_ends_with_it() -> None:
    async with judge0() as hands:
        callbacks = Callbacks(url="http://127.0.0.1:9/hooks/", ids=SystemIds())
        judge = Judge0Judge(hands.server.url, None, hands.clock, callbacks=callbacks)
        await events_of(judge, job(b"1", b"2"))
        await events_of(judge, job(b"3"))
        urls = [str(asked.fields["callback_url"]) for asked in hands.server.taken]
        judge.wake(urls[0].rpartition("/")[2])
        judge.wake("never heard of")
        await judge.close()
    assert urls[0] == urls[1] != urls[2]
    assert all(len(url) > len("http://127.0.0.1:9/hooks/") + 20 for url in urls)


async def test_a_judge0_without_callbacks_is_polled() -> None:
    async with judge0() as hands:
        hands.server.config["enable_callbacks"] = False
        callbacks = Callbacks(url="http://127.0.0.1:9", ids=SystemIds())
        judge = Judge0Judge(hands.server.url, None, hands.clock, callbacks=callbacks)
        assert outputs(await events_of(judge, job(b"1"))) == [b"1"]
        await judge.close()


# --- the end -----------------------------------------------------------------------------------


async def test_a_closed_judge_judges_nothing() -> None:
    async with judge0() as hands:
        await hands.judge.languages()
        await hands.judge.close()
        with pytest.raises(JudgeUnavailable, match="closed"):
            await hands.events(job(b"1"))


async def test_closing_ends_a_job_that_waits_for_an_answer() -> None:
    async with judge0(pace=Pace(request_s=60)) as hands:
        await hands.judge.languages()
        hands.server.instead.append(("POST", Mood.SILENT_AFTERWARDS))
        work = asyncio.create_task(hands.events(job(b"1")))
        await until(lambda: bool(hands.server.requests("POST")))
        await hands.judge.close()
        with pytest.raises(JudgeUnavailable):
            await work


# --- what tests begin with ---------------------------------------------------------------------


def _finishing(order: Sequence[int]) -> Execute:
    """Tests, by the number that is their input, finish in this order."""
    finished: list[int] = []
    changed = asyncio.Condition()

    async def execute(asked: Asked) -> Outcome:
        number = int(asked.stdin)
        async with changed:
            await changed.wait_for(lambda: len(finished) >= order.index(number))
            finished.append(number)
            changed.notify_all()
        return await echo(asked)

    return execute


def _after_looks(server: Judge0StandIn, number: int) -> Execute:
    async def execute(asked: Asked) -> Outcome:
        await until(lambda: len(server.requests("GET /submissions")) >= number)
        return await echo(asked)

    return execute


async def _never(_: Asked) -> Outcome:
    await asyncio.Event().wait()
    raise AssertionError


def _items(body: Json) -> list[Json]:
    items = body["submissions"]
    assert isinstance(items, list)
    return items


@asynccontextmanager
async def _called_back(
    clock: ManualClock,
) -> AsyncIterator[tuple[Judge0Judge, Judge0StandIn, Judge0StandIn]]:
    """A judge, its Judge0, and who hears its callbacks; no time passes by itself."""
    async with Judge0StandIn(echo).serving() as server, Judge0StandIn(echo).serving() as heard:
        callbacks = Callbacks(url=f"{heard.url}/judge0/callbacks", ids=SystemIds())
        judge = Judge0Judge(server.url, None, clock, callbacks=callbacks)
        yield judge, server, heard
        await judge.close()
