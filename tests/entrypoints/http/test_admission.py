"""How often someone may do something, who is counted as one, and what is said when it breaks."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from adapters.memory.clock import ManualClock
from application.ports.rate_limiter import Allowance, RatePolicy
from application.ports.storage import StoreUnavailable
from entrypoints.http.clients import client_address, network_of
from tests.application.world import PASSWORD
from tests.entrypoints.http.house import (
    OPTIONS,
    House,
    problem,
)

LIMITED = replace(OPTIONS, rate_limits=True)


async def test_answers_say_how_much_is_left(clock: ManualClock) -> None:
    async with House(clock=clock, options=LIMITED) as house:
        candidate = await house.candidate()

        first = await candidate.client.get("/auth/me")
        second = await candidate.client.get("/auth/me")

        assert first.headers["ratelimit-policy"] == '"read";q=600;w=60'
        assert first.headers["ratelimit"] == '"read";r=599;t=1'
        assert second.headers["ratelimit"] == '"read";r=598;t=1'


async def test_submissions_are_limited_for_each_user(clock: ManualClock) -> None:
    async with House(clock=clock, options=LIMITED) as house:
        one, other = await house.candidate(), await house.candidate("other@example.org")
        body = {"challenge_id": "x", "language": "python3", "source": "echo"}
        path = "/candidate/submissions"

        answers = [await one.client.post(path, json=body) for _ in range(31)]

        assert [answer.status_code for answer in answers] == [404] * 30 + [429]
        refused = answers[-1]
        problem(refused, 429, "quota-exceeded")
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["ratelimit"].startswith('"submit";r=0')
        assert (await other.client.post(path, json=body)).status_code == 404
        clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
        assert (await one.client.post(path, json=body)).status_code == 404


async def test_guessing_is_limited_for_an_address_and_an_email_together(
    clock: ManualClock,
) -> None:
    async with House(clock=clock, options=LIMITED) as house:
        await house.world.a_candidate("c@example.org")
        attacker, owner = house.client(address="203.0.113.1"), house.client(address="203.0.113.2")

        guesses = [await _sign_in(attacker, "c@example.org", "a wrong one") for _ in range(11)]

        assert [guess.status_code for guess in guesses] == [400] * 10 + [429]
        assert (await _sign_in(attacker, "C@Example.org ", PASSWORD)).status_code == 429
        assert (await _sign_in(owner, "c@example.org", PASSWORD)).status_code == 200


async def test_the_limiter_keeps_no_name_that_was_typed(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with House(clock=clock, options=LIMITED) as house:
        keys: list[str] = []
        take = house.limiter.take

        async def noted(policy: RatePolicy, key: str) -> Allowance:
            keys.append(key)
            return await take(policy, key)

        monkeypatch.setattr(house.limiter, "take", noted)

        await _sign_in(house.anyone, "typed" * 10_000, PASSWORD)

        assert max(len(key) for key in keys) < 200
        assert not any("typed" in key for key in keys)


async def test_a_whole_class_behind_one_address_can_sign_in(clock: ManualClock) -> None:
    async with House(clock=clock, options=LIMITED) as house:
        answers = [
            await _sign_in(house.anyone, f"c{number}@example.org", "wrong password")
            for number in range(200)
        ]

        assert {answer.status_code for answer in answers} == {400}


async def test_limits_can_be_lifted(house: House) -> None:
    answers = [await _sign_in(house.anyone, "c@example.org", "wrong password") for _ in range(20)]

    assert {answer.status_code for answer in answers} == {400}
    assert "ratelimit" not in answers[0].headers


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "garbage", "garbage"),
        ("10.0.0.1", "198.51.100.1:5678", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:5678, 10.0.0.7:80", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str, seen: str) -> None:
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}

    assert client_address(scope, ("10.0.0.0/8",)) == seen  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::2", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("garbage", "unknown"),
    ],
)
def test_an_ipv6_subscriber_is_one(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_a_store_that_is_down_is_a_503_and_recovers(house: House) -> None:
    candidate = await house.candidate()
    submissions = house.world.submissions
    real = submissions.list

    async def down(*_: object, **__: object) -> None:
        raise StoreUnavailable("mysql at 10.0.0.5")

    submissions.list = down  # type: ignore[assignment,method-assign]
    answer = await candidate.client.get("/candidate/submissions")
    submissions.list = real  # type: ignore[method-assign]

    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "mysql" not in answer.text
    assert (await candidate.client.get("/candidate/submissions")).status_code == 200


async def test_what_nobody_foresaw_is_a_500_that_tells_nothing(house: House) -> None:
    candidate = await house.candidate()

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("SELECT secret FROM /etc/passwd")

    house.world.submissions.list = broken  # type: ignore[assignment,method-assign]
    answer = await candidate.client.get("/candidate/submissions")

    problem(answer, 500, "internal-error")
    assert "SELECT" not in answer.text
    assert "Traceback" not in answer.text


async def _sign_in(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post("/auth/login", data={"username": email, "password": password})
