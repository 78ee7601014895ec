"""A Judge0 that is busy, away, cut off or strange; and that no secret is told to anyone."""

import logging
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from adapters.judge0.http import headers_for
from adapters.judge0.judge import Callbacks, Judge0Judge
from adapters.memory.clock import ManualClock
from adapters.system.ids import SystemIds
from application.ports.judge import JobRefused, JudgeUnavailable
from tests.adapters.judge0.judging import (
    IMPATIENT,
    Hands,
    HurryingClock,
    events_of,
    job,
    judge0,
    outputs,
)
from tests.services.moody import Mood, Reply, as_json
from tests.services.process import free_port

FULL = as_json(503, {"error": "queue is full"})
NOT_FOUND = as_json(404, {"status": 404, "error": "Not Found"})
KEY = "s3cret-key"


# --- what is waited for ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ([FULL], [1]),
        ([FULL] * 7, [1, 2, 4, 8, 16, 30, 30]),
        ([as_json(429, {"message": "Too many requests"})], [1]),
        ([as_json(429, {}, Retry_After="7")], [7]),
        ([as_json(503, {}, Retry_After="0")], [0.2]),
        ([as_json(429, {}, Retry_After="Sun, 01 Mar 2026 12:00:05 GMT")], [4.876_544]),
        ([as_json(429, {}, Retry_After="Sun, 01 Mar 2026 11:00:00 GMT")], [0.2]),
        ([as_json(429, {}, Retry_After="soon")], [1]),
        ([Reply(status=502, body=b"<html>Bad Gateway"), Reply(status=504)], [1, 2]),
        ([Reply(status=500), FULL], [1, 2]),
        ([Reply(body=b"<html>Sign in to this network")], [1]),
        ([Mood.CUT, Mood.CUT], [1, 2]),
    ],
)
async def test_what_may_be_better_later_is_asked_again(
    answers: Sequence[Reply | Mood], waits: list[float]
) -> None:
    async with judge0() as hands:
        await hands.judge.languages()
        hands.server.instead.extend(("POST", answer) for answer in answers)
        assert outputs(await hands.events(job(b"1"))) == [b"1"]
        assert hands.clock.naps[: len(waits)] == pytest.approx(waits)


@pytest.mark.parametrize("mood", [Mood.CUT_AFTERWARDS, Mood.SILENT_AFTERWARDS])
async def test_what_was_taken_without_an_answer_is_sent_again_to_no_harm(mood: Mood) -> None:
    async with judge0(pace=IMPATIENT) as hands:
        hands.server.instead.append(("POST", mood))
        events = await hands.events(job(b"1", b"2"))
        taken = [asked.stdin for asked in hands.server.taken]
    assert outputs(events) == [b"1", b"2"]
    assert taken == [b"1", b"1", b"2"]


@pytest.mark.parametrize("mood", [FULL, Mood.CUT, Mood.SILENT_AFTERWARDS])
async def test_a_poll_without_an_answer_is_repeated(mood: Reply | Mood) -> None:
    async with judge0(pace=IMPATIENT) as hands:
        hands.server.instead.append(("GET /submissions", mood))
        assert outputs(await hands.events(job(b"1"))) == [b"1"]
        assert len(hands.server.taken) == 1


async def test_a_server_that_comes_back_within_ten_minutes_has_lost_nothing() -> None:
    async with judge0() as hands:
        await hands.judge.languages()
        hands.server.instead.extend([("POST", Mood.CUT)] * 20)
        assert outputs(await hands.events(job(b"1"))) == [b"1"]
        assert 400 < sum(hands.clock.naps) < 600


async def test_a_server_that_is_not_there_is_given_up_after_ten_minutes() -> None:
    clock, port = HurryingClock(), free_port()
    judge = Judge0Judge(f"http://127.0.0.1:{port}", None, clock)
    with pytest.raises(JudgeUnavailable) as refusal:
        await events_of(judge, job(b"1"))
    await judge.close()
    assert 560 < sum(clock.naps) <= 600
    assert f"Judge0 at 127.0.0.1:{port} cannot be reached (ConnectError)" in refusal.value.reason


async def test_a_wait_that_is_asked_for_beyond_patience_is_not_begun() -> None:
    async with judge0() as hands:
        hands.server.instead.append(("GET", as_json(429, {"message": "no"}, Retry_After="86400")))
        with pytest.raises(JudgeUnavailable, match="429 no"):
            await hands.events(job(b"1"))
        assert hands.clock.naps == []


async def test_an_error_in_the_server_itself_is_given_up_sooner() -> None:
    async with judge0() as hands:
        await hands.judge.languages()
        hands.server.instead.extend([("POST", Reply(status=500))] * 100)
        with pytest.raises(JudgeUnavailable, match="500"):
            await hands.events(job(b"1"))
        assert sum(hands.clock.naps) <= 60


async def test_an_outage_is_logged_once_and_its_end_once() -> None:
    async with judge0() as hands:
        await hands.judge.languages()
        hands.server.instead.extend([("POST", FULL)] * 5)
        with capture_logs() as logs:
            await hands.events(job(b"1", b"2", b"3"))
    assert [(entry["log_level"], entry["asked"]) for entry in logs] == [
        ("warning", "POST /submissions/batch"),
        ("info", "POST /submissions/batch"),
    ]
    assert "queue is full" in logs[0]["reason"]


# --- what is told at once ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply(status=401), "refuses the key"),
        (Reply(status=403), "refuses the key"),
        (as_json(403, {"message": "You are not subscribed."}), "403 You are not subscribed."),
        (as_json(400, {"error": "invalid fields: [x]"}), "400 invalid fields"),
        (Reply(status=301, headers={"Location": "https://elsewhere"}), "301"),
        (NOT_FOUND, "404 Not Found"),
        (as_json(201, {"token": "one object"}), "answers something else"),
        (as_json(201, []), "answered 0 of 1"),
        (as_json(201, [{"token": None}]), "refuses a submission: token None"),
        (as_json(422, [{"memory_limit": ["is not a number"]}]), "memory_limit is not a number"),
    ],
)
async def test_what_will_not_change_is_told_at_once(answer: Reply, words: str) -> None:
    async with judge0(key=KEY) as hands:
        await hands.judge.languages()
        hands.server.instead.append(("POST", answer))
        with pytest.raises(JudgeUnavailable) as refusal:
            await hands.events(job(b"1"))
        assert hands.clock.naps == []
    assert words in refusal.value.reason


async def test_a_wrong_key_is_told_at_once() -> None:
    async with judge0(key=KEY) as hands:
        hands.server.token = "another"  # noqa: S105 - of a stand-in
        with pytest.raises(JudgeUnavailable, match="refuses the key"):
            await hands.judge.start()
        assert hands.clock.naps == []


async def test_a_job_too_large_for_the_server_is_not_tried_again() -> None:
    async with judge0() as hands:
        hands.server.instead.append(("POST", Reply(status=413)))
        with pytest.raises(JobRefused):
            await hands.events(job(b"1"))


async def test_a_job_over_the_servers_limits_is_not_sent() -> None:
    async with judge0() as hands:
        hands.server.config["max_cpu_time_limit"] = 0.5
        with pytest.raises(JobRefused, match="1000 ms is over the 500 ms"):
            await hands.events(job(b"1"))
        assert hands.server.taken == []


async def test_languages_say_how_far_the_server_goes() -> None:
    async with judge0() as hands:
        hands.server.config |= {"max_cpu_time_limit": 30, "max_memory_limit": 300_000}
        most = [language.most for language in await hands.judge.languages()]
    assert most
    assert all(one and (one.time_ms, one.memory_kib) == (20_000, 300_000) for one in most)


async def test_starting_waits_half_a_minute_at_most() -> None:
    clock = HurryingClock()
    judge = Judge0Judge(f"http://127.0.0.1:{free_port()}", None, clock)
    with pytest.raises(JudgeUnavailable):
        await judge.start()
    await judge.close()
    assert 10 < sum(clock.naps) <= 30


# --- keys --------------------------------------------------------------------------------------


def test_a_judge0_of_ones_own_is_given_the_key_as_its_token() -> None:
    assert headers_for("judge0.example.org", KEY)["X-Auth-Token"] == KEY


def test_rapid_api_is_given_the_key_in_its_own_headers() -> None:
    headers = headers_for("judge0-ce.p.rapidapi.com", KEY)
    assert headers["X-RapidAPI-Key"] == KEY
    assert headers["X-RapidAPI-Host"] == "judge0-ce.p.rapidapi.com"
    assert "X-Auth-Token" not in headers


@pytest.mark.parametrize("host", ["notrapidapi.com", "rapidapi.com.example.org"])
def test_hosts_that_only_look_like_rapid_api_are_ones_own(host: str) -> None:
    assert "X-RapidAPI-Key" not in headers_for(host, KEY)


def test_without_a_key_none_is_sent() -> None:
    assert not {name for name in headers_for("judge0.example.org", None) if name.startswith("X-")}


async def test_the_key_goes_with_every_request_in_a_header_alone() -> None:
    async with judge0(key=KEY) as hands:
        await hands.events(job(b"1", b"2"))
        heard = hands.server.heard
    assert {one.headers["x-auth-token"] for one in heard} == {KEY}
    assert KEY not in "".join(f"{one.path} {one.query} {one.body!r}" for one in heard)


async def test_a_path_in_the_address_goes_before_every_route() -> None:
    async with judge0() as hands:
        judge = Judge0Judge(f"{hands.server.url}/extra/", None, hands.clock)
        with pytest.raises(JudgeUnavailable):
            await judge.languages()
        await judge.close()
        assert [one.path for one in hands.server.heard] == ["/extra/languages"]


SECRETS = [KEY, "pa55word"]


@pytest.mark.parametrize(
    "answers",
    [
        [FULL, Mood.CUT, Mood.SILENT_AFTERWARDS],
        [as_json(403, {"message": f"The key {KEY} is not valid"})],
        [as_json(400, {"error": f"what is {KEY}?"})],
        [as_json(429, {"message": f"{KEY} is at its limit"})],
        [as_json(422, [{"stdin": [f"is {KEY}"]}])],
    ],
)
async def test_no_secret_is_logged_or_told(
    answers: Sequence[Reply | Mood], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with judge0(key=KEY) as hands:
        address = hands.server.url.replace("//", f"//someone:{SECRETS[1]}@")
        judge = _judge(address, hands)
        await judge.languages()
        hands.server.instead.extend(("POST", answer) for answer in answers)
        told: list[str] = []
        with capture_logs() as logs:
            try:
                await events_of(judge, job(b"1"))
            except JudgeUnavailable as error:
                told.append(f"{error!r} {error.__cause__!r} {error.reason}")
        await judge.close()
        paths = [str(asked.fields["callback_url"]) for asked in hands.server.taken]
    everything = f"{logs} {caplog.text} {told} {judge!r}"
    secrets = [*SECRETS, *(path.rpartition("/")[2] for path in paths)]
    assert logs or told
    assert [secret for secret in secrets if secret in everything] == []


def _judge(address: str, hands: Hands) -> Judge0Judge:
    callbacks = Callbacks(url="http://127.0.0.1:9/hooks", ids=SystemIds())
    return Judge0Judge(address, KEY, hands.clock, pace=IMPATIENT, callbacks=callbacks)


async def test_a_refused_callback_does_not_tell_its_path() -> None:
    async with judge0() as hands:
        hands.server.refuses_callbacks = True
        judge = _judge(hands.server.url, hands)
        with pytest.raises(JudgeUnavailable) as refusal:
            await events_of(judge, job(b"1"))
        await judge.close()
    assert "callback_url is not taken" in refusal.value.reason
    assert "hooks" not in refusal.value.reason


async def test_who_is_named_in_the_address_is_named_to_the_server_alone() -> None:
    async with judge0() as hands:
        address = hands.server.url.replace("//", "//someone:pa55word@")
        judge = Judge0Judge(address, None, ManualClock())
        await judge.languages()
        await judge.close()
        heard = hands.server.heard[0]
    assert heard.headers["authorization"].startswith("Basic ")
    assert "pa55word" not in heard.path
