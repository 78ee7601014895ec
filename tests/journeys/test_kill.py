"""`kill -9` of the server, at any moment: nothing that it took is lost, nothing is judged twice."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
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

pytestmark = pytest.mark.timeout(600)  # two hundred submissions, on two servers

SUBMISSIONS = 200
DONE_BEFORE_THE_KILL = 20
EMAIL, PASSWORD = "cand@example.org", "another long password"

PROGRAMS = {
    "accepted": "read x; echo $((x * 2))",
    "wrong_answer": "read x; echo $((x * 3))",
    "runtime_error": "exit 3",
    "compile_error": "if then fi (",
}
TESTS = [
    {"visibility": "public", "input": "1\n", "expected_output": "2\n"},
    {"visibility": "hidden", "input": "21\n", "expected_output": "42\n"},
    {"visibility": "hidden", "input": "-4\n", "expected_output": "-8\n"},
]


def test_two_hundred_submissions_survive_a_kill(tmp_path: Path) -> None:
    expected: dict[str, str] = {}
    with server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as first:
        challenge_id = _a_challenge(first.url)
        register(first.url, EMAIL, PASSWORD)
        with signed_in(first.url, EMAIL, PASSWORD) as candidate:
            with ThreadPoolExecutor(8) as pool:
                verdicts = [list(PROGRAMS)[n % len(PROGRAMS)] for n in range(SUBMISSIONS)]
                sent = [(v, pool.submit(_hand_in, candidate, challenge_id, v)) for v in verdicts]
                expected |= {str(answer.result()): verdict for verdict, answer in sent}
            _wait_for_done(candidate, DONE_BEFORE_THE_KILL)
            first.kill()

    with (
        server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as second,
        signed_in(second.url, EMAIL, PASSWORD) as candidate,
        signed_in(second.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin,
    ):
        _wait_for_done(candidate, SUBMISSIONS)
        outcomes = {str(s["id"]): s["verdict"] for s in candidate.all_submissions()}
        judgements = Counter(
            admin.http.get(f"/admin/submissions/{one}").json()["judgement"] for one in outcomes
        )

    assert outcomes == expected
    assert judgements == {1: SUBMISSIONS}


def test_what_was_acknowledged_while_the_server_died_is_there(tmp_path: Path) -> None:
    with server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as first:
        challenge_id = _a_challenge(first.url)
        register(first.url, EMAIL, PASSWORD)
        with (
            signed_in(first.url, EMAIL, PASSWORD) as candidate,
            ThreadPoolExecutor(8) as pool,
        ):
            sent = [
                pool.submit(_hand_in, candidate, challenge_id, "accepted")
                for _ in range(SUBMISSIONS)
            ]
            _wait_for_done(candidate, 3)
            first.kill()
            acknowledged = {answer.result() for answer in sent if not answer.exception(timeout=60)}

    with (
        server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as second,
        signed_in(second.url, EMAIL, PASSWORD) as candidate,
    ):
        stored = candidate.all_submissions()
        _wait_for_done(candidate, len(stored))
        outcomes = {str(s["id"]): s["verdict"] for s in candidate.all_submissions()}

    assert acknowledged
    assert acknowledged <= set(outcomes)
    assert set(outcomes.values()) == {"accepted"}


def _a_challenge(url: str) -> str:
    with signed_in(url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
        challenge_id = admin.create_challenge("double")
        admin.upload(challenge_id, TESTS)
        return challenge_id


def _hand_in(candidate: Client, challenge_id: str, verdict: str) -> str:
    return candidate.submit(challenge_id, "bash", PROGRAMS[verdict])


def _wait_for_done(candidate: Client, count: int) -> None:
    """Until at least so many are done; asks the server, which takes its time to answer."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        done = [s for s in candidate.all_submissions() if s["status"] == "done"]
        if len(done) >= count:
            return
    pytest.fail(f"fewer than {count} are done after {PATIENCE_S} s")


def test_a_second_server_on_the_same_home_is_refused(tmp_path: Path) -> None:
    with server.running(tmp_path) as first:
        with pytest.raises(AssertionError, match="in use by another server"):
            server.start(tmp_path)

        assert httpx.get(f"{first.url}/health/live", timeout=10).status_code == 200


def test_a_stop_ends_the_server_soon_although_a_stream_is_open(tmp_path: Path) -> None:
    with server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as running:
        challenge_id = _a_challenge(running.url)
        with signed_in(running.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
            submission_id = admin.submit(challenge_id, "bash", "sleep 30")
            path = f"/candidate/submissions/{submission_id}/events"
            with admin.http.stream("GET", path) as events:
                next(events.iter_lines())
                assert running.stop() == 0
