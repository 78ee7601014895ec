"""How long those wait who hand in while much is rejudged, through a real server. Judges nothing."""

import json
import time
from pathlib import Path

from tests.benchmarks.measured import Spread
from tests.journeys import server
from tests.journeys.api import ADMIN_EMAIL, ADMIN_ENVIRONMENT, ADMIN_PASSWORD, Client, signed_in

REJUDGED, LIVE = 200, 40
PAUSE_S = 0.2
PROGRAM = "sleep 0.1; cat"


def test_waiting_beside_a_rejudge(tmp_path: Path) -> None:
    with (
        server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as running,
        signed_in(running.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin,
    ):
        challenge_id = admin.create_challenge("echo")
        tests = [
            {"visibility": "hidden", "input": f"{n}", "expected_output": f"{n}"} for n in "123"
        ]
        admin.upload(challenge_id, tests)
        for _ in range(REJUDGED):
            admin.submit(challenge_id, "bash", PROGRAM)
        while any(one["status"] != "done" for one in admin.all_submissions()):
            pass
        alone = [_seconds_until_running(admin, challenge_id) for _ in range(LIVE)]
        body = {"filter": {"challenge_id": challenge_id}, "version": "same"}
        made = admin.http.post("/admin/rejudge-sets", json=body).json()
        time.sleep(2)
        beside = [_seconds_until_running(admin, challenge_id) for _ in range(LIVE)]
        progress = admin.http.get(f"/admin/rejudge-sets/{made['id']}").json()["progress"]
        print(f"\nuntil judging begins, alone:  {Spread.of([1000 * s for s in alone])} ms")
        print(f"beside a rejudge of {REJUDGED}:      {Spread.of([1000 * s for s in beside])} ms")
        print(f"the rejudge after that: {progress}")


def _seconds_until_running(admin: Client, challenge_id: str) -> float:
    """From the request to hand in to the event of its beginning."""
    began = time.perf_counter()
    submission_id = admin.submit(challenge_id, "bash", PROGRAM)
    seconds = 0.0
    path = f"/candidate/submissions/{submission_id}/events"
    with admin.http.stream("GET", path, timeout=60) as events:
        for line in events.iter_lines():
            text = line.removeprefix("data: ")
            if text.startswith("{") and json.loads(text).get("status") == "running" and not seconds:
                seconds = time.perf_counter() - began
    time.sleep(PAUSE_S)
    return seconds
