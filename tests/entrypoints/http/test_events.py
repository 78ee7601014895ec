"""Event streams: what they tell, how they resume, and when they end."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from domain.ids import UserId
from entrypoints.http.problems import Refused
from entrypoints.http.streams import Streams
from tests.entrypoints.http.house import (
    DEFAULT_TESTS,
    OPTIONS,
    House,
    Person,
    a_challenge,
    events_of,
    problem,
    submit,
    until,
    upload,
)

NEVER_DONE = "wait\n"


async def test_a_judged_submission_is_told_to_its_end(house: House) -> None:
    candidate, path = await judged(house)

    events = await events_of(candidate, path)

    assert [name for _, name, _ in events] == [
        "status",
        "compiled",
        "test",
        "test",
        "status",
        "done",
    ]
    assert events[0][2] == {"status": "queued"}
    assert events[1][2] == {"ok": True, "output": ""}
    assert events[2][2]["output"] == "hello\n"
    assert events[3][2]["output"] is None
    assert events[-1][2]["verdict"] == "wrong_answer"
    ids = [id_ for id_, _, _ in events]
    assert all(ids)
    assert len(set(ids)) == len(ids)


async def test_a_reader_goes_on_after_the_last_event_that_came(house: House) -> None:
    candidate, path = await judged(house)
    events = await events_of(candidate, path)

    rest = await events_of(candidate, path, last_event_id=events[2][0])

    assert rest == events[3:]


@pytest.mark.parametrize(
    "garbage",
    ["", "x", "1.1", "1.1.1.1", "-1.0.0", "99.1.1", "1.99.1", "9" * 40, "\u00b2.1.1", "null"],
)
async def test_an_id_that_never_was_replays_from_the_store(house: House, garbage: str) -> None:
    candidate, path = await judged(house)
    everything = await events_of(candidate, path)
    headers = {"Last-Event-ID": garbage.encode()}

    answer = await candidate.client.get(path, headers=headers)  # type: ignore[arg-type]

    assert answer.text.count("event: ") == len(everything)


async def test_whoever_names_the_last_event_is_told_that_it_is_over(house: House) -> None:
    candidate, path = await judged(house)
    last, _, _ = (await events_of(candidate, path))[-1]

    rest = await events_of(candidate, path, last_event_id=last)

    assert [name for _, name, _ in rest] == ["done"]


async def test_events_come_while_a_submission_is_judged(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    submission = await submit(candidate, challenge["id"], "echo\n")
    path = f"/candidate/submissions/{submission['id']}/events"
    reading = asyncio.create_task(events_of(candidate, path))
    await asyncio.sleep(0.05)

    await house.judge_all()

    events = await reading
    assert events[0][2] == {"status": "queued"}
    assert events[-1][1] == "done"
    assert [name for _, name, _ in events].count("test") == 2


@pytest.mark.parametrize("live", [True, False])
async def test_the_ids_of_a_closed_policy_do_not_count_the_tests(house: House, live: bool) -> None:  # noqa: FBT001
    admin, candidate = await house.admin(), await house.candidate()
    few = await a_challenge(admin, slug="few", feedback="verdict")
    many = await a_challenge(admin, slug="many", tests=DEFAULT_TESTS[1:] * 5, feedback="verdict")

    told = [
        await followed(house, candidate, challenge["id"], live=live) for challenge in (few, many)
    ]

    assert [id_ for id_, _, _ in told[0]] == [id_ for id_, _, _ in told[1]]


@pytest.mark.parametrize("feedback", ["summary", "verdict"])
async def test_a_reader_under_a_closed_policy_goes_on_after_each_event(
    house: House, feedback: str
) -> None:
    challenge = await a_challenge(await house.admin(), feedback=feedback)
    candidate = await house.candidate()
    events = await followed(house, candidate, challenge["id"], live=False)
    path = f"/candidate/submissions/{events[-1][2]['id']}/events"

    rests = [await events_of(candidate, path, last_event_id=id_) for id_, _, _ in events[:-1]]

    assert rests == [events[n:] for n in range(1, len(events))]


async def test_a_silent_stream_is_pinged_until_its_time_is_over(clock: ManualClock) -> None:
    options = replace(OPTIONS, ping_s=0.05, stream_lifetime_s=1.5)
    async with House(clock=clock, options=options) as house:
        candidate, path = await waiting(house)

        answer = await candidate.client.get(path)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.count(": ping") >= 2
    assert "event: done" not in answer.text


async def test_a_stream_ends_when_its_readers_token_does(house: House, clock: ManualClock) -> None:
    candidate, path = await waiting(house)
    clock.advance(timedelta(minutes=14, seconds=59, milliseconds=700))

    answer = await asyncio.wait_for(candidate.client.get(path), 60)

    assert answer.status_code == 200


async def test_a_user_has_ten_streams_at_once(clock: ManualClock) -> None:
    streams = Streams()
    options = replace(OPTIONS, stream_lifetime_s=600)
    async with House(clock=clock, options=options, streams=streams) as house:
        candidate, path = await waiting(house)
        other, others_path = await waiting(house, "other@example.org")
        ten = [asyncio.create_task(candidate.client.get(path)) for _ in range(10)]
        await until(lambda: not has_room(streams, candidate))

        eleventh = await candidate.client.get(path)
        others = asyncio.create_task(other.client.get(others_path))
        ten[0].cancel()
        await until(lambda: has_room(streams, candidate))
        later = asyncio.create_task(candidate.client.get(path))
        await until(lambda: not has_room(streams, candidate))
        streams.end()

        problem(eleventh, 429, "too-many-streams")
        assert int(eleventh.headers["retry-after"]) >= 1
        assert {(await one).status_code for one in (others, later, *ten[1:])} == {200}


async def test_heads_of_streams_take_no_room(house: House) -> None:
    candidate, path = await waiting(house)

    answers = [await candidate.client.head(path) for _ in range(12)]

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("how", ["signed out", "disabled"])
async def test_a_stream_ends_when_its_reader_is_shut_out(clock: ManualClock, how: str) -> None:
    options = replace(OPTIONS, ping_s=0.1, stream_lifetime_s=600)
    async with House(clock=clock, options=options) as house:
        admin = await house.admin()
        candidate, path = await waiting(house)
        reading = asyncio.create_task(candidate.client.get(path))
        await asyncio.sleep(0.15)
        session = house.world.tokens.read_access(candidate.access_token).session_id

        if how == "disabled":
            await admin.client.patch(f"/admin/users/{candidate.id}", json={"disabled": True})
        else:  # at another server, so that nothing here is told
            await house.use_cases.log_out(user_id=UserId(candidate.id), session_id=session)

        assert (await asyncio.wait_for(reading, 60)).status_code == 200


async def test_a_stop_ends_every_stream(clock: ManualClock) -> None:
    streams = Streams()
    options = replace(OPTIONS, ping_s=60, stream_lifetime_s=600)
    async with House(clock=clock, options=options, streams=streams) as house:
        candidate, path = await waiting(house)
        reading = asyncio.create_task(candidate.client.get(path))
        await asyncio.sleep(0.1)

        streams.end()

        assert (await asyncio.wait_for(reading, 60)).status_code == 200


async def test_a_reader_that_leaves_leaves_nothing_running(house: House) -> None:
    candidate, path = await waiting(house)
    before = asyncio.all_tasks()
    reading = asyncio.create_task(candidate.client.get(path))
    await asyncio.sleep(0.1)

    reading.cancel()
    await asyncio.wait({reading})

    await until(lambda: asyncio.all_tasks() - before == set())


async def test_a_rejudge_on_other_tests_tells_nothing_of_them(house: House) -> None:
    """The first version's test 1 is public, the second version's is hidden."""
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin, tests=DEFAULT_TESTS[:1])
    submission = await submit(candidate, challenge["id"], "echo\n")
    await house.judge_all()
    await upload(admin, challenge["id"], DEFAULT_TESTS[1:], mode="replace")
    path = f"/candidate/submissions/{submission['id']}/events"
    last, _, _ = (await events_of(candidate, path))[-2]
    await admin.client.post(f"/admin/submissions/{submission['id']}/rejudge")
    reading = asyncio.create_task(candidate.client.get(path, headers={"Last-Event-ID": last or ""}))
    await asyncio.sleep(0.05)

    await house.judge_all()
    house.clock.advance(timedelta(seconds=5))

    text = (await asyncio.wait_for(reading, 60)).text
    assert "SECRET" not in text
    assert "event: done" in text


async def judged(house: House) -> tuple[Person, str]:
    """A candidate, and the stream of a submission of theirs that is over."""
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    submission = await submit(candidate, challenge["id"], "echo\n")
    await house.judge_all()
    return candidate, f"/candidate/submissions/{submission['id']}/events"


async def followed(
    house: House, candidate: Person, challenge_id: str, *, live: bool
) -> list[tuple[str | None, str, Any]]:
    """The events of a new submission, read while it is judged or when it is over."""
    submission = await submit(candidate, challenge_id, "echo\n")
    path = f"/candidate/submissions/{submission['id']}/events"
    reading = asyncio.create_task(events_of(candidate, path)) if live else None
    await asyncio.sleep(0.05)
    await house.judge_all()
    return await reading if reading else await events_of(candidate, path)


def has_room(streams: Streams, person: Person) -> bool:
    try:
        streams.check_room(UserId(person.id))
    except Refused:
        return False
    return True


async def waiting(house: House, email: str = "cand@example.org") -> tuple[Person, str]:
    """A candidate, and the stream of a run of theirs that nobody judges."""
    candidate = await house.candidate(email)
    run = await candidate.client.post(
        "/candidate/runs", json={"language": "python3", "source": NEVER_DONE}
    )
    return candidate, f"/candidate/runs/{run.json()['id']}/events"
