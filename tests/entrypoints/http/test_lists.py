"""Pages and their cursors; idempotency keys."""

import asyncio
import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from application.ports.idempotency import IdempotencyKey
from domain.ids import UserId
from entrypoints.http.cursors import read_cursor, write_cursor
from entrypoints.http.idempotency import InFlight
from entrypoints.http.problems import Refused
from tests.entrypoints.http.house import (
    DEFAULT_TESTS,
    House,
    Json,
    Person,
    a_challenge,
    problem,
    submit,
)


@pytest.mark.parametrize(
    "path",
    [
        "/candidate/challenges",
        "/candidate/submissions",
        "/candidate/leaderboard",
        "/candidate/challenges/echo-0/leaderboard",
        "/admin/challenges",
        "/admin/challenges/echo-0/testcases",
        "/admin/submissions",
        "/admin/users",
    ],
)
async def test_pages_hold_everything_once_and_in_order(house: House, path: str) -> None:
    admin, first = await a_full_house(house)
    path = path.replace("echo-0", first)
    whole = (await admin.client.get(f"{path}?limit=100")).json()

    pages = [page async for page in _pages(admin, f"{path}?limit=2")]

    assert [item for page in pages for item in page["items"]] == whole["items"]
    assert len(pages) > 1
    assert {len(page["items"]) for page in pages[:-1]} == {2}
    assert whole["next_cursor"] is None


async def test_a_cursor_is_good_only_where_it_comes_from(house: House) -> None:
    admin, _ = await a_full_house(house)
    first = (await admin.client.get("/admin/challenges?limit=2&status=published")).json()
    cursor = first["next_cursor"]

    same = await admin.client.get(f"/admin/challenges?limit=1&status=published&cursor={cursor}")
    other_filter = await admin.client.get(f"/admin/challenges?status=draft&cursor={cursor}")
    no_filter = await admin.client.get(f"/admin/challenges?cursor={cursor}")
    other_list = await admin.client.get(f"/candidate/challenges?cursor={cursor}")

    assert len(same.json()["items"]) == 1
    problem(other_filter, 400)
    problem(no_filter, 400)
    problem(other_list, 400)


@pytest.mark.parametrize("position", [0, 15, 16, 17, -1])
async def test_a_cursor_with_one_bit_changed_is_refused(house: House, position: int) -> None:
    admin, _ = await a_full_house(house)
    cursor = (await admin.client.get("/admin/users?limit=1")).json()["next_cursor"]
    raw = bytearray(base64.urlsafe_b64decode(cursor))
    raw[position] ^= 1

    forged = base64.urlsafe_b64encode(bytes(raw)).decode()

    problem(await admin.client.get(f"/admin/users?cursor={forged}"), 400)


@pytest.mark.parametrize("position", ["1", "12", "123"])
def test_a_cursor_has_one_spelling(position: str) -> None:
    cursor = write_cursor(b"k", "list", position)
    body = cursor.rstrip("=")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = {body[:-1] + letter + cursor[len(body) :] for letter in letters} - {cursor}

    for other in others:
        with pytest.raises(Refused):
            read_cursor(b"k", "list", other)


def test_a_cursor_with_more_behind_it_is_refused() -> None:
    cursor = write_cursor(b"k", "list", "x" * 368)

    assert read_cursor(b"k", "list", cursor) == "x" * 368
    with pytest.raises(Refused):
        read_cursor(b"k", "list", cursor + "AAAA")


@pytest.mark.parametrize("path", ["/candidate/submissions", "/candidate/runs", "/admin/challenges"])
async def test_the_same_key_and_body_is_the_same_creation(house: House, path: str) -> None:
    admin = await house.admin()
    body = await _body(admin, path)
    headers = {"Idempotency-Key": "!~a-key"}

    one = await admin.client.post(path, json=body, headers=headers)
    again = await admin.client.post(path, json=body, headers=headers)
    listed = await admin.client.get("/admin/challenges")

    assert one.status_code == again.status_code
    assert one.headers["location"] == again.headers["location"]
    assert one.json()["id"] == again.json()["id"]
    assert len(listed.json()["items"]) == 1


@pytest.mark.parametrize("path", ["/candidate/submissions", "/candidate/runs", "/admin/challenges"])
async def test_the_same_key_and_another_body_is_refused(house: House, path: str) -> None:
    admin = await house.admin()
    body = await _body(admin, path)
    field = "title" if "title" in body else "source"
    headers = {"Idempotency-Key": "k"}
    await admin.client.post(path, json=body, headers=headers)

    answer = await admin.client.post(path, json={**body, field: "# other"}, headers=headers)

    problem(answer, 422, "idempotency-key-reused")


async def test_keys_of_different_people_and_routes_do_not_meet(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    one, other = await house.candidate(), await house.candidate("other@example.org")
    body = {"challenge_id": challenge["id"], "language": "python3", "source": "echo"}
    headers = {"Idempotency-Key": "k"}

    answers = [
        await one.client.post("/candidate/submissions", json=body, headers=headers),
        await other.client.post("/candidate/submissions", json=body, headers=headers),
        await one.client.post("/candidate/runs", json=body, headers=headers),
    ]

    assert len({answer.json()["id"] for answer in answers}) == 3


async def test_many_at_once_with_one_key_create_one(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    body = {"challenge_id": challenge["id"], "language": "python3", "source": "echo"}

    answers: list[httpx.Response] = await asyncio.gather(
        *(
            candidate.client.post(
                "/candidate/submissions", json=body, headers={"Idempotency-Key": "k"}
            )
            for _ in range(20)
        )
    )

    assert {answer.status_code for answer in answers} <= {202, 409}
    created = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    assert len(set(created)) == 1
    assert len((await candidate.client.get("/candidate/submissions")).json()["items"]) == 1


def test_a_key_in_flight_is_refused_until_it_has_landed() -> None:
    in_flight = InFlight()
    key = IdempotencyKey(user_id=UserId("u"), route="POST /x", key="k", body_hash="h")

    with in_flight.hold(key), pytest.raises(Refused) as refused, in_flight.hold(key):
        pass

    assert refused.value.status == 409
    with in_flight.hold(key):
        pass


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\u00e9"])
async def test_a_key_is_visible_ascii(house: House, key: str) -> None:
    candidate = await house.candidate()
    headers = {"Idempotency-Key": key.encode()}

    answer = await candidate.client.post(
        "/candidate/runs",
        json={"language": "python3", "source": "echo"},
        headers=headers,  # type: ignore[arg-type]
    )

    problem(answer, 400)


async def a_full_house(house: House) -> tuple[Person, str]:
    """Five of everything; the admin, and the id of the first challenge."""
    admin = await house.admin()
    people = [await house.candidate(f"c{number}@example.org") for number in range(5)]
    ids = [
        (await a_challenge(admin, slug=f"echo-{number}", tests=DEFAULT_TESTS[:1] * 5))["id"]
        for number in range(5)
    ]
    for person in [*people, admin, admin, admin]:
        await submit(person, ids[0])
    await house.judge_all()
    return admin, ids[0]


async def _pages(person: Person, path: str) -> AsyncIterator[Json]:
    cursor: str | None = ""
    while cursor is not None:
        page = (await person.client.get(path + (f"&cursor={cursor}" if cursor else ""))).json()
        yield page
        cursor = page["next_cursor"]


async def _body(admin: Person, path: str) -> dict[str, str]:
    if path == "/admin/challenges":
        return {"title": "Created twice"}
    challenge = await a_challenge(admin)
    return {"challenge_id": challenge["id"], "language": "python3", "source": "echo"}
