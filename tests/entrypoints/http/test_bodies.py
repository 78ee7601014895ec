"""Bodies, queries and paths that are broken in every way that clients break them."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from adapters.memory.clock import ManualClock
from tests.entrypoints.http.house import OPTIONS, House, a_challenge, problem

JSON = {"Content-Type": "application/json"}
SUBMISSION = b'{"challenge_id":"%s","language":"python3","source":"%s"}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"{'a': 1}",
        b'{"email": NaN}',
        b'{"email": "\xff\xfe"}',
        b'{"email": "a\x00b"}',
        b'{"email": "\\ud800"}',
        b'{"email": "\\ud800\\u0041"}',
        b'{"unknown": 1, broken',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b'{"email": 1e999}',
        b"[" * 60_000,
        b'{"email":' * 7_000,
    ],
)
async def test_what_cannot_be_parsed_is_malformed(house: House, body: bytes) -> None:
    answer = await house.anyone.post("/auth/register", content=body, headers=JSON)

    problem(answer, 400, "malformed-request")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"[]", ""),
        (b'"text"', ""),
        (b"null", ""),
        (b'{"email": 3}', "/email"),
        (b'{"email": 99999999999999999999999999}', "/email"),
        (b'{"x/y~z": 1}', "/x~1y~0z"),
    ],
)
async def test_what_parses_but_does_not_fit_says_where(
    house: House, body: bytes, pointer: str
) -> None:
    answer = await house.anyone.post("/auth/register", content=body, headers=JSON)

    assert problem(answer, 422)["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("step", ["unknown field `", " - at `$", "`key` in `$."])
async def test_a_key_made_to_be_hard_to_read_is_read_at_once_and_not_told_whole(
    house: House, step: str
) -> None:
    key = step * 3_500 + "z - at `$"
    began = time.process_time()

    answer = await house.anyone.post("/auth/register", json={key: 1})

    assert time.process_time() - began < 3
    assert len(problem(answer, 422)["errors"][0]["pointer"]) <= 401


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"files": [{"name": "a.c", "content": "x"}, {"name": 1, "content": ""}]}, "/files/1/name"),
        ({"files": [{"name": "../a", "content": ""}]}, "/files/0/name"),
        ({"files": []}, "/files"),
        ({"files": [{"name": "a", "content": ""}] * 2}, "/files/1/name"),
        ({"files": [{"name": "a", "content": ""}], "entry_point": "b"}, "/entry_point"),
        ({"files": [{"name": "a", "content": ""}], "source": ""}, "/files"),
        ({"source": "x", "entry_point": "a"}, "/entry_point"),
        ({}, "/source"),
        ({"source": "a\0b"}, "/source"),
        ({"source": "x", "language": "cobol"}, "/language"),
        ({"source": "x", "extra": 1}, "/extra"),
    ],
)
async def test_a_program_that_does_not_fit_says_where(
    house: House, change: dict[str, object], pointer: str
) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    body = {"challenge_id": challenge["id"], "language": "python3", **change}

    answer = await candidate.client.post("/candidate/submissions", json=body)

    assert problem(answer, 422)["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/msgpack"},
    ],
)
async def test_what_does_not_say_that_it_is_json_is_not_read(
    house: House, headers: dict[str, str]
) -> None:
    answer = await house.anyone.post("/auth/register", content=b"{}", headers=headers)

    problem(answer, 415, "unsupported-media-type")


async def test_a_body_over_the_limit_is_too_large(house: House) -> None:
    answer = await house.anyone.post("/auth/register", content=b" " * 70_000, headers=JSON)

    problem(answer, 413, "too-large")


async def test_a_body_that_hides_its_length_is_cut_off(house: House) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 10_000

    answer = await house.anyone.post("/auth/register", content=endless(), headers=JSON)

    problem(answer, 413, "too-large")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/auth/register", "application/json"),
        ("/auth/login", "application/x-www-form-urlencoded"),
        ("/admin/challenges/{}/testcases", "application/json"),
        ("/admin/challenges/{}/testcases", "multipart/form-data; boundary=b"),
    ],
)
async def test_a_body_that_drips_is_not_waited_for(
    clock: ManualClock, path: str, content_type: str
) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    options = replace(OPTIONS, body_deadline_s=0.5, upload_deadline_s=0.5)
    async with House(clock=clock, options=options) as house:
        admin = await house.admin()
        challenge = await a_challenge(admin)
        headers = {"Content-Type": content_type}

        sending = admin.client.post(
            path.format(challenge["id"]), content=dripping(), headers=headers
        )
        answer = await asyncio.wait_for(sending, 60)

    problem(answer, 408, "request-timeout")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(("size", "status"), [(65_536, 202), (65_537, 413)])
async def test_sources_have_64_kib_in_all(house: House, size: int, status: int) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    half = size // 2
    files = [{"name": "a", "content": "x" * half}, {"name": "b", "content": "x" * (size - half)}]
    body = {"challenge_id": challenge["id"], "language": "python3", "files": files}

    answer = await candidate.client.post("/candidate/submissions", json=body)

    assert answer.status_code == status


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=99999999999999999999",
        "limit=1&limit=2",
        "difficulty=impossible",
        "status=done",
        "q=%00",
        "q=%FF",
        "q=" + "x" * 201,
        "cursor=forged",
        "cursor=",
    ],
)
async def test_a_query_that_does_not_fit_is_malformed(house: House, query: str) -> None:
    candidate = await house.candidate()

    answer = await candidate.client.get(f"/candidate/challenges?{query}")

    problem(answer, 400, "malformed-request")


@pytest.mark.parametrize(
    "name", ["x", "%00", "%FF", "..", "a%2Fb", "1" * 300, "'%20or%201=1", "%ED%A0%80"]
)
@pytest.mark.parametrize(
    "path", ["/candidate/challenges/{}", "/candidate/submissions/{}", "/candidate/runs/{}/events"]
)
async def test_what_is_no_id_is_just_not_there(house: House, path: str, name: str) -> None:
    candidate = await house.candidate()

    problem(await candidate.client.get(path.format(name)), 404)


@pytest.mark.parametrize("challenge_id", ["", "x", "\0", "a" * 500, "../.."])
async def test_a_submission_to_what_is_no_id_finds_no_challenge(
    house: House, challenge_id: str
) -> None:
    candidate = await house.candidate()
    body = {"challenge_id": challenge_id, "language": "python3", "source": "echo"}

    problem(await candidate.client.post("/candidate/submissions", json=body), 404)


async def test_an_unknown_path_is_a_problem_too(house: House) -> None:
    problem(await house.anyone.get("/nowhere"), 404, "not-found")


async def test_a_wrong_method_names_the_right_ones(house: House) -> None:
    answer = await house.anyone.patch("/admin/challenges")

    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_options_name_every_method(house: House) -> None:
    answer = await house.anyone.options("/admin/challenges")

    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_head_is_get_without_the_body(house: House) -> None:
    candidate = await house.candidate()

    got, head = await candidate.client.get("/auth/me"), await candidate.client.head("/auth/me")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_every_answer_carries_what_browsers_are_to_be_told(house: House) -> None:
    answer: httpx.Response = await house.anyone.get("/nowhere")

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("given", ["abc-123", "a" * 128])
async def test_a_sane_request_id_is_kept(house: House, given: str) -> None:
    answer = await house.anyone.get("/health/live", headers={"X-Request-ID": given})

    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, "<script>", "a\tb"])
async def test_another_request_id_is_replaced(house: House, given: str) -> None:
    answer = await house.anyone.get("/health/live", headers={"X-Request-ID": given})

    assert answer.headers["x-request-id"] not in {"", given}
