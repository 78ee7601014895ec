"""Staff rejudge many submissions over HTTP."""

import pytest

from application.use_cases.advance_rejudges import AdvanceRejudges
from tests.entrypoints.http.house import (
    DEFAULT_TESTS,
    House,
    Json,
    Person,
    a_challenge,
    problem,
    submit,
    upload,
)

SETS = "/admin/rejudge-sets"


async def test_a_set_is_judged_looked_at_and_applied(house: House) -> None:
    admin, candidate, other = await _people(house)
    challenge = await a_challenge(admin, tests=DEFAULT_TESTS[:1])
    good = await submit(candidate, challenge["id"], "echo")
    await house.judge_all()
    await upload(admin, challenge["id"], [{"input": "1", "expected_output": "2"}])

    made = await _made(admin, challenge_id=challenge["id"])
    shadow = (await candidate.client.get(f"/candidate/submissions/{good['id']}")).json()
    await _judged(house)
    seen = (await admin.client.get(f"{SETS}/{made['id']}")).json()
    changed = (await admin.client.get(f"{SETS}/{made['id']}/items?state=changed")).json()
    flaky = (await admin.client.get(f"{SETS}/{made['id']}/items?state=flaky")).json()
    applied = await admin.client.post(f"{SETS}/{made['id']}/apply")
    now = (await candidate.client.get(f"/candidate/submissions/{good['id']}")).json()
    before = (await admin.client.get(f"/admin/submissions/{good['id']}?judgement=1")).json()

    assert (made["state"], made["total"], shadow["verdict"]) == ("running", 1, "accepted")
    assert seen["state"] == "ready"
    assert seen["progress"]["changed"] == 1
    assert seen["matrix"] == [{"old": "accepted", "new": "wrong_answer", "count": 1}]
    assert seen["scores"]["raised"] == 0
    assert [board["challenge_id"] for board in seen["impact"]["boards"]] == [None, challenge["id"]]
    assert [item["submission_id"] for item in changed["items"]] == [good["id"]]
    assert flaky["items"] == []
    assert applied.json()["state"] == "applied"
    assert (now["verdict"], before["verdict"]) == ("wrong_answer", "accepted")
    problem(await other.client.get(f"{SETS}/{made['id']}"), 403)


async def test_sets_and_their_items_are_read_in_pages(house: House) -> None:
    admin, candidate, _ = await _people(house)
    challenge = await a_challenge(admin)
    for _ in range(3):
        await submit(candidate, challenge["id"], "echo")
    await house.judge_all()
    sets = [await _made(admin), await _made(admin)]

    first = (await admin.client.get(f"{SETS}?limit=1")).json()
    second = (await admin.client.get(f"{SETS}?limit=1&cursor={first['next_cursor']}")).json()
    items = f"{SETS}/{sets[0]['id']}/items?limit=2"
    page = (await admin.client.get(items)).json()
    rest = (await admin.client.get(f"{items}&cursor={page['next_cursor']}")).json()

    assert [one["id"] for one in first["items"] + second["items"]] == [
        sets[1]["id"],
        sets[0]["id"],
    ]
    assert second["next_cursor"] is None
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)


async def test_a_set_is_made_once_for_a_key(house: House) -> None:
    admin, candidate, _ = await _people(house)
    challenge = await a_challenge(admin)
    await submit(candidate, challenge["id"], "echo")
    await house.judge_all()
    headers = {"Idempotency-Key": "once"}
    body: Json = {"filter": {}}

    made = await admin.client.post(SETS, json=body, headers=headers)
    again = await admin.client.post(SETS, json=body, headers=headers)
    other = await admin.client.post(SETS, json={**body, "version": "same"}, headers=headers)

    assert made.headers["location"] == f"{SETS}/{made.json()['id']}"
    assert (made.status_code, again.json()) == (202, made.json())
    problem(other, 422)


async def test_a_set_is_paused_resumed_and_given_up(house: House) -> None:
    admin, candidate, _ = await _people(house)
    challenge = await a_challenge(admin)
    await submit(candidate, challenge["id"], "echo")
    await house.judge_all()
    made = await _made(admin)
    states = [
        (await admin.client.post(f"{SETS}/{made['id']}/{decision}")).json()["state"]
        for decision in ("pause", "resume", "cancel")
    ]
    assert states == ["paused", "running", "cancelled"]
    problem(await admin.client.post(f"{SETS}/{made['id']}/apply"), 409, "wrong-set-state")
    problem(await admin.client.post(f"{SETS}/nothing/apply"), 404)
    problem(await admin.client.post(f"{SETS}/{made['id']}/forget"), 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": {"language": "Python"}},
        {"filter": {"ids": []}},
        {"filter": {"ids": ["nobody"]}},
        {"filter": {"from": "2026-03-01"}},
        {"filter": {"from": "2026-03-01T12:00:00"}},
        {"filter": {"from": "0001-01-01T00:00:00+05:00"}},
        {"filter": {"to": "9999-12-31T23:59:59-05:00"}},
        {"filter": {"colour": "red"}},
        {"filter": {}, "version": "newest"},
        {"filter": {"user_id": "nobody"}},
    ],
)
async def test_what_does_not_fit_is_refused(house: House, body: Json) -> None:
    admin, candidate, _ = await _people(house)
    challenge = await a_challenge(admin)
    await submit(candidate, challenge["id"], "echo")
    await house.judge_all()
    problem(await admin.client.post(SETS, json=body), 422)


async def _people(house: House) -> tuple[Person, Person, Person]:
    return await house.admin(), await house.candidate(), await house.candidate("o@example.org")


async def _made(admin: Person, **wanted: object) -> Json:
    answer = await admin.client.post(SETS, json={"filter": wanted})
    assert answer.status_code == 202, answer.text
    made: Json = answer.json()
    return made


async def _judged(house: House) -> None:
    """Let the driver and a worker take turns until nothing is left to do."""
    world = house.world
    advance = AdvanceRejudges(
        storage=world.storage,
        submissions=world.submissions,
        totals=world.totals,
        queue=world.queue,
        clock=world.clock,
    )
    for _ in range(4):
        await advance()
        await house.judge_all()
