"""Judge0's API as its clients know it: routes, fields, checks in their order, and every error."""

import base64
import io
import threading
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ticket import TicketResult, TicketStatus, TicketToken
from entrypoints.judge_server.asks import MAX_FIELD_BYTES
from entrypoints.judge_server.beside import beside_the_loop
from tests.entrypoints.judge_server.house import House, Json, as_json, closed_house

HELLO = {"source_code": "echo hello", "language_id": 46}
USUAL = ["stdout", "time", "memory", "stderr", "token", "compile_output", "message", "status"]
ALL = [
    "source_code",
    "language_id",
    "stdin",
    "expected_output",
    "stdout",
    "status_id",
    "created_at",
    "finished_at",
    "time",
    "memory",
    "stderr",
    "token",
    "number_of_runs",
    "cpu_time_limit",
    "cpu_extra_time",
    "wall_time_limit",
    "memory_limit",
    "stack_limit",
    "max_processes_and_or_threads",
    "enable_per_process_and_thread_time_limit",
    "enable_per_process_and_thread_memory_limit",
    "max_file_size",
    "compile_output",
    "exit_code",
    "exit_signal",
    "message",
    "wall_time",
    "compiler_options",
    "command_line_arguments",
    "redirect_stderr_to_stdout",
    "callback_url",
    "additional_files",
    "enable_network",
    "status",
    "language",
]
CONFIG = {
    "maintenance_mode": False,
    "enable_wait_result": True,
    "enable_compiler_options": True,
    "allowed_languages_for_compile_options": [],
    "enable_command_line_arguments": True,
    "enable_submission_delete": False,
    "enable_callbacks": True,
    "callbacks_max_tries": 3,
    "callbacks_timeout": 5.0,
    "enable_additional_files": True,
    "max_queue_size": 100,
    "cpu_time_limit": 5.0,
    "max_cpu_time_limit": 15.0,
    "cpu_extra_time": 1.0,
    "max_cpu_extra_time": 5.0,
    "wall_time_limit": 10.0,
    "max_wall_time_limit": 20.0,
    "memory_limit": 128_000,
    "max_memory_limit": 512_000,
    "stack_limit": 64_000,
    "max_stack_limit": 128_000,
    "max_processes_and_or_threads": 60,
    "max_max_processes_and_or_threads": 120,
    "enable_per_process_and_thread_time_limit": False,
    "allow_enable_per_process_and_thread_time_limit": False,
    "enable_per_process_and_thread_memory_limit": False,
    "allow_enable_per_process_and_thread_memory_limit": False,
    "max_file_size": 1024,
    "max_max_file_size": 4096,
    "number_of_runs": 1,
    "max_number_of_runs": 20,
    "redirect_stderr_to_stdout": False,
    "max_extract_size": 10_240,
    "enable_batched_submissions": True,
    "max_submission_batch_size": 20,
    "submission_cache_duration": 0.0,
    "use_docs_as_homepage": False,
    "allow_enable_network": False,
    "enable_network": False,
}
STATUSES = [
    "In Queue",
    "Processing",
    "Accepted",
    "Wrong Answer",
    "Time Limit Exceeded",
    "Compilation Error",
    "Runtime Error (SIGSEGV)",
    "Runtime Error (SIGXFSZ)",
    "Runtime Error (SIGFPE)",
    "Runtime Error (SIGABRT)",
    "Runtime Error (NZEC)",
    "Runtime Error (Other)",
    "Internal Error",
    "Exec Format Error",
]
ONE_NOT_TEXT = (
    "some attributes for this submission cannot be converted to UTF-8, "
    "use base64_encoded=true query parameter"
)
MANY_NOT_TEXT = (
    "some attributes for one or more submissions cannot be converted to UTF-8, "
    "use base64_encoded=true query parameter"
)
HEADERS_ALONE = {"token_anywhere": "off"}
BIG = "x" * 513
LONG = "is too long (maximum is 512 characters)"
ONLY_COMPILED = "setting compiler options is only allowed for compiled languages"


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with closed_house() as house:
        yield house


def zipped(**files: str) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return base64.b64encode(buffer.getvalue()).decode()


# --- handing in --------------------------------------------------------------------------------


async def test_a_submission_is_answered_with_its_token_alone(house: House) -> None:
    answer = await house.client.post("/submissions", json=HELLO)
    assert answer.status_code == 201
    assert list(as_json(answer)) == ["token"]
    assert as_json(answer)["token"][14] == "4"


@pytest.mark.parametrize("path", ["/submissions", "/submissions/", "/extra/submissions/"])
async def test_a_slash_at_the_end_is_no_redirect(house: House, path: str) -> None:
    body = HELLO | {"language_id": 2 if "extra" in path else 46}
    assert (await house.client.post(path, json=body)).status_code == 201


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"source_code": "echo hello", "language_id": "46"}},
        {"files": {"source_code": (None, "echo hello"), "language_id": (None, "46")}},
        {"files": {"source_code": ("main.sh", b"echo hello"), "language_id": (None, "46")}},
        {"params": {"source_code": "echo hello", "language_id": "46"}},
        {"params": {"language_id": "46"}, "json": {"source_code": "echo hello"}},
        {"params": {"language_id": "no"}, "json": HELLO},
        {"json": HELLO | {"language_id": "46", "number_of_runs": "2", "unknown": {"x": 1}}},
        {"json": HELLO | {"cpu_time_limit": None, "stdin": None, "wall_time_limit": ""}},
    ],
    ids=["form", "multipart", "upload", "query", "both", "the-body-wins", "texts", "nulls"],
)
async def test_a_body_may_be_of_any_kind(house: House, sent: Json) -> None:
    answer = await house.client.post("/submissions", **sent)
    assert answer.status_code == 201, answer.text
    path = f"/submissions/{as_json(answer)['token']}"
    seen = await house.client.get(path, params={"fields": "source_code,language_id"})
    assert as_json(seen) == {"source_code": "echo hello", "language_id": 46}


@pytest.mark.parametrize(
    ("body", "complaints"),
    [
        (
            {},
            {
                "language_id": ["can't be blank", "language with id  doesn't exist"],
                "source_code": ["can't be blank"],
            },
        ),
        (HELLO | {"source_code": " \n\t"}, {"source_code": ["can't be blank"]}),
        (HELLO | {"source_code": None}, {"source_code": ["can't be blank"]}),
        (HELLO | {"language_id": 1234}, {"language_id": ["language with id 1234 doesn't exist"]}),
        (HELLO | {"language_id": 60}, {"language_id": ["language with id 60 doesn't exist"]}),
        (
            HELLO | {"language_id": 4},
            {"language_id": ["language with id 4 is archived and cannot be used anymore"]},
        ),
        (
            HELLO | {"language_id": 89},
            {"source_code": ["must be blank"], "additional_files": ["can't be blank"]},
        ),
        (HELLO | {"compiler_options": "-O2"}, {"compiler_options": [ONLY_COMPILED]}),
        (
            {"language_id": 89, "additional_files": zipped(run="true"), "compiler_options": "-O2"},
            {"compiler_options": [ONLY_COMPILED]},
        ),
        (HELLO | {"language_id": 50, "compiler_options": BIG}, {"compiler_options": [LONG]}),
        (HELLO | {"command_line_arguments": BIG}, {"command_line_arguments": [LONG]}),
        (HELLO | {"cpu_time_limit": "x"}, {"cpu_time_limit": ["is not a number"]}),
        (HELLO | {"cpu_time_limit": True}, {"cpu_time_limit": ["is not a number"]}),
        (
            HELLO | {"cpu_time_limit": 15.5},
            {"cpu_time_limit": ["must be less than or equal to 15.0"]},
        ),
        (
            HELLO | {"cpu_time_limit": -1},
            {"cpu_time_limit": ["must be greater than or equal to 0"]},
        ),
        (
            HELLO | {"cpu_extra_time": 6},
            {"cpu_extra_time": ["must be less than or equal to 5.0"]},
        ),
        (
            HELLO | {"wall_time_limit": 0.5},
            {"wall_time_limit": ["must be greater than or equal to 1"]},
        ),
        (
            HELLO | {"wall_time_limit": 21},
            {"wall_time_limit": ["must be less than or equal to 20.0"]},
        ),
        (
            HELLO | {"memory_limit": 2047},
            {"memory_limit": ["must be greater than or equal to 2048"]},
        ),
        (
            HELLO | {"memory_limit": 512_001},
            {"memory_limit": ["must be less than or equal to 512000"]},
        ),
        (
            HELLO | {"stack_limit": 128_001},
            {"stack_limit": ["must be less than or equal to 128000"]},
        ),
        (
            HELLO | {"max_processes_and_or_threads": 0},
            {"max_processes_and_or_threads": ["must be greater than 0"]},
        ),
        (
            HELLO | {"max_processes_and_or_threads": 121},
            {"max_processes_and_or_threads": ["must be less than or equal to 120"]},
        ),
        (
            HELLO | {"max_file_size": 4097},
            {"max_file_size": ["must be less than or equal to 4096"]},
        ),
        (HELLO | {"number_of_runs": 0.5}, {"number_of_runs": ["must be greater than 0"]}),
        (
            HELLO | {"memory_limit": 2047.9},
            {"memory_limit": ["must be greater than or equal to 2048"]},
        ),
        (
            HELLO | {"callback_url": "h" * 2_001},
            {"callback_url": ["is too long (maximum is 2000 characters)"]},
        ),
        (HELLO | {"cpu_time_limit": "9" * 65}, {"cpu_time_limit": ["is not a number"]}),
        (
            HELLO | {"stack_limit": 8.0, "number_of_runs": 21},
            {"number_of_runs": ["must be less than or equal to 20"]},
        ),
        (HELLO | {"number_of_runs": 0}, {"number_of_runs": ["must be greater than 0"]}),
        (
            HELLO | {"number_of_runs": 21},
            {"number_of_runs": ["must be less than or equal to 20"]},
        ),
        (HELLO | {"enable_network": True}, {"enable_network": ["enabling network is not allowed"]}),
        (
            HELLO | {"enable_per_process_and_thread_time_limit": True},
            {"enable_per_process_and_thread_time_limit": ["this option cannot be enabled"]},
        ),
        (
            HELLO | {"enable_per_process_and_thread_memory_limit": "true"},
            {"enable_per_process_and_thread_memory_limit": ["this option cannot be enabled"]},
        ),
        (
            HELLO | {"additional_files": "bm8gemlw"},
            {"additional_files": ["is not a zip archive that can be read"]},
        ),
        (
            HELLO | {"additional_files": zipped(**{"../out": "x"})},
            {"additional_files": ["has an entry whose name leads out, or too deep"]},
        ),
    ],
)
async def test_what_is_wrong_is_told_field_by_field(
    house: House, body: Json, complaints: Json
) -> None:
    answer = await house.client.post("/submissions", json=body)
    assert (answer.status_code, as_json(answer)) == (422, complaints)
    batch = await house.client.post("/submissions/batch", json={"submissions": [body, HELLO]})
    assert batch.status_code == 201
    assert batch.json()[0] == complaints
    assert list(batch.json()[1]) == ["token"]


@pytest.mark.parametrize("name", ["source_code", "stdin", "expected_output", "additional_files"])
async def test_what_is_too_large_is_told_so(house: House, name: str) -> None:
    text = "A" * ((MAX_FIELD_BYTES + 1) * 4 // 3 + 4)
    query = {"base64_encoded": "true"}
    answer = await house.client.post("/submissions", params=query, json=HELLO | {name: text})
    problem = f"is too long (maximum is {MAX_FIELD_BYTES} bytes)"
    assert (answer.status_code, as_json(answer)) == (422, {name: [problem]})


async def test_long_work_is_done_beside_the_loop() -> None:
    here = threading.get_ident()
    assert await beside_the_loop(threading.get_ident, size=1_000) == here
    assert await beside_the_loop(threading.get_ident, size=1 << 16) != here


@pytest.mark.parametrize(
    ("switch", "body", "complaint"),
    [
        (
            "enable_compiler_options",
            HELLO | {"language_id": 50, "compiler_options": "-O2"},
            {"compiler_options": ["setting compiler options is not allowed"]},
        ),
        (
            "enable_command_line_arguments",
            HELLO | {"command_line_arguments": "a"},
            {"command_line_arguments": ["setting command line arguments is not allowed"]},
        ),
        (
            "enable_callbacks",
            HELLO | {"callback_url": "http://example.org"},
            {"callback_url": ["setting callback is not allowed"]},
        ),
        (
            "enable_additional_files",
            HELLO | {"additional_files": zipped(a="x")},
            {"additional_files": ["setting additional files is not allowed"]},
        ),
    ],
)
async def test_what_is_switched_off_is_refused(switch: str, body: Json, complaint: Json) -> None:
    async with closed_house(config=f"{switch}=false") as house:
        answer = await house.client.post("/submissions", json=body)
        assert (answer.status_code, as_json(answer)) == (422, complaint)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "error"),
    [
        (
            "POST",
            "/submissions?fields=foo,status,bar",
            HELLO,
            400,
            "invalid fields: [foo, bar]",
        ),
        ("GET", "/submissions/no-such?fields=foo", None, 400, "invalid fields: [foo]"),
        ("GET", "/submissions/batch?tokens=a&fields=foo", None, 400, "invalid fields: [foo]"),
        (
            "GET",
            "/submissions/batch",
            None,
            400,
            "there should be at least one submission in a batch",
        ),
        (
            "GET",
            f"/submissions/batch?tokens={','.join('a' * 21)}",
            None,
            400,
            "number of submissions in a batch should be less than or equal to 20",
        ),
        (
            "POST",
            "/submissions/batch",
            {"submissions": []},
            400,
            "there should be at least one submission in a batch",
        ),
        (
            "POST",
            "/submissions/batch",
            {},
            400,
            "there should be at least one submission in a batch",
        ),
        (
            "POST",
            "/submissions/batch",
            {"submissions": [HELLO] * 21},
            400,
            "number of submissions in a batch should be less than or equal to 20",
        ),
        (
            "POST",
            "/submissions/batch",
            {"submissions": [HELLO] * 101},
            503,
            "queue is full",
        ),
    ],
)
async def test_a_request_that_does_not_fit_is_told_why(
    house: House, method: str, path: str, sent: Json | None, status: int, error: str
) -> None:
    answer = await house.client.request(method, path, json=sent)
    assert (answer.status_code, as_json(answer)) == (status, {"error": error})


@pytest.mark.parametrize(
    ("config", "method", "path", "status", "error"),
    [
        ("enable_wait_result=false", "POST", "/submissions?wait=true", 400, "wait not allowed"),
        (
            "maintenance_mode=true",
            "POST",
            "/submissions?wait=true",
            503,
            "Judge0 is currently in maintenance.",
        ),
        (
            "enable_batched_submissions=false",
            "POST",
            "/submissions/batch",
            400,
            "batched submissions are not allowed",
        ),
        (
            "enable_batched_submissions=false",
            "GET",
            "/submissions/batch?tokens=a",
            400,
            "batched submissions are not allowed",
        ),
        ("max_queue_size=0", "POST", "/submissions?fields=foo", 503, "queue is full"),
    ],
)
async def test_what_the_server_does_not_do_is_told_first(
    config: str, method: str, path: str, status: int, error: str
) -> None:
    async with closed_house(config=config) as house:
        answer = await house.client.request(method, path, json={})
        assert (answer.status_code, as_json(answer)) == (status, {"error": error})


async def test_a_queue_that_is_full_takes_no_part_of_a_batch() -> None:
    async with closed_house(config="max_queue_size=3") as house:
        assert (await house.client.post("/submissions", json=HELLO)).status_code == 201
        batch = await house.client.post("/submissions/batch", json={"submissions": [HELLO] * 3})
        assert (batch.status_code, as_json(batch)) == (503, {"error": "queue is full"})
        batch = await house.client.post("/submissions/batch", json={"submissions": [HELLO] * 2})
        assert batch.status_code == 201


async def test_a_batch_without_one_that_is_good_is_422(house: House) -> None:
    bad = HELLO | {"source_code": ""}
    answer = await house.client.post("/submissions/batch", json={"submissions": [bad, "what"]})
    assert answer.status_code == 422
    assert answer.json()[0] == {"source_code": ["can't be blank"]}
    assert set(answer.json()[1]) == {"source_code", "language_id"}


# --- looking -----------------------------------------------------------------------------------


async def test_a_submission_that_waits_shows_its_fields_and_no_result(house: House) -> None:
    token = await _handed_in(house)
    usual = as_json(await house.client.get(f"/submissions/{token}"))
    assert list(usual) == USUAL
    assert usual == dict.fromkeys(USUAL) | {
        "token": token,
        "status": {"id": 1, "description": "In Queue"},
    }


async def test_all_fields_are_those_that_clients_know_in_their_order(house: House) -> None:
    token = await _handed_in(house)
    seen = as_json(await house.client.get(f"/submissions/{token}?fields=*"))
    assert list(seen) == ALL
    assert seen["cpu_time_limit"] == "5.0"
    assert (seen["memory_limit"], seen["max_processes_and_or_threads"]) == (128_000, 60)
    assert seen["language"] == {"id": 46, "name": "Bash (1.2.3)"}
    created_at = datetime.strptime(seen["created_at"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert created_at.utcoffset() == timedelta(0)
    assert len(seen["created_at"]) == len("2024-12-09T17:22:55.662Z")


async def test_a_result_is_base64_in_one_line_where_that_is_asked_for(house: House) -> None:
    token = await _handed_in(house)
    await _finish(house, token, stdout=b"x" * 300, message="Exited", time=0.05, memory=10)
    seen = as_json(await house.client.get(f"/submissions/{token}?base64_encoded=true"))
    assert base64.b64decode(seen["stdout"], validate=True) == b"x" * 300
    assert seen["message"] == base64.b64encode(b"Exited").decode()
    assert (seen["stderr"], seen["time"], seen["memory"]) == (None, "0.05", 10)


async def test_text_in_plain_is_any_utf_8_and_nothing_else(house: House) -> None:
    token = await _handed_in(house)
    await _finish(house, token, stdout="“é”".encode(), stderr=b"\xff")
    seen = await house.client.get(f"/submissions/{token}?fields=stdout")
    assert as_json(seen) == {"stdout": "“é”"}
    one = await house.client.get(f"/submissions/{token}")
    assert (one.status_code, as_json(one)["error"]) == (
        400,
        ONE_NOT_TEXT,
    )
    batch = await house.client.get(f"/submissions/batch?tokens={token}")
    assert (batch.status_code, as_json(batch)["error"]) == (
        400,
        MANY_NOT_TEXT,
    )


@pytest.mark.parametrize(
    "text", ["ZWNobyBoaQ==", "ZWNobyBoaQ", "ZWNo\nbyBo\naQ==\n", "ZW!No byBoaQ==trailing"]
)
async def test_base64_that_comes_in_is_read_kindly(house: House, text: str) -> None:
    body = {"source_code": text, "language_id": 46}
    answer = await house.client.post("/submissions?base64_encoded=true", json=body)
    token = as_json(answer)["token"]
    seen = await house.client.get(f"/submissions/{token}?fields=source_code")
    assert as_json(seen) == {"source_code": "echo hi"}


async def test_a_batch_is_shown_in_the_order_of_its_tokens_with_null_for_none(
    house: House,
) -> None:
    first, second = await _handed_in(house), await _handed_in(house)
    tokens = f"{second},no-such,{first}"
    asked = await house.client.get("/submissions/batch", params={"tokens": tokens})
    by_header = await house.client.get("/submissions/batch", headers={"tokens": tokens})
    assert as_json(asked) == as_json(by_header)
    seen = as_json(asked)["submissions"]
    assert [one and one["token"] for one in seen] == [second, None, first]


@pytest.mark.parametrize(
    "path", ["/submissions/no-such", "/languages/999", "/languages/x", "/what"]
)
async def test_what_is_not_there_is_404_in_json_for_who_asks_for_that(
    house: House, path: str
) -> None:
    bare = await house.client.get(path)
    assert (bare.status_code, bare.content) == (404, b"")
    told = await house.client.get(path, headers={"Accept": "application/json"})
    assert as_json(told) == {"status": 404, "error": "Not Found"}


async def test_a_flavour_does_not_know_the_tokens_of_the_other(house: House) -> None:
    token = await _handed_in(house)
    assert (await house.client.get(f"/extra/submissions/{token}")).status_code == 404


# --- listing and deleting ----------------------------------------------------------------------


ADMIN = {"X-Auth-User": "chief"}


async def test_pages_are_the_newest_first() -> None:
    async with closed_house(admin_tokens="other chief") as house:
        tokens = [await _handed_in(house) for _ in range(5)]
        query: dict[str, str | int] = {"page": 2, "per_page": 2, "fields": "token"}
        answer = await house.client.get("/submissions", params=query, headers=ADMIN)
        assert as_json(answer) == {
            "submissions": [{"token": tokens[2]}, {"token": tokens[1]}],
            "meta": {
                "current_page": 2,
                "next_page": 3,
                "prev_page": 1,
                "total_pages": 3,
                "total_count": 5,
            },
        }


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("page=-4", "invalid page: -4"),
        ("page=0", "invalid page: 0"),
        ("per_page=-2", "invalid per_page: -2"),
    ],
)
async def test_pages_that_there_cannot_be_are_refused(query: str, error: str) -> None:
    async with closed_house(admin_tokens="chief") as house:
        answer = await house.client.get(f"/submissions?{query}", headers=ADMIN)
        assert (answer.status_code, as_json(answer)) == (400, {"error": error})


async def test_a_finished_submission_is_deleted_and_shown_in_base64() -> None:
    config = "enable_submission_delete=true"
    async with closed_house(admin_tokens="chief", config=config) as house:
        token = await _handed_in(house)
        path = f"/submissions/{token}"
        waits = await house.client.delete(path, headers=ADMIN)
        problem = "submission cannot be deleted because its status is 1 (In Queue)"
        assert (waits.status_code, as_json(waits)) == (400, {"error": problem})
        await _finish(house, token, stdout=b"hello\n")
        gone = await house.client.delete(path, headers=ADMIN)
        assert (gone.status_code, as_json(gone)["stdout"]) == (200, "aGVsbG8K")
        assert (await house.client.get(path)).status_code == 404
        assert (await house.client.delete(path, headers=ADMIN)).status_code == 404


async def test_nothing_is_deleted_where_that_is_off() -> None:
    async with closed_house(admin_tokens="chief") as house:
        token = await _handed_in(house)
        answer = await house.client.delete(f"/submissions/{token}", headers=ADMIN)
        assert (answer.status_code, as_json(answer)) == (400, {"error": "delete not allowed"})


# --- who may ask -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 401),
        ({"headers": {"X-Auth-Token": "wrong"}}, 401),
        ({"headers": {"X-Auth-Token": ""}}, 401),
        ({"headers": {"X-Auth-Token": "one two"}}, 401),
        ({"headers": {"X-Auth-Token": "one"}}, 200),
        ({"headers": {"x-auth-token": "two"}}, 200),
        ({"params": {"X-Auth-Token": "two"}}, 200),
        ({"json": {"X-Auth-Token": "two"}}, 200),
        ({"data": {"X-Auth-Token": "two"}}, 200),
    ],
)
async def test_a_token_is_read_wherever_clients_put_it(sent: Json, status: int) -> None:
    async with closed_house(tokens="one two") as house:
        answer = await house.client.post("/authenticate", **sent)
        assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize(
    "sent", [{"params": {"X-Auth-Token": "one"}}, {"json": {"X-Auth-Token": "one"}}]
)
async def test_a_token_may_be_for_headers_alone(sent: Json) -> None:
    async with closed_house(tokens="one", **HEADERS_ALONE) as house:
        assert (await house.client.post("/authenticate", **sent)).status_code == 401


async def test_without_a_token_there_is_nothing_but_the_home_page() -> None:
    async with closed_house(tokens="one", admin_tokens="chief") as house:
        assert (await house.client.get("/")).status_code == 200
        paths = ["/about", "/languages", "/config_info", "/submissions/batch?tokens=a", "/version"]
        for path in (*paths, *(f"/extra{path}" for path in paths)):
            assert (await house.client.get(path)).status_code == 401, path
        assert (await house.client.post("/submissions", json=HELLO)).status_code == 401
        assert (await house.client.get("/submissions", headers=ADMIN)).status_code == 401


async def test_a_stranger_s_large_body_is_not_read() -> None:
    async with closed_house(tokens="one") as house:

        async def endless() -> AsyncIterator[bytes]:
            yield b"{"
            raise AssertionError("it was read")

        answer = await house.client.post("/submissions", content=endless())
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("admin_tokens", "user", "status"),
    [("", "", 403), ("", "x", 403), ("chief", "x", 403), ("chief", "chief", 200)],
)
async def test_only_who_may_lists_and_deletes(admin_tokens: str, user: str, status: int) -> None:
    async with closed_house(admin_tokens=admin_tokens) as house:
        headers = {"X-Auth-User": user}
        answer = await house.client.post("/authorize", headers=headers)
        assert (answer.status_code, answer.content) == (status, b"")
        listed = await house.client.get("/submissions", headers=headers)
        assert listed.status_code == status
        deleted = await house.client.delete("/submissions/x", headers=headers)
        assert deleted.status_code == {200: 400}.get(status, status)


async def test_every_origin_may_ask(house: House) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    asked = headers | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-auth-token, content-type",
    }
    before = await house.client.options("/submissions", headers=asked)
    assert before.is_success
    assert before.headers["access-control-allow-origin"] in {"*", headers["Origin"]}
    answer = await house.client.get("/languages", headers=headers)
    assert answer.headers["access-control-allow-origin"] == "*"


# --- what the server says of itself ------------------------------------------------------------


async def test_settings_are_the_39_that_clients_know(house: House) -> None:
    found = as_json(await house.client.get("/config_info"))
    assert found == CONFIG
    assert list(found) == list(CONFIG)
    assert len(found) == 39


async def test_settings_can_be_chosen_by_their_names() -> None:
    config = "max_queue_size=7, cpu_time_limit=2.5, enable_submission_delete=true"
    async with closed_house(config=config) as house:
        found = as_json(await house.client.get("/config_info"))
        assert found == CONFIG | {
            "max_queue_size": 7,
            "cpu_time_limit": 2.5,
            "enable_submission_delete": True,
        }


async def test_statuses_are_fourteen(house: House) -> None:
    answer = await house.client.get("/statuses")
    assert answer.json() == [
        {"id": number, "description": text} for number, text in enumerate(STATUSES, 1)
    ]


async def test_languages_are_those_that_work_here_by_the_numbers_that_clients_know(
    house: House,
) -> None:
    listed = (await house.client.get("/languages")).json()
    assert {one["id"] for one in listed} == {44, 46, 48, 49, 50, 52, 53, 54, 62, 71, 89}
    assert [one["name"] for one in listed] == sorted(one["name"] for one in listed)
    assert {"id": 71, "name": "Python (1.2.3)"} in listed
    extra = (await house.client.get("/extra/languages")).json()
    assert {one["id"] for one in extra} == {1, 2, 4, 10, 13, 14, 89}


async def test_all_languages_are_there_with_the_archived_and_the_cloud_s(house: House) -> None:
    every = (await house.client.get("/languages/all")).json()
    by_number = {one["id"]: one for one in every}
    assert [n for n, one in by_number.items() if one["is_archived"]] == list(range(1, 43))
    assert by_number[34]["name"] == "Python (3.6.0)"
    assert by_number[42]["name"] == "Rust (1.20.0)"
    assert by_number[113] == {"id": 113, "name": "Python (1.2.3)", "is_archived": False}
    body = HELLO | {"language_id": 113, "source_code": "print(1)"}
    assert (await house.client.post("/submissions", json=body)).status_code == 201


async def test_a_language_is_shown_with_its_commands(house: House) -> None:
    assert as_json(await house.client.get("/languages/50")) == {
        "id": 50,
        "name": "C (GCC 1.2.3)",
        "is_archived": False,
        "source_file": "main.c",
        "compile_cmd": "compile main.c",
        "run_cmd": "run main.c",
    }
    assert as_json(await house.client.get("/languages/71"))["source_file"] == "script.py"
    assert as_json(await house.client.get("/languages/4"))["is_archived"] is True


async def test_versions_are_those_that_clients_choose_by(house: House) -> None:
    assert as_json(await house.client.get("/about"))["version"] == "1.13.1"
    assert as_json(await house.client.get("/extra/about"))["version"] == "1.13.1-extra"
    assert (await house.client.get("/version")).text == "1.13.1"
    assert (
        (await house.client.get("/extra/version")).headers["content-type"].startswith("text/plain")
    )


async def test_figures_count_what_was_handed_in(house: House) -> None:
    token = await _handed_in(house)
    await _handed_in(house)
    await _finish(house, token)
    found = as_json(await house.client.get("/statistics"))
    assert found["submissions"]["total"] == found["submissions"]["today"] == 2
    assert len(found["submissions"]["last_30_days"]) == 30
    assert found["languages"] == [{"language": {"id": 46, "name": "Bash (1.2.3)"}, "count": 2}]
    assert [one["count"] for one in found["statuses"]][:4] == [1, 0, 1, 0]
    assert set(found["database"]) == {"size_pretty", "size_in_bytes"}


async def test_workers_are_the_slots(house: House) -> None:
    await _handed_in(house)
    (found,) = (await house.client.get("/workers")).json()
    assert found["size"] == 1
    keys = {"queue", "size", "available", "idle", "working", "paused", "failed"}
    assert set(found) == keys
    assert found["queue"] == "1.13.1"


@pytest.mark.parametrize("path", ["/", "/system_info", "/isolate", "/license"])
async def test_the_rest_answers(house: House, path: str) -> None:
    answer = await house.client.get(path)
    assert answer.status_code == 200
    assert (answer.content == b"") == (path == "/")


# --- what nobody should send -------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff", b'{"a":"\\ud800"}', b"[" * 5_000, b'{"source_code": NaN}', b"null x"],
)
async def test_what_is_no_json_is_400_without_a_word(house: House, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await house.client.post("/submissions", content=content, headers=headers)
    assert (answer.status_code, answer.content) == (400, b"")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from([*ALL, "submissions", "wait", "fields", "base64_encoded", "X-Auth-Token"])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=st.dictionaries(FIELDS, JSON_VALUES, max_size=6),
    path=st.sampled_from(["/submissions", "/submissions/batch", "/extra/submissions"]),
    query=st.dictionaries(
        st.sampled_from(["base64_encoded", "fields", "page", "source_code"]), st.text(max_size=8)
    ),
)
async def test_no_body_is_too_strange(
    house: House, body: Json, path: str, query: dict[str, str]
) -> None:
    body.pop("wait", None)
    answer = await house.client.post(path, json=body, params=query)
    assert answer.status_code in {201, 400, 422, 503}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
async def test_a_method_that_a_route_has_not_is_a_route_that_there_is_not(
    house: House, method: str
) -> None:
    assert (await house.client.request(method, "/languages")).status_code == 404


@pytest.mark.parametrize(
    "header", ["multipart/form-data", "multipart/form-data; boundary=x", "text/x"]
)
async def test_a_body_that_is_not_what_it_says_is_no_failure(house: House, header: str) -> None:
    headers = {"Content-Type": header}
    answer = await house.client.post("/submissions", content=b"--y\r\nwhat", headers=headers)
    assert answer.status_code in {400, 422}


async def _handed_in(house: House) -> str:
    answer: httpx.Response = await house.client.post("/submissions", json=HELLO)
    assert answer.status_code == 201
    token: str = as_json(answer)["token"]
    return token


async def _finish(house: House, token: str, **result: object) -> None:
    ended = TicketResult(status=TicketStatus.ACCEPTED, **result)  # type: ignore[arg-type]
    now = datetime.now(UTC)  # noqa: TID251 - the store's own clock
    await house.container.tickets().finish(TicketToken(token), ended, now)


@pytest.mark.parametrize("content", [b"[" + b"[],", b'{"x":[' + b"0,", b'{"x":[' + b'"",'])
async def test_a_body_of_very_many_small_things_is_not_looked_through(
    house: House, content: bytes
) -> None:
    head, small = content[:-3], content[-3:]
    answer = await house.client.post(
        "/submissions",
        content=head + small * (3 << 20),
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.content) == (413, b"")


async def test_a_field_that_is_named_often_is_shown_once(house: House) -> None:
    token = as_json(await house.client.post("/submissions", json=HELLO))["token"]
    answer = await house.client.get(f"/submissions/{token}", params={"fields": "token,token"})
    assert answer.text == f'{{"token":"{token}"}}'
