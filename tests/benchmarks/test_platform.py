"""What the whole platform does in a second, on this machine, in one run. Judges nothing."""

import asyncio
import json
import statistics
import time
from pathlib import Path

from tests.benchmarks.load import get, load, post_json
from tests.journeys import server
from tests.journeys.api import ADMIN_EMAIL, ADMIN_ENVIRONMENT, ADMIN_PASSWORD, Client, signed_in

ROUNDS = 3
LIST_REQUESTS, SUBMIT_REQUESTS, JUDGED = 2_000, 300, 60
TESTS_EACH = 10


def test_platform(tmp_path: Path) -> None:
    with server.running(tmp_path, environment=ADMIN_ENVIRONMENT) as running:
        print(f"\nidle server: {_resident_mib(running.process.pid):.0f} MiB resident")
        with signed_in(running.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
            _judging(admin)
            _routes(running.url, admin)
        print(f"after the load: {_resident_mib(running.process.pid):.0f} MiB resident")


def _judging(admin: Client) -> None:
    challenge_id = admin.create_challenge("echo")
    admin.upload(
        challenge_id,
        [
            {"visibility": "hidden", "input": f"{n}\n", "expected_output": f"{n}\n"}
            for n in range(TESTS_EACH)
        ],
    )
    for language, source in {"bash": "cat", "python3": "print(input())"}.items():
        began = time.perf_counter()
        for _ in range(JUDGED):
            admin.submit(challenge_id, language, source)
        _wait_until_judged(admin)
        took = time.perf_counter() - began
        print(
            f"judged: {JUDGED / took:.1f} submissions/s, "
            f"{JUDGED * TESTS_EACH / took:.0f} tests/s ({language}, {TESTS_EACH} tests each)"
        )


def _wait_until_judged(admin: Client) -> None:
    while any(s["status"] != "done" for s in admin.all_submissions()):
        pass


def _routes(url: str, admin: Client) -> None:
    token = str(admin.http.headers["Authorization"]).removeprefix("Bearer ")
    challenge_id = admin.create_challenge("never", status="archived")
    admin.upload(challenge_id, [{"visibility": "hidden", "input": "1\n", "expected_output": "1\n"}])
    body = json.dumps(
        {"challenge_id": challenge_id, "language": "bash", "source": "exit 1"}
    ).encode()
    requests = {
        "list of challenges": (lambda _: get("/candidate/challenges", token), LIST_REQUESTS),
        "list of submissions": (lambda _: get("/candidate/submissions", token), LIST_REQUESTS),
        "submit": (lambda _: post_json("/candidate/submissions", token, body), SUBMIT_REQUESTS),
    }
    for name, (request, count) in requests.items():
        rounds = [asyncio.run(load(url, request, count=count)) for _ in range(ROUNDS)]
        speeds = [one.per_second for one in rounds]
        print(
            f"{name}: {statistics.median(speeds):.0f} requests/s "
            f"({min(speeds):.0f} to {max(speeds):.0f}), statuses {rounds[-1].statuses}"
        )


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
