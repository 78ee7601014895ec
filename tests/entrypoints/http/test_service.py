"""Health, figures, and the description that the server gives of itself."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import pytest

from adapters.memory.clock import ManualClock
from application.ports.storage import StoreUnavailable
from application.ports.submissions import QueueState
from application.ports.task_queue import QueueUnavailable
from entrypoints import metrics
from entrypoints.http import readiness
from entrypoints.http.app import operations_of
from entrypoints.http.examples import EXAMPLES
from entrypoints.http.pages import page_of
from tests.entrypoints.http.house import OPTIONS, House, problem


async def test_the_process_is_up(house: House) -> None:
    assert (await house.anyone.get("/health/live")).json() == {"status": "alive"}


async def test_readiness_names_each_dependency(house: House) -> None:
    answer = await house.anyone.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["dependencies"] == {
        "storage": True,
        "submissions": True,
        "blob_store": True,
        "languages": True,
        "queue": True,
        "progress": True,
        "rate_limiter": True,
    }
    assert (answer.json()["ready"], answer.json()["degraded"]) == (True, False)


async def test_a_dependency_that_is_down_is_named_and_makes_a_503(house: House) -> None:
    async def down() -> None:
        raise StoreUnavailable("blob store")

    house.world.blobs.check = down  # type: ignore[method-assign]

    answer = await house.anyone.get("/health/ready")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["dependencies"]["blob_store"] is False
    assert answer.json()["ready"] is False


async def test_what_requests_can_do_without_only_degrades(house: House) -> None:
    async def down() -> None:
        raise QueueUnavailable

    house.world.queue.check = down  # type: ignore[method-assign]

    answer = await house.anyone.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["dependencies"]["queue"] is False
    assert (answer.json()["ready"], answer.json()["degraded"]) == (True, True)


async def test_dependencies_that_hang_are_waited_for_a_second_all_together(house: House) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    world = house.world
    hanging = (world.storage, world.blobs, world.submissions, world.queue, world.progress)
    for dependency in hanging:
        dependency.check = hang  # type: ignore[method-assign] # this one object's, for good
    started = asyncio.get_running_loop().time()

    answer = await house.anyone.get("/health/ready")

    assert answer.status_code == 503
    assert asyncio.get_running_loop().time() - started < len(hanging) - 0.1
    down = {name for name, up in answer.json()["dependencies"].items() if not up}
    assert len(down) == len(hanging)


async def test_however_many_ask_the_dependencies_are_looked_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_FRESH_S", 3)  # twenty may take longer than a second
    looks = 0
    check = house.world.blobs.check

    async def counted() -> None:
        nonlocal looks
        looks += 1
        await check()

    house.world.blobs.check = counted  # type: ignore[method-assign]

    await asyncio.gather(*(house.anyone.get("/health/ready") for _ in range(20)))
    at_once = looks
    async with asyncio.timeout(60):
        while looks == at_once:
            await asyncio.sleep(0.05)
            await house.anyone.get("/health/ready")

    assert (at_once, looks) == (1, 2)


async def test_figures_are_for_this_machine(house: House) -> None:
    await house.anyone.get("/candidate/submissions/17")

    near = await house.client(address="127.0.0.1").get("/metrics")

    assert near.headers["content-type"].startswith("text/plain")
    assert (
        'assay_http_requests_total{method="GET",route="/candidate/submissions/{submission_id}",'
        'status="401"} 1.0' in near.text
    )
    problem(await house.anyone.get("/metrics"), 403)


async def test_the_queue_is_among_the_figures_and_asked_for_once_a_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_FRESH_S", 60)  # ten may take longer than a second
    looks = 0
    queue_state = house.world.submissions.queue_state

    async def counted(now: datetime) -> QueueState:
        nonlocal looks
        looks += 1
        return await queue_state(now)

    house.world.submissions.queue_state = counted  # type: ignore[method-assign]
    near = house.client(address="127.0.0.1")

    answers = await asyncio.gather(*(near.get("/metrics") for _ in range(10)))

    assert all('assay_queue_due{class="submission"} 0.0' in answer.text for answer in answers)
    assert looks == 1


async def test_figures_are_there_while_the_store_is_away(house: House) -> None:
    async def away(now: datetime) -> QueueState:  # noqa: ARG001 - as its port has it
        raise StoreUnavailable("MongoDB")

    house.world.submissions.queue_state = away  # type: ignore[method-assign]

    answer = await house.client(address="127.0.0.1").get("/metrics")

    assert answer.status_code == 200
    assert "assay_queue_due{" not in answer.text


async def test_figures_are_for_whoever_has_the_token(clock: ManualClock) -> None:
    options = replace(OPTIONS, metrics_token="figures please")  # noqa: S106 - of nobody
    async with House(clock=clock, options=options) as house:
        right = {"Authorization": "Bearer figures please"}
        wrong = {"Authorization": "Bearer figures, please"}

        assert (await house.anyone.get("/metrics", headers=right)).status_code == 200
        problem(await house.anyone.get("/metrics", headers=wrong), 401)
        problem(await house.anyone.get("/metrics"), 401)


async def test_a_proxy_on_this_machine_does_not_make_others_near(house: House) -> None:
    near = house.client(address="127.0.0.1")

    problem(await near.get("/metrics", headers={"X-Forwarded-For": "203.0.113.1"}), 403)


@pytest.mark.parametrize(
    "change", [{"loopback": False}, {"public_url": "https://assay.example.org"}]
)
async def test_where_others_may_come_nobody_is_near(
    clock: ManualClock, change: dict[str, Any]
) -> None:
    async with House(clock=clock, options=replace(OPTIONS, **change)) as house:
        problem(await house.client(address="127.0.0.1").get("/metrics"), 403)


async def test_the_root_leads_to_the_description(house: House) -> None:
    answer = await house.anyone.get("/")

    assert (answer.status_code, answer.headers["location"]) == (302, "/schema")


async def test_the_description_has_a_page_that_runs_and_loads_nothing(house: House) -> None:
    answer = await house.anyone.get("/schema")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not [word for word in ("script", "unsafe", "http:", "https:") if word in policy]
    assert not [word for word in ("<script", "src=", "<link", "onload") if word in answer.text]


async def test_the_page_tells_of_every_operation(house: House) -> None:
    page = (await house.anyone.get("/schema")).text
    document = (await house.anyone.get("/schema/openapi.json")).json()

    told = [(m.upper(), path) for path, found in document["paths"].items() for m in found]
    assert [name for name in told if f"<code>{' '.join(name)}</code>" not in page] == []


def test_a_page_shows_what_looks_like_markup_as_text() -> None:
    operation = {
        "operationId": "x",
        "summary": "<b>",
        "description": "<script>alert(1)</script> `<i>`",
        "tags": ["T"],
        "parameters": [],
        "responses": {"200": {"description": "<u>"}},
    }
    page = page_of(
        {
            "info": {"title": "<t>", "version": "1", "description": ""},
            "tags": [{"name": "T", "description": ""}],
            "paths": {"/x": {"get": operation}},
            "components": {"schemas": {"S": {"pattern": "</pre><script>"}}},
        }
    )

    assert not [tag for tag in ("<b>", "<script", "<i>", "<u>", "<t>") if tag in page]
    assert "<code>&lt;i&gt;</code>" in page


async def test_the_document_describes_every_operation_with_examples(house: House) -> None:
    document = (await house.anyone.get("/schema/openapi.json")).json()

    described = [operation for path in document["paths"].values() for operation in path.values()]
    assert document["openapi"] == "3.1.0"
    assert len(described) == len(list(operations_of(house.app)))
    assert all(o["summary"] and o["description"] and o["tags"] for o in described)
    assert len({o["operationId"] for o in described}) == len(described)
    assert [o["operationId"] for o in described if not _has_examples(o)] == []


async def test_the_contracts_paths_are_all_there(house: House) -> None:
    document = (await house.anyone.get("/schema/openapi.json")).json()

    there = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }

    assert there >= {
        "POST /auth/register",
        "POST /auth/login",
        "POST /auth/refresh",
        "POST /auth/logout",
        "GET /auth/me",
        "GET /candidate/challenges",
        "GET /candidate/challenges/{challenge_id}",
        "GET /candidate/languages",
        "POST /candidate/submissions",
        "GET /candidate/submissions",
        "GET /candidate/submissions/{submission_id}",
        "GET /candidate/submissions/{submission_id}/events",
        "POST /candidate/runs",
        "GET /candidate/runs/{run_id}",
        "GET /candidate/runs/{run_id}/events",
        "GET /candidate/leaderboard",
        "GET /candidate/challenges/{challenge_id}/leaderboard",
        "POST /admin/challenges",
        "GET /admin/challenges",
        "GET /admin/challenges/{challenge_id}",
        "PUT /admin/challenges/{challenge_id}",
        "POST /admin/challenges/{challenge_id}/testcases",
        "GET /admin/challenges/{challenge_id}/testcases",
        "DELETE /admin/challenges/{challenge_id}/testcases/{testcase_id}",
        "GET /admin/testcases/{testcase_id}/input",
        "GET /admin/testcases/{testcase_id}/expected_output",
        "GET /admin/submissions",
        "GET /admin/submissions/{submission_id}",
        "POST /admin/submissions/{submission_id}/rejudge",
        "GET /admin/analytics",
        "GET /admin/users",
        "PATCH /admin/users/{user_id}",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
        "GET /schema",
        "GET /schema/openapi.json",
    }


@pytest.mark.parametrize("type_", list(EXAMPLES), ids=lambda type_: type_.__name__)
def test_an_example_is_one(type_: type) -> None:
    msgspec.json.decode(json.dumps(EXAMPLES[type_]), type=type_)


def _has_examples(operation: dict[str, object]) -> bool:
    """Whether each JSON body of the operation has one."""
    text = json.dumps(operation)
    wanted = text.count('"application/json": {') + text.count('"application/x-www-form-urlencoded"')
    return text.count('"example": ') >= wanted - text.count('"type": "object"')
