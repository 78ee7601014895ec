"""`assay judge-server` as a process: Judge0's own client, kills and stops, and what is logged."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import httpx
import judge0
import pytest

from tests.journeys import server
from tests.journeys.server import Server

ENVIRONMENT = {"ASSAY_LANGUAGES": "bash,c,python3", "ASSAY_JUDGE_SLOTS": "2"}
TOKEN, USER = "a-token-that-is-secret", "a-chief-who-is-secret"
GUARDED = ENVIRONMENT | {
    "ASSAY_JUDGE_SERVER_TOKENS": TOKEN,
    "ASSAY_JUDGE_SERVER_ADMIN_TOKENS": USER,
}


def start(home: Path, **more: str) -> Server:
    environment = ENVIRONMENT | more
    return server.started(
        home, "judge-server", "--port", "0", environment=environment, said=server.LISTENS
    )


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("judging")
    started = start(home, **GUARDED)
    yield started
    assert started.stop() == 0
    started.reader.join()
    said = "".join(started.output)
    assert TOKEN not in said
    assert USER not in said


@pytest.fixture(params=["", "/extra"], ids=["common", "extra"])
def client(request: pytest.FixtureRequest, judging: Server) -> judge0.Client:
    return judge0.Client(f"{judging.url}{request.param}", {"X-Auth-Token": TOKEN})


# --- Judge0's own client -----------------------------------------------------------------------


def test_its_client_knows_the_server(client: judge0.Client) -> None:
    extra = client.endpoint.endswith("/extra")
    assert client.version == ("1.13.1-extra" if extra else "1.13.1")
    assert client.config.max_submission_batch_size == 20
    assert len(client.get_statuses()) == 14
    listed = {language.id for language in client.get_languages()}
    assert listed >= ({1, 10, 89} if extra else {44, 50, 71, 89})
    assert client.is_language_supported(judge0.PYTHON)
    assert client.get_language(client.get_language_id(judge0.PYTHON)).source_file == "script.py"


def test_its_client_runs_a_program(client: judge0.Client) -> None:
    done = judge0.run(client=client, source_code="print('héllo')", language=judge0.PYTHON)
    assert (done.status, done.stdout) == (judge0.Status.ACCEPTED, "héllo\n")
    assert done.time is not None
    assert done.memory > 0


def test_its_client_runs_test_cases(client: judge0.Client) -> None:
    cases = [judge0.TestCase(str(n), str(n * n) if n != 3 else "0") for n in range(42)]
    done = judge0.run(
        client=client,
        source_code="print(int(input()) ** 2)",
        language=judge0.PYTHON,
        test_cases=cases,
    )
    statuses = [one.status for one in done]
    assert statuses.count(judge0.Status.ACCEPTED) == 41
    assert statuses[3] == judge0.Status.WRONG_ANSWER


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("int main() { return x; }", judge0.Status.COMPILATION_ERROR),
        ("int main() { return 3; }", judge0.Status.RUNTIME_ERROR_NZEC),
        ("int main() { *(volatile int*)0 = 1; }", judge0.Status.RUNTIME_ERROR_SIGSEGV),
    ],
)
def test_its_client_reads_every_end(
    client: judge0.Client, source: str, status: judge0.Status
) -> None:
    done = judge0.run(client=client, source_code=source, language=judge0.C)
    assert done.status == status


def test_its_client_sends_folders(client: judge0.Client) -> None:
    files = judge0.Filesystem(
        content=[
            judge0.File(name="run", content="cat data/x"),
            judge0.File(name="data/x", content="from the folder"),
        ]
    )
    submission = judge0.Submission(
        source_code="", additional_files=files, language=judge0.MULTI_FILE
    )
    done = judge0.run(client=client, submissions=submission)
    assert done.stdout == "from the folder"


def test_its_client_is_told_that_it_is_not_known(judging: Server) -> None:
    with pytest.raises(RuntimeError):
        judge0.Client(judging.url, {"X-Auth-Token": "wrong"})


# --- kills and stops ---------------------------------------------------------------------------


def test_a_killed_server_loses_nothing_and_a_stopped_one_answers_who_waits(tmp_path: Path) -> None:
    first = start(tmp_path, ASSAY_LANGUAGES="bash")
    items = [{"language_id": 46, "source_code": f"sleep 0.3; echo {n}"} for n in range(10)]
    answer = httpx.post(f"{first.url}/submissions/batch", json={"submissions": items}, timeout=60)
    tokens = [one["token"] for one in answer.json()]
    _await(first, tokens[:2])
    first.kill()
    second = start(tmp_path, ASSAY_LANGUAGES="bash")
    done = _await(second, tokens)
    assert [one["stdout"] for one in done] == [f"{n}\n" for n in range(10)]
    waiting = _waiting(second)
    assert second.stop() == 0
    assert waiting.result(timeout=60).json()["stdout"] == "done\n"


def test_who_was_not_told_before_a_kill_is_told_after_the_next_start(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        port = deaf.getsockname()[1]
        settings = {
            "ASSAY_LANGUAGES": "bash",
            "ASSAY_JUDGE_SERVER_CALLBACK_NETWORKS": "127.0.0.0/8",
            "ASSAY_JUDGE_SERVER_CONFIG": "callbacks_timeout=60",
        }
        first = start(tmp_path, **settings)
        url = f"http://127.0.0.1:{port}/told"
        body = {"language_id": 46, "source_code": "echo hello", "callback_url": url}
        token = httpx.post(f"{first.url}/submissions", json=body).json()["token"]
        _await(first, [token])
        deaf.settimeout(60)
        assert "PUT /told HTTP/1.1" in _heard(deaf)
        first.kill()
        second = start(tmp_path, **settings)
        assert token in _heard(deaf)
        second.stop()


def _heard(deaf: socket.socket) -> str:
    """A call as far as it says whose it is; it has no answer."""
    connection, _ = deaf.accept()
    with connection:
        said = b""
        while b"status" not in said and (more := connection.recv(65_536)):
            said += more
    return said.decode()


def test_a_second_server_does_not_take_the_same_home(judging: Server) -> None:
    with pytest.raises(AssertionError, match="is in use by another server"):
        start(judging.home)


def test_off_loopback_it_does_not_start_without_a_token(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ASSAY_JUDGE_SERVER_TOKENS"):
        start(tmp_path, ASSAY_JUDGE_SERVER_HOST="0.0.0.0")  # noqa: S104


def _await(judging: Server, tokens: list[str], *, least: int = 3) -> list[dict[str, str]]:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        query = {"tokens": ",".join(tokens), "fields": "status_id,stdout,token"}
        answer = httpx.get(f"{judging.url}/submissions/batch", params=query, timeout=60)
        seen: list[dict[str, str]] = answer.json()["submissions"]
        if all(int(one["status_id"]) >= least for one in seen):
            return seen
    raise AssertionError(f"not judged: {seen}")


def _waiting(judging: Server) -> Future[httpx.Response]:
    """Who waits for a program, which is being judged now."""
    body = {"language_id": 46, "source_code": "sleep 3; echo done"}
    waiting: Future[httpx.Response] = Future()

    def ask() -> None:
        url = f"{judging.url}/submissions?wait=true"
        waiting.set_result(httpx.post(url, json=body, timeout=60))

    threading.Thread(target=ask, daemon=True).start()
    give_up_at = time.monotonic() + 30
    while httpx.get(f"{judging.url}/workers", timeout=60).json()[0]["working"] == 0:
        assert time.monotonic() < give_up_at
    return waiting
