"""A rejudge set through a real server, killed while it is judged and while it is applied."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.journeys import server
from tests.journeys.api import (
    ADMIN_EMAIL,
    ADMIN_ENVIRONMENT,
    ADMIN_PASSWORD,
    PATIENCE_S,
    Client,
    register,
    signed_in,
)

pytestmark = pytest.mark.timeout(600)  # a hundred judgements on three servers

EMAIL, PASSWORD = "cand@example.org", "another long password"
DOUBLE, TRIPLE = "read x; echo $((x * 2))", "read x; echo $((x * 3))"
EACH = 20
APPLYING_S = 0.02
"""Until the kill: the decision is taken, or about to be."""
Json = dict[str, object]


def test_a_set_survives_kills_and_is_applied_whole(tmp_path: Path) -> None:
    with server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as first:
        register(first.url, EMAIL, PASSWORD)
        with (
            signed_in(first.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin,
            signed_in(first.url, EMAIL, PASSWORD) as candidate,
        ):
            challenge_id = admin.create_challenge("times")
            admin.upload(challenge_id, [_a_test("21", "42")])
            handed_in = [
                candidate.submit(challenge_id, "bash", program)
                for program in (DOUBLE, TRIPLE)
                for _ in range(EACH)
            ]
            for one in handed_in:
                candidate.wait_for_done(one)
            _replace(admin, challenge_id, _a_test("21", "63"))
            made = admin.http.post(
                "/admin/rejudge-sets", json={"filter": {"challenge_id": challenge_id}}
            ).json()
            _wait(admin, made, lambda seen: _count(seen, "waiting") < 2 * EACH)
            first.kill()

    with (
        server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as second,
        signed_in(second.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin,
    ):
        seen = _wait(admin, made, lambda seen: seen["state"] == "ready")
        before = _verdicts(admin)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(admin.http.post, f"/admin/rejudge-sets/{made['id']}/apply")
            time.sleep(APPLYING_S)
            second.kill()
            answer.exception(timeout=60)

    with (
        server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as third,
        signed_in(third.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin,
    ):
        found = admin.http.get(f"/admin/rejudge-sets/{made['id']}").json()
        if found["state"] == "ready":  # the kill came before the decision was taken
            admin.http.post(f"/admin/rejudge-sets/{made['id']}/apply").raise_for_status()
        _wait(admin, made, lambda seen: seen["state"] == "applied")
        after = _verdicts(admin)
        old = admin.http.get(f"/admin/submissions/{handed_in[0]}?judgement=1").json()

    assert _count(seen, "changed") == 2 * EACH
    assert {one: before[one] for one in handed_in[:EACH]} == dict.fromkeys(
        handed_in[:EACH], "accepted"
    )
    assert after == {
        one: ("wrong_answer" if n < EACH else "accepted") for n, one in enumerate(handed_in)
    }
    assert old["verdict"] == "accepted"


def _a_test(given: str, expected: str) -> Json:
    return {"visibility": "hidden", "input": f"{given}\n", "expected_output": f"{expected}\n"}


def _replace(admin: Client, challenge_id: str, test: Json) -> None:
    answer = admin.http.post(
        f"/admin/challenges/{challenge_id}/testcases",
        json={"mode": "replace", "testcases": [test]},
    )
    assert answer.status_code == 201, answer.text


def _wait(admin: Client, made: Json, until: Callable[[Json], bool]) -> Json:
    """The set when it has come that far; asks the server, which takes its time to answer."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        seen: Json = admin.http.get(f"/admin/rejudge-sets/{made['id']}").json()
        if until(seen):
            return seen
    raise AssertionError(f"the set has not come so far after {PATIENCE_S} s: {seen}")


def _count(seen: Json, state: str) -> int:
    progress = seen["progress"]
    assert isinstance(progress, dict)
    return int(progress[state])


def _verdicts(admin: Client) -> dict[str, object]:
    return {str(one["id"]): one["verdict"] for one in admin.all_submissions("/admin/submissions")}
