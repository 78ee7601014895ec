"""Every part of the platform is killed in turn while candidates hand in: nothing is lost.

Afterwards every submission that was acknowledged is judged, once, with the verdict that its
program deserves; boards and analytics say what a recount says; and nobody was told anything that
was not so. What was seen is printed.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.journeys.api import ADMIN_EMAIL, ADMIN_PASSWORD, Client, register, signed_in
from tests.journeys.faults.crowd import TESTS, Crowd
from tests.journeys.faults.faults import (
    OF_BROKERS,
    OF_STORES,
    OF_THE_PROGRAM,
    PATIENCE_S,
    Fault,
)
from tests.journeys.faults.stage import Stage
from tests.soaking import SOAKING

SUBMISSIONS = (
    {"redis": 10_000, "rabbitmq": 2_000, "kafka": 2_000}
    if SOAKING
    else {"redis": 500, "rabbitmq": 100, "kafka": 100}
)
AT_ONCE = 0.4
"""The part handed in before the first fault, so that there is always something to lose."""
PER_SECOND = 8.0 if SOAKING else 2.5
CANDIDATES = 5
PASSWORD = "another long password"  # noqa: S105 - of nobody

pytestmark = pytest.mark.timeout(0 if SOAKING else 1_500)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(folder=tmp_path)
    try:
        yield stage
    finally:
        stage.tear_down()


@pytest.mark.parametrize("broker", OF_BROKERS)
def test_nothing_is_lost_whatever_dies(stage: Stage, broker: str) -> None:
    stage.set_up(broker)
    stores = OF_STORES if broker == "redis" else {}
    faults = {**stores, **OF_BROKERS[broker], **OF_THE_PROGRAM}
    count = SUBMISSIONS[broker]
    challenge_id = _a_challenge_and_candidates(stage.url)
    crowd = Crowd([stage.url], challenge_id, partial(_token, stage.url), CANDIDATES)

    with _at_work(crowd, count) as handed_in:
        for name, fault in _in_rounds(faults, handed_in):
            fault(stage, challenge_id)
            print(f"{name}: judging again after {_seconds_until_judged(stage, challenge_id):.1f} s")

    _wait_until_all_are_judged(stage.url)
    print(f"{broker}: {crowd.seen}")
    assert len(crowd.seen.acknowledged) == count
    assert crowd.seen.statuses[httpx.codes.SERVICE_UNAVAILABLE] or not stores
    assert crowd.seen.wrong == []
    assert crowd.seen.hung == 0
    _assert_each_has_its_one_outcome(stage.url, crowd.seen.acknowledged)
    _assert_boards_and_analytics_are_a_recount(stage.url, challenge_id)


def _in_rounds(
    faults: Mapping[str, Fault], handed_in: threading.Event
) -> Iterator[tuple[str, Fault]]:
    """Every fault in turn; once, or, when soaking, until all is handed in."""
    yield from faults.items()
    while SOAKING and not handed_in.is_set():
        yield from faults.items()


@contextmanager
def _at_work(crowd: Crowd, count: int) -> Iterator[threading.Event]:
    """The crowd hands in, in a thread of its own, until all it handed in is acknowledged.

    What is yielded is set when all is handed in.
    """

    async def work() -> None:
        looking = asyncio.create_task(crowd.look_around())
        await crowd.hand_in(at_once, per_second=1_000)
        begun.set()
        await crowd.hand_in(count - at_once, per_second=PER_SECOND)
        handed_in.set()
        await asyncio.to_thread(over.wait)
        looking.cancel()
        await asyncio.wait({looking})

    at_once = min(200, int(AT_ONCE * count))
    begun, handed_in, over = threading.Event(), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        assert begun.wait(PATIENCE_S)
        yield handed_in
    finally:
        over.set()
        thread.join()


def _a_challenge_and_candidates(url: str) -> str:
    for number in range(CANDIDATES):
        register(url, _email(number), PASSWORD)
    with signed_in(url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
        challenge_id = admin.create_challenge("double")
        admin.upload(challenge_id, TESTS)
        return challenge_id


def _token(url: str, number: int) -> str:
    with signed_in(url, _email(number), PASSWORD) as candidate:
        return str(candidate.http.headers["Authorization"]).removeprefix("Bearer ")


def _email(number: int) -> str:
    return f"candidate-{number}@example.org"


def _seconds_until_judged(stage: Stage, challenge_id: str) -> float:
    """From now until something handed in now is judged."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        try:
            with signed_in(stage.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
                submission_id = admin.submit(challenge_id, "bash", "read x; echo $((x * 2))")
                assert admin.wait_for_done(submission_id)["verdict"] == "accepted"
                return time.monotonic() - began
        except (httpx.TransportError, AssertionError):
            time.sleep(0.2)
    pytest.fail("nothing is judged any more")


def _wait_until_all_are_judged(url: str) -> None:
    deadline = time.monotonic() + (3_600 if SOAKING else PATIENCE_S)
    with signed_in(url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
        while time.monotonic() < deadline:
            if not any(
                admin.all_submissions("/admin/submissions", status=status)
                for status in ("queued", "running")
            ):
                return
            time.sleep(0.5)
    pytest.fail("some are not judged")


def _assert_each_has_its_one_outcome(url: str, deserved: Mapping[str, str]) -> None:
    with signed_in(url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
        stored = _of_candidates(admin)
        outcomes = {str(one["id"]): str(one["verdict"]) for one in stored}
        judgements = Counter(
            admin.http.get(f"/admin/submissions/{one}").json()["judgement"] for one in deserved
        )
    assert outcomes == deserved
    assert judgements == {1: len(deserved)}


def _assert_boards_and_analytics_are_a_recount(url: str, challenge_id: str) -> None:
    with signed_in(url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin:
        ranked = _of_candidates(admin)
        board = admin.all_submissions(f"/candidate/challenges/{challenge_id}/leaderboard")
        analytics = admin.http.get(
            "/admin/analytics", params={"challenge_id": challenge_id}
        ).json()["items"][0]
    best: dict[object, float] = {}
    for one in ranked:
        best[one["user_id"]] = max(best.get(one["user_id"], 0), float(str(one["score"])))
    assert {line["user_id"]: line["score"] for line in board} == best
    assert analytics["submissions"] == len(ranked)
    assert analytics["verdicts"] == Counter(one["verdict"] for one in ranked)


def _of_candidates(admin: Client) -> list[dict[str, object]]:
    """Every submission of theirs: those of staff, who looked whether things go on, do not count."""
    return [s for s in admin.all_submissions("/admin/submissions") if s["ranked"]]
