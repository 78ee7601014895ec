"""Opening accounts, signing in and out, and the trade of refresh tokens."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import httpx
import jwt
import pytest

from adapters.memory.clock import ManualClock
from application.ports.passwords import HashingOverloaded
from tests.application.world import PASSWORD
from tests.entrypoints.http.house import BASE, OPTIONS, House, Person, problem

NEW = {
    "email": "Ada@Example.org",
    "password": PASSWORD,
    "display_name": "Ada \U0001f469\u200d\U0001f680",
}
COOKIE_MODE = {"X-Refresh-Cookie": "1", "Origin": BASE}


async def test_an_account_is_opened_as_a_candidate(house: House) -> None:
    answer = await house.anyone.post("/auth/register", json=NEW)

    assert answer.status_code == 201
    account = answer.json()
    assert account.pop("id")
    assert account.pop("created_at").endswith("Z")
    assert account == {
        "email": "Ada@Example.org",
        "display_name": NEW["display_name"],
        "role": "candidate",
    }


async def test_an_email_is_taken_whatever_its_case(house: House) -> None:
    await house.anyone.post("/auth/register", json=NEW)

    answer = await house.anyone.post("/auth/register", json={**NEW, "email": "ADA@example.ORG"})

    problem(answer, 409, "email-taken")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "not an address"}, "/email"),
        ({"email": "a@b"}, "/email"),
        ({"password": "9 letters"}, "/password"),
        ({"password": "x" * 129}, "/password"),
        ({"display_name": "  "}, "/display_name"),
        ({"display_name": "two\nlines"}, "/display_name"),
        ({"display_name": "a line\n"}, "/display_name"),
        ({"display_name": "\u0085next"}, "/display_name"),
        ({"email": "x@y.zz\n"}, "/email"),
        ({"email": "x@y.zz\u001f"}, "/email"),
        ({"role": "admin"}, "/role"),
        ({"email": None}, "/email"),
    ],
)
async def test_an_account_that_does_not_fit_is_refused_where_it_does_not(
    house: House, change: dict[str, object], pointer: str
) -> None:
    answer = await house.anyone.post("/auth/register", json={**NEW, **change})

    assert problem(answer, 422)["errors"][0]["pointer"] == pointer


async def test_what_is_missing_is_named(house: House) -> None:
    answer = await house.anyone.post("/auth/register", json={"email": "a@example.org"})

    assert problem(answer, 422)["errors"] == [{"pointer": "/password", "detail": "is missing"}]


async def test_signing_in_gives_a_pair_of_tokens(house: House) -> None:
    await house.world.a_candidate("c@example.org")
    form = {"grant_type": "password", "username": "C@Example.org", "password": PASSWORD}

    answer = await house.anyone.post("/auth/login", data=form)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() | {"access_token": "", "refresh_token": ""} == {
        "access_token": "",
        "token_type": "bearer",
        "expires_in": 900,
        "refresh_token": "",
    }
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"username": "c@example.org", "password": "wrong password"}, "invalid_grant"),
        ({"username": "nobody@example.org", "password": PASSWORD}, "invalid_grant"),
        ({"username": "c@example.org"}, "invalid_request"),
        ({"username": "c@example.org", "password": ""}, "invalid_request"),
        (
            {"grant_type": "client_credentials", "username": "c@example.org", "password": PASSWORD},
            "unsupported_grant_type",
        ),
        ({"username": ["c@example.org", "d@example.org"], "password": PASSWORD}, "invalid_request"),
    ],
)
async def test_a_refused_sign_in_speaks_as_oauth_does(
    house: House, form: dict[str, object], error: str
) -> None:
    await house.world.a_candidate("c@example.org")

    answer = await house.anyone.post("/auth/login", data=form)

    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


async def test_a_wrong_email_and_a_wrong_password_are_the_same_answer(house: House) -> None:
    await house.world.a_candidate("c@example.org")
    wrong = {"username": "c@example.org", "password": "wrong password"}
    unknown = {"username": "nobody@example.org", "password": PASSWORD}

    one = await house.anyone.post("/auth/login", data=wrong)
    other = await house.anyone.post("/auth/login", data=unknown)

    assert one.content == other.content


@pytest.mark.parametrize("body", [b"username=%FF&password=x", b"username=%ED%A0%80&password=x"])
async def test_a_form_that_is_not_text_is_an_invalid_request(house: House, body: bytes) -> None:
    answer = await house.anyone.post("/auth/login", content=body, headers=FORM)

    assert answer.json()["error"] == "invalid_request"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh"])
@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain"])
async def test_a_form_that_does_not_say_so_is_an_invalid_request(
    house: House, path: str, content_type: str
) -> None:
    answer = await house.anyone.post(path, content=b"{}", headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_crowd_at_the_password_door_is_told_to_come_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overrun(*_: object) -> str:
        raise HashingOverloaded

    monkeypatch.setattr(type(house.world.passwords), "hash", overrun)
    monkeypatch.setattr(type(house.world.passwords), "verify", overrun)

    answers = [
        await house.anyone.post("/auth/register", json=NEW),
        await house.anyone.post("/auth/login", data={"username": "a@b.de", "password": PASSWORD}),
    ]

    for answer in answers:
        problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"]


async def test_me_is_who_has_the_token(house: House) -> None:
    candidate = await house.candidate()

    answer = await candidate.client.get("/auth/me")

    assert answer.json()["id"] == candidate.id


async def test_the_next_token_refreshes_and_the_old_one_has_its_grace(house: House) -> None:
    first = (await house.candidate()).refresh_token

    answered = await refreshed(house, first)
    again = await refreshed(house, first)

    assert answered.json()["refresh_token"] == again.json()["refresh_token"] != first


async def test_two_that_refresh_at_once_get_the_same_successor(house: House) -> None:
    token = (await house.candidate()).refresh_token

    one, other = await asyncio.gather(refreshed(house, token), refreshed(house, token))

    assert one.json()["refresh_token"] == other.json()["refresh_token"]


async def test_a_token_replayed_after_the_grace_ends_the_sign_in(
    house: House, clock: ManualClock
) -> None:
    candidate = await house.candidate()
    successor = (await refreshed(house, candidate.refresh_token)).json()["refresh_token"]
    clock.advance(timedelta(seconds=31))

    replayed = await refreshed(house, candidate.refresh_token)
    robbed = await refreshed(house, successor)

    assert replayed.json()["error"] == robbed.json()["error"] == "invalid_grant"
    problem(await candidate.client.get("/auth/me"), 401)


async def test_a_token_older_than_the_preceding_one_ends_the_sign_in_at_once(
    house: House,
) -> None:
    first = (await house.candidate()).refresh_token
    second = (await refreshed(house, first)).json()["refresh_token"]
    third = (await refreshed(house, second)).json()["refresh_token"]

    await refreshed(house, first)

    assert (await refreshed(house, third)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"refresh_token": "x.1.y"}, "invalid_request"),
        ({"grant_type": "password", "refresh_token": "x.1.y"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x.1.y"}, "invalid_grant"),
    ],
)
async def test_a_refused_refresh_speaks_as_oauth_does(
    house: House, form: dict[str, str], error: str
) -> None:
    answer = await house.anyone.post("/auth/refresh", data=form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_signing_out_ends_this_sign_in_only(house: House) -> None:
    here = await house.candidate()
    there = await house.sign_in(here.id, here.email)

    answer = await here.client.post("/auth/logout")

    assert (answer.status_code, answer.content) == (204, b"")
    problem(await here.client.get("/auth/me"), 401)
    assert (await refreshed(house, here.refresh_token)).json()["error"] == "invalid_grant"
    assert (await there.client.get("/auth/me")).status_code == 200


async def test_signing_out_everywhere_ends_every_sign_in(house: House, clock: ManualClock) -> None:
    here = await house.candidate()
    there = await house.sign_in(here.id, here.email)

    await here.client.post("/auth/logout", json={"everywhere": True})

    clock.advance(timedelta(seconds=6))
    problem(await there.client.get("/auth/me"), 401)


async def test_a_change_of_role_is_seen_within_five_seconds(
    house: House, clock: ManualClock
) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    await candidate.client.get("/auth/me")
    await admin.client.patch(f"/admin/users/{candidate.id}", json={"role": "admin"})

    clock.advance(timedelta(seconds=6))

    assert (await candidate.client.get("/admin/users")).status_code == 200


async def test_a_disabled_account_is_shut_out(house: House, clock: ManualClock) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    await admin.client.patch(f"/admin/users/{candidate.id}", json={"disabled": True})

    clock.advance(timedelta(seconds=6))

    problem(await candidate.client.get("/auth/me"), 401)
    assert (await signed_in(house, candidate, {})).json()["error"] == "invalid_grant"


async def test_a_browser_may_keep_its_refresh_token_in_a_cookie(house: House) -> None:
    candidate = await house.candidate()

    answer = await signed_in(house, candidate, COOKIE_MODE)

    assert "refresh_token" not in answer.json()
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/auth" in cookie
    assert "Secure" not in cookie


async def test_off_loopback_the_cookie_is_secure(clock: ManualClock) -> None:
    options = replace(OPTIONS, loopback=False, public_url="https://assay.example.org")
    async with House(clock=clock, options=options) as house:
        candidate = await house.candidate()
        answer = await signed_in(
            house, candidate, {**COOKIE_MODE, "Origin": "https://assay.example.org"}
        )

        assert "Secure" in answer.headers["set-cookie"]
        foreign = await signed_in(house, candidate, {**COOKIE_MODE, "Origin": BASE})
        problem(foreign, 403, "origin-not-allowed")


@pytest.mark.parametrize(
    ("public_url", "secure"),
    [
        ("http://localhost:8000", False),
        ("https://localhost", True),
        ("https://a.example.org", True),
    ],
)
async def test_behind_a_public_name_the_cookie_is_secure(
    clock: ManualClock,
    public_url: str,
    secure: bool,  # noqa: FBT001
) -> None:
    async with House(clock=clock, options=replace(OPTIONS, public_url=public_url)) as house:
        candidate = await house.candidate()

        answer = await signed_in(house, candidate, {**COOKIE_MODE, "Origin": public_url})

        assert ("Secure" in answer.headers["set-cookie"]) == secure


async def test_a_loopback_server_behind_a_public_name_takes_that_origin_only(
    clock: ManualClock,
) -> None:
    options = replace(OPTIONS, public_url="https://a.example.org")
    async with House(clock=clock, options=options) as house:
        problem(await signed_in(house, await house.candidate(), COOKIE_MODE), 403)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("127.8.9.1", 200),
        ("[::1]:8000", 200),
        ("rebound.example.org:8000", 403),
        ("localhost.example.org", 403),
        ("127.0.0.1.example.org", 403),
        ("192.168.1.5", 403),
        ("[", 403),
    ],
)
async def test_on_this_machine_the_cookie_is_for_its_own_names_only(
    house: House, host: str, status: int
) -> None:
    candidate = await house.candidate()
    headers = {"X-Refresh-Cookie": "1", "Host": host, "Origin": f"http://{host}"}

    assert (await signed_in(house, candidate, headers)).status_code == status


async def test_the_cookie_refreshes_and_moves_on(house: House) -> None:
    candidate = await house.candidate()
    browser = house.anyone
    await signed_in(house, candidate, COOKIE_MODE)

    answer = await browser.post(
        "/auth/refresh", data={"grant_type": "refresh_token"}, headers=COOKIE_MODE
    )

    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert "assay_refresh=" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Refresh-Cookie": "1"},
        {"X-Refresh-Cookie": "1", "Origin": "http://evil.example.org"},
        {"X-Refresh-Cookie": "1", "Origin": "null"},
        {"X-Refresh-Cookie": "1", "Origin": "http://localhost.evil.example.org"},
        {"X-Refresh-Cookie": "1", "Origin": "http://["},
    ],
)
async def test_the_cookie_is_not_for_pages_of_others(
    house: House, headers: Mapping[str, str]
) -> None:
    candidate = await house.candidate()
    await signed_in(house, candidate, COOKIE_MODE)

    answer = await house.anyone.post(
        "/auth/refresh", data={"grant_type": "refresh_token"}, headers=headers
    )

    problem(answer, 403, "origin-not-allowed")


async def test_the_cookie_alone_does_nothing(house: House) -> None:
    candidate = await house.candidate()
    await signed_in(house, candidate, COOKIE_MODE)

    answer = await house.anyone.post("/auth/refresh", data={"grant_type": "refresh_token"})

    assert answer.json()["error"] == "invalid_request"
    problem(await house.anyone.get("/auth/me"), 401)


async def test_signing_out_clears_the_cookie(house: House) -> None:
    candidate = await house.candidate()

    answer = await candidate.client.post("/auth/logout", headers=COOKIE_MODE)

    assert "assay_refresh=" in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_an_expired_token_does_not_do(house: House, clock: ManualClock) -> None:
    candidate = await house.candidate()

    clock.advance(timedelta(minutes=15))

    answer = await candidate.client.get("/auth/me")
    problem(answer, 401, "not-signed-in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer x.y.z",
        "Bearer " + jwt.encode({"sub": "1"}, "", algorithm="none"),
        "Bearer " + jwt.encode({"sub": "1", "role": "admin"}, "k" * 32, algorithm="HS256"),
    ],
)
async def test_a_token_that_is_not_ours_does_not_do(house: House, header: str) -> None:
    answer = await house.anyone.get("/admin/users", headers={"Authorization": header})

    problem(answer, 401, "not-signed-in")


async def signed_in(house: House, person: Person, headers: Mapping[str, str]) -> httpx.Response:
    form = {"username": person.email, "password": PASSWORD}
    return await house.anyone.post("/auth/login", data=form, headers=headers)


async def refreshed(house: House, token: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await house.anyone.post("/auth/refresh", data=form)
