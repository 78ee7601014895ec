"""Staff write challenges and upload tests; accounts; analytics."""

import hashlib
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from adapters.memory.blob_store import MemoryBlobStore
from adapters.memory.clock import ManualClock
from application.ports.blob_store import BlobCorrupt, BlobNotFound
from application.ports.storage import StoreUnavailable
from domain.ids import BlobKey
from tests.entrypoints.http.house import (
    DEFAULT_TESTS,
    House,
    Json,
    a_challenge,
    problem,
    submit,
    upload,
)

WHOLE: Json = {
    "slug": "whole",
    "title": "\u00c9tude \U0001f3b5",
    "statement": "# Read\n\n$x \\le 1$",
    "difficulty": "hard",
    "tags": ["b", "a", "\u00e9 \U0001f680"],
    "limits": {"time_ms": 50, "memory_kib": 16384, "output_kib": 1},
    "language_limits": {"python3": {"time_ms": 60000, "memory_kib": None}},
    "languages": ["python3", "cpp"],
    "checker": {"kind": "float", "absolute": 1e-9, "relative": 0.1, "case_sensitive": True},
    "scoring": "groups",
    "groups": [
        {"name": "small", "points": 0, "rule": "all", "requires": []},
        {"name": "large", "points": 1000000, "rule": "sum", "requires": ["small"]},
    ],
    "starter_code": {"python3": "print()\r\n"},
    "feedback": "summary",
    "status": "published",
}


async def test_a_challenge_comes_back_as_it_was_written(house: House) -> None:
    admin = await house.admin()

    answer = await admin.client.post("/admin/challenges", json=WHOLE)

    assert answer.status_code == 201
    challenge = answer.json()
    assert {name: challenge[name] for name in WHOLE} == WHOLE
    assert (challenge["version"], challenge["published_version"], challenge["revision"]) == (
        1,
        1,
        1,
    )
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/admin/challenges/{challenge['id']}"
    assert len(challenge["version_hash"]) == 64
    assert challenge["test_count"] == 0
    assert challenge["resolved_limits"]["python3"]["time_ms"] == 60000
    read = await admin.client.get(answer.headers["location"])
    assert read.json() == challenge
    assert read.headers["etag"] == '"1"'


async def test_what_is_left_out_has_its_default(house: House) -> None:
    admin = await house.admin()

    challenge = (await admin.client.post("/admin/challenges", json={"title": "Two Sum!"})).json()

    assert challenge["slug"] == "two-sum"
    assert challenge["status"] == "draft"
    assert challenge["checker"] == {"kind": "tokens", "case_sensitive": False}
    assert challenge["scoring"] == "all_or_nothing"
    assert challenge["max_score"] == 100


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"slug": "No Slug"}, "/slug"),
        ({"statement": "x" * (256 * 1024 + 1)}, "/statement"),
        ({"statement": "\0"}, "/statement"),
        ({"difficulty": "impossible"}, "/difficulty"),
        ({"tags": ["a", "a"]}, "/tags"),
        ({"limits": {"time_ms": 49}}, "/limits/time_ms"),
        ({"limits": {"time_ms": 60001}}, "/limits/time_ms"),
        ({"limits": {"memory_kib": 1}}, "/limits/memory_kib"),
        ({"limits": {"output_kib": 0}}, "/limits/output_kib"),
        ({"limits": {"stack_kib": 1}}, "/limits/stack_kib"),
        ({"languages": ["c", "c"]}, "/languages"),
        ({"checker": {"kind": "magic"}}, "/checker/kind"),
        ({"checker": {"kind": "custom"}}, "/checker/language"),
        ({"checker": {"kind": "custom", "language": "python3"}}, "/checker/source"),
        ({"checker": {"kind": "float"}}, "/checker"),
        ({"checker": {"kind": "float", "absolute": -1}}, "/checker/absolute"),
        ({"checker": {"kind": "lines", "case_sensitive": True}}, "/checker/case_sensitive"),
        ({"scoring": "groups"}, "/groups"),
        ({"groups": [{"name": "a", "points": 1}]}, "/groups"),
        (
            {"scoring": "groups", "groups": [{"name": "a", "points": 1, "requires": ["b"]}]},
            "/groups/0/requires",
        ),
        ({"status": "live"}, "/status"),
        ({"revision": 1}, "/revision"),
    ],
)
async def test_a_challenge_that_does_not_fit_is_refused_where_it_does_not(
    house: House, change: Json, pointer: str
) -> None:
    admin = await house.admin()

    answer = await admin.client.post("/admin/challenges", json={"title": "x", **change})

    assert problem(answer, 422)["errors"][0]["pointer"] == pointer
    assert (await admin.client.get("/admin/challenges")).json()["items"] == []


async def test_a_slug_is_there_once(house: House) -> None:
    admin = await house.admin()
    await a_challenge(admin, slug="mine")

    answer = await admin.client.post("/admin/challenges", json={"title": "x", "slug": "mine"})

    problem(answer, 409, "slug-taken")


async def test_a_replacement_takes_what_was_read_and_says_the_new_revision(house: House) -> None:
    admin = await house.admin()
    challenge = (await admin.client.post("/admin/challenges", json=WHOLE)).json()
    path = f"/admin/challenges/{challenge['id']}"

    answer = await admin.client.put(
        path, json={**challenge, "title": "New"}, headers={"If-Match": '"1"'}
    )

    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert (answer.json()["title"], answer.json()["version"]) == ("New", 1)


async def test_a_change_of_what_judging_reads_makes_a_version(house: House) -> None:
    admin = await house.admin()
    challenge = (await admin.client.post("/admin/challenges", json=WHOLE)).json()
    body = {**challenge, "limits": {"time_ms": 100}}

    answer = await admin.client.put(
        f"/admin/challenges/{challenge['id']}", json=body, headers={"If-Match": "*"}
    )

    assert answer.json()["version"] == 2
    assert answer.json()["version_hash"] != challenge["version_hash"]


async def test_a_replacement_without_a_slug_keeps_it_and_resets_the_rest(house: House) -> None:
    admin = await house.admin()
    challenge = (await admin.client.post("/admin/challenges", json=WHOLE)).json()

    answer = await admin.client.put(
        f"/admin/challenges/{challenge['id']}", json={"title": "x"}, headers={"If-Match": '"1"'}
    )

    assert (answer.json()["slug"], answer.json()["tags"]) == ("whole", [])


@pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"', ' "1" ', 'W/"7", "1"'])
async def test_the_current_tag_may_replace(house: House, tag: str) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, tests=[])

    answer = await admin.client.put(
        f"/admin/challenges/{challenge['id']}", json={"title": "x"}, headers={"If-Match": tag}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("tag", ['"2"', '"0"', 'W/"1"', '"x"', '""', '"2", W/"1"'])
async def test_another_tag_is_stale_and_hears_the_current_one(house: House, tag: str) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, tests=[])

    answer = await admin.client.put(
        f"/admin/challenges/{challenge['id']}", json={"title": "x"}, headers={"If-Match": tag}
    )

    assert problem(answer, 412, "stale-revision")["current_revision"] == 1


@pytest.mark.parametrize(("headers", "status"), [({}, 428), ({"If-Match": "1"}, 400)])
async def test_a_replacement_says_properly_what_it_replaces(
    house: House, headers: dict[str, str], status: int
) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, tests=[])

    answer = await admin.client.put(
        f"/admin/challenges/{challenge['id']}", json={"title": "x"}, headers=headers
    )

    problem(answer, status)


async def test_an_upload_says_what_it_added_and_moves_the_version(house: House) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, tests=[])

    answer = await admin.client.post(
        f"/admin/challenges/{challenge['id']}/testcases", json={"testcases": DEFAULT_TESTS}
    )

    assert answer.status_code == 201
    uploaded = answer.json()
    assert uploaded["version"] == 2
    assert answer.headers["etag"] == '"2"'
    public, hidden = uploaded["items"]
    assert (public["visibility"], public["weight"]) == ("public", 0)
    assert (hidden["visibility"], hidden["weight"]) == ("hidden", 20)
    assert public["input"] == {
        "size_bytes": 6,
        "sha256": hashlib.sha256(b"hello\n").hexdigest(),
        "stored": "database",
    }
    assert hidden["input"]["stored"] == "blob_store"


async def test_tests_are_added_or_replaced(house: House) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin)
    more = [{"name": "more", "input": "1", "expected_output": "2"}]

    await upload(admin, challenge["id"], more)
    added = await admin.client.get(f"/admin/challenges/{challenge['id']}/testcases")
    await upload(admin, challenge["id"], more, mode="replace")
    replaced = await admin.client.get(f"/admin/challenges/{challenge['id']}/testcases")

    assert [test["name"] for test in added.json()["items"]] == ["1", "2", "more"]
    assert [test["name"] for test in replaced.json()["items"]] == ["more"]
    assert (replaced.json()["version"], replaced.json()["total"]) == (4, 1)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"testcases": []}, "/testcases"),
        ({"testcases": [{"input": ""}]}, "/testcases/0/expected_output"),
        (
            {"testcases": [{"input": "", "expected_output": "", "weight": -1}]},
            "/testcases/0/weight",
        ),
        (
            {"testcases": [{"input": "", "expected_output": "", "name": "a\nb"}]},
            "/testcases/0/name",
        ),
        ({"mode": "merge", "testcases": DEFAULT_TESTS}, "/mode"),
    ],
)
async def test_an_upload_that_does_not_fit_changes_nothing(
    house: House, body: Json, pointer: str
) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, tests=[])
    path = f"/admin/challenges/{challenge['id']}"

    answer = await admin.client.post(f"{path}/testcases", json=body)

    assert problem(answer, 422)["errors"][0]["pointer"] == pointer
    assert (await admin.client.get(path)).json()["version"] == 1


async def test_a_test_can_be_removed(house: House) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin)
    path = f"/admin/challenges/{challenge['id']}/testcases"
    first, second = (await admin.client.get(path)).json()["items"]

    answer = await admin.client.delete(f"{path}/{first['id']}")
    again = await admin.client.delete(f"{path}/{first['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["etag"] == '"3"'
    problem(again, 404, "test-case-not-found")
    assert [t["id"] for t in (await admin.client.get(path)).json()["items"]] == [second["id"]]


class MoodyBlobStore(MemoryBlobStore):
    """Raises what it is told to when it is read."""

    mood: Exception | None = None

    async def get(
        self, key: BlobKey, *, start: int = 0, length: int | None = None
    ) -> AsyncGenerator[bytes]:
        if self.mood is not None:
            raise self.mood
        async for piece in super().get(key, start=start, length=length):
            yield piece


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("mood", "status", "name"),
    [
        (StoreUnavailable("S3"), 503, "unavailable"),
        (BlobNotFound(BlobKey("0" * 64)), 404, "test-data-lost"),
        (BlobCorrupt(BlobKey("0" * 64)), 500, "test-data-damaged"),
    ],
    ids=["away", "lost", "damaged"],
)
async def test_data_that_cannot_be_read_are_a_problem_and_no_broken_stream(
    house: House, method: str, mood: Exception, status: int, name: str
) -> None:
    admin = await house.admin()
    blobs = MoodyBlobStore(house.clock)
    object.__setattr__(house.use_cases.add_test_cases, "blobs", blobs)
    object.__setattr__(house.use_cases.read_test_data, "blobs", blobs)
    challenge = await a_challenge(admin)
    test = {"visibility": "hidden", "input": "1", "expected_output": "2"}
    added = (await upload(admin, challenge["id"], [test]))["items"][0]
    blobs.mood = mood

    answer = await admin.client.request(method, f"/admin/testcases/{added['id']}/input")

    assert answer.status_code == status
    assert (answer.headers.get("Retry-After") is not None) is (status == 503)
    if method == "GET":
        problem(answer, status, name)


@pytest.mark.parametrize("part", ["input", "expected_output"])
async def test_test_data_is_streamed_as_it_is(house: House, part: str) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, tests=[])
    content = "\u00e9\r\n\0" * 200_000
    test = {"visibility": "public", "input": content, "expected_output": content}
    added = (await upload(admin, challenge["id"], [test]))["items"][0]

    answer = await admin.client.get(f"/admin/testcases/{added['id']}/{part}")

    assert answer.content == content.encode()
    assert answer.headers["content-length"] == str(len(content.encode()))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["etag"] == f'"{added[part]["sha256"]}"'
    problem(await admin.client.get(f"/admin/testcases/nowhere/{part}"), 404)


async def test_staff_manage_accounts(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()

    changed = await admin.client.patch(f"/admin/users/{candidate.id}", json={"role": "admin"})
    users = (await admin.client.get("/admin/users")).json()["items"]

    assert changed.json()["role"] == "admin"
    assert [(user["id"], user["role"]) for user in users] == [
        (admin.id, "admin"),
        (candidate.id, "admin"),
    ]
    assert not any("password" in field for field in users[0])


@pytest.mark.parametrize("change", [{"role": "candidate"}, {"disabled": True}])
async def test_the_last_admin_stays_one(house: House, change: Json) -> None:
    admin = await house.admin()

    problem(await admin.client.patch(f"/admin/users/{admin.id}", json=change), 409, "last-admin")


async def test_analytics_add_up(house: House, clock: ManualClock) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin, tests=DEFAULT_TESTS[:1], scoring="all_or_nothing")
    await submit(candidate, challenge["id"], "print wrong")
    clock.advance(timedelta(minutes=1))
    await submit(candidate, challenge["id"], "echo\nspend 9")
    await house.judge_all()

    everything = (await admin.client.get("/admin/analytics")).json()
    alone = await admin.client.get(
        f"/admin/analytics?challenge_id={challenge['id']}&from=2026-03-01&to=2026-03-01"
    )
    before = (await admin.client.get("/admin/analytics?to=2026-02-28")).json()

    item = everything["items"][0]
    assert item["submissions"] == 2
    assert item["acceptance_rate"] == 0.5
    assert item["average_score"] == 50
    assert item["verdicts"] == {"accepted": 1, "wrong_answer": 1}
    assert item["attempts_to_solve"] == {"median": 2, "p90": 2}
    assert not {"per_day", "tests"} & item.keys()
    assert alone.json()["items"][0]["per_day"] == [
        {"day": "2026-03-01", "submissions": 2, "accepted": 1}
    ]
    assert alone.json()["items"][0]["tests"][0]["failures"] == 1
    assert before["totals"]["submissions"] == 0
    problem(await admin.client.get("/admin/analytics?challenge_id=nowhere"), 404)
    problem(await admin.client.get("/admin/analytics?from=yesterday"), 400)


@pytest.mark.parametrize("status", ["draft", "published", "archived"])
async def test_staff_see_every_challenge(house: House, status: str) -> None:
    admin = await house.admin()
    await a_challenge(admin, status=status)

    found = (await admin.client.get(f"/admin/challenges?status={status}")).json()["items"]

    assert [item["status"] for item in found] == [status]


@pytest.mark.parametrize("change", [{"title": "x\n"}, {"tags": ["x\n"]}, {"slug": "x\n"}])
async def test_a_line_that_ends_with_a_line_break_is_no_line(
    house: House, change: dict[str, object]
) -> None:
    admin = await house.admin()

    answer = await admin.client.post("/admin/challenges", json={"title": "Echo", **change})

    problem(answer, 422)
