"""Requests a second on MySQL, MongoDB, S3 and Redis, beside a bare route of the same bytes."""

import asyncio
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.load import Load, get, load, post_json
from tests.journeys import server
from tests.journeys.api import ADMIN_EMAIL, ADMIN_ENVIRONMENT, ADMIN_PASSWORD, Client, signed_in
from tests.journeys.sets import SETS, working
from tests.services.process import PrivateServer, answers, free_port

ROUNDS = 5
COUNT = 500
STORED = 200
CHALLENGES = 30
SUBMIT = "/candidate/submissions"
JSON = {"Content-Type": "application/json"}

Request = Callable[[int], bytes]


def test_production(tmp_path: Path) -> None:
    environment = SETS["redis"]() | ADMIN_ENVIRONMENT
    server.run(tmp_path, "migrate", environment=environment)
    with working(tmp_path / "worker", environment):
        pass  # its languages are known from now on, and nobody judges
    with (
        server.running(tmp_path, environment=environment) as running,
        signed_in(running.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin,
    ):
        paths, body = _filled(admin)
        bare = _bare(tmp_path, admin, paths, body)
        try:
            token = str(admin.http.headers["Authorization"]).removeprefix("Bearer ")
            print("\nNobody judges meanwhile; 8 connections; MongoDB is a stand-in in Python.")
            for name, path in paths.items():
                _compare(name, running.url, bare, _reading(path, token))
            _compare("submit", running.url, bare, lambda _: post_json(SUBMIT, token, body))
        finally:
            bare.kill()


def _filled(admin: Client) -> tuple[dict[str, str], bytes]:
    challenges = [admin.create_challenge(f"challenge-{n}") for n in range(CHALLENGES)]
    for challenge in challenges[:1]:
        admin.upload(
            challenge, [{"visibility": "hidden", "input": "1\n", "expected_output": "1\n"}]
        )
    ids = [admin.submit(challenges[0], "bash", "cat") for _ in range(STORED)]
    paths = {
        "list of challenges": "/candidate/challenges",
        "list of submissions": "/candidate/submissions",
        "detail of a challenge": f"/candidate/challenges/{challenges[0]}",
        "detail of a submission": f"/candidate/submissions/{ids[0]}",
    }
    body = {"challenge_id": challenges[0], "language": "bash", "source": "cat"}
    return paths, json.dumps(body).encode()


def _bare(folder: Path, admin: Client, paths: dict[str, str], body: bytes) -> PrivateServer:
    same = {path: admin.http.get(path).text for path in paths.values()}
    same[f"{SUBMIT}/posted"] = admin.http.post(SUBMIT, content=body, headers=JSON).text
    file = folder / "answers.json"
    file.write_text(json.dumps(same), "utf-8")
    port = free_port()
    bare = PrivateServer(
        name="bare",
        command=[sys.executable, "-m", "tests.benchmarks.bare", str(port), str(file)],
        folder=folder,
        ready=lambda: answers(port),
        environment={"PYTHONPATH": str(Path.cwd())},
    )
    bare.start()
    return bare


def _compare(name: str, url: str, bare: PrivateServer, request: Request) -> None:
    """Rounds by turns, so that a noisy moment meets both."""
    bare_url = f"http://127.0.0.1:{bare.command[-2]}"
    ours: list[Load] = []
    theirs: list[Load] = []
    for _ in range(ROUNDS):
        ours.append(asyncio.run(load(url, request, count=COUNT)))
        theirs.append(asyncio.run(load(bare_url, request, count=COUNT)))
    ratios = [one.per_second / other.per_second for one, other in zip(ours, theirs, strict=True)]
    print(
        f"{name}: {_speed(ours)}; bare {_speed(theirs)}; ratio {statistics.median(ratios):.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f}); statuses {ours[-1].statuses}"
    )


def _reading(path: str, token: str) -> Request:
    return lambda _: get(path, token)


def _speed(rounds: list[Load]) -> str:
    speeds = [one.per_second for one in rounds]
    p50 = statistics.median(one.percentile_ms(50) for one in rounds)
    p99 = statistics.median(one.percentile_ms(99) for one in rounds)
    return (
        f"{statistics.median(speeds):.0f} requests/s ({min(speeds):.0f} to {max(speeds):.0f}), "
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    )
