"""Staff see the work that waits, who does it, and what the queue has given up."""

from datetime import timedelta

import pytest

from application.use_cases.announce_worker import AnnounceWorker
from domain.submission import WorkClass
from tests.entrypoints.http.house import House, a_challenge, problem, submit


async def test_the_queue_tells_what_is_due_by_class(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin)
    await submit(candidate, challenge["id"])
    await submit(candidate, challenge["id"])
    answer = await admin.client.get("/admin/queue")
    assert answer.json() == {
        "due": {"submission": 2, "run": 0, "rejudge": 0},
        "waiting": 0,
        "next_due_at": None,
    }


async def test_workers_are_listed_while_they_announce_themselves(house: House) -> None:
    admin, world = await house.admin(), house.world
    announce = AnnounceWorker(
        storage=world.storage, judge=world.judge, clock=world.clock, worker="w1"
    )
    await announce(world.clock.now())
    there = await admin.client.get("/admin/workers")
    house.clock.advance(timedelta(seconds=20))
    gone = await admin.client.get("/admin/workers")
    (worker,) = there.json()["items"]
    assert (worker["id"], worker["slots"], worker["languages"]) == ("w1", 1, ["python3"])
    assert worker["seen_at"] == worker["started_at"] == "2026-03-01T12:00:00.123456Z"
    assert gone.json() == {"items": []}


async def test_dead_letters_are_listed_the_newest_first(house: House) -> None:
    admin = await house.admin()
    _bury(house, "the first")
    house.clock.advance(timedelta(seconds=1))
    _bury(house, "the second")
    every = (await admin.client.get("/admin/dead-letters")).json()["items"]
    one = (await admin.client.get("/admin/dead-letters?limit=1")).json()["items"]
    assert [letter["reason"] for letter in every] == ["the second", "the first"]
    assert one == every[:1]
    assert one[0] == {
        "id": "2",
        "work_class": "run",
        "reason": "the second",
        "failed_at": "2026-03-01T12:00:01.123456Z",
        "attempts": 4,
    }


async def test_a_dead_letter_is_sent_again_once(house: House) -> None:
    admin = await house.admin()
    _bury(house, "mended by now")
    sent = await admin.client.post("/admin/dead-letters/1/resend")
    again = await admin.client.post("/admin/dead-letters/1/resend")
    assert sent.status_code == 202
    assert await house.world.queue.next() is WorkClass.RUN
    problem(again, 404, "dead-letter-not-found")


async def test_a_dead_letter_is_dropped_once(house: House) -> None:
    admin = await house.admin()
    _bury(house, "seen")
    dropped = await admin.client.delete("/admin/dead-letters/1")
    again = await admin.client.delete("/admin/dead-letters/1")
    assert dropped.status_code == 204
    problem(again, 404, "dead-letter-not-found")
    assert (await admin.client.get("/admin/dead-letters")).json() == {"items": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/queue"),
        ("GET", "/admin/workers"),
        ("GET", "/admin/dead-letters"),
        ("POST", "/admin/dead-letters/1/resend"),
        ("DELETE", "/admin/dead-letters/1"),
    ],
)
async def test_candidates_see_none_of_it(house: House, method: str, path: str) -> None:
    candidate = await house.candidate()
    _bury(house, "not theirs")
    problem(await candidate.client.request(method, path), 403)
    assert len(await house.world.dead_letters.newest(10)) == 1


def _bury(house: House, reason: str) -> None:
    house.world.dead_letters.bury(
        WorkClass.RUN, reason=reason, failed_at=house.clock.now(), attempts=4
    )
