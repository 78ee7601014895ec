"""What comes of programs at the judge server, over the real sandbox."""

import asyncio
import base64
import io
import json
import subprocess
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.entrypoints.judge_server.house import (
    BASH,
    EXECUTABLE,
    MULTI_FILE,
    PYTHON,
    C,
    House,
    Json,
    as_json,
    open_house,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEGFAULT = "int main(void) { *(volatile int *)0 = 1; }"
ABORT = "#include <stdlib.h>\nint main(void) { abort(); }"
DIVIDE = "int main(int n, char **v) { volatile int zero = n - n; return 5 / zero; }"
ECHO_ARGUMENTS = "#include <stdio.h>\nint main(int n, char **v) { while (*++v) puts(*v); }"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("judge-server")
    async with open_house(home, callback_networks="127.0.0.1", config="callbacks_timeout=60") as it:
        yield it


def zipped(**files: str) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name.replace("__", "/").replace("_dot_", "."))
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return base64.b64encode(buffer.getvalue()).decode()


# --- statuses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "source", "status", "message", "code", "signal"),
    [
        (BASH, "echo hello", 3, None, 0, None),
        (BASH, "exit 3", 11, "Exited with error status 3", 3, None),
        (C, SEGFAULT, 7, "Caught fatal signal 11", 0, 11),
        (C, DIVIDE, 9, "Caught fatal signal 8", 0, 8),
        (C, ABORT, 10, "Caught fatal signal 6", 0, 6),
        (BASH, "kill -TERM $$", 12, "Caught fatal signal 15", 0, 15),
        (BASH, "while :; do :; done", 5, "Time limit exceeded", 0, None),
        (BASH, "sleep 100", 5, "Time limit exceeded (wall clock)", 0, None),
        (BASH, "while :; do echo xxxxxxxxxxxxxxxx; done", 8, "Output limit exceeded", 0, 25),
        (PYTHON, "raise MemoryError", 11, "Memory limit exceeded", 1, None),
    ],
    ids=["ac", "nzec", "segv", "fpe", "abrt", "term", "cpu", "wall", "output", "memory"],
)
async def test_each_end_has_its_status(  # noqa: PLR0913, PLR0917 (a row of the table)
    house: House,
    language: int,
    source: str,
    status: int,
    message: str | None,
    code: int,
    signal: int | None,
) -> None:
    limits = {"cpu_time_limit": 0.3, "cpu_extra_time": 0, "wall_time_limit": 1}
    seen = await house.judge(language, source, **limits)
    assert (seen["status"]["id"], seen["status_id"], seen["message"]) == (status, status, message)
    assert (seen["exit_signal"], seen["exit_code"]) == (signal, code)
    assert float(seen["time"]) >= 0
    assert float(seen["wall_time"]) >= 0
    assert seen["memory"] > 0


async def test_a_program_that_is_killed_for_memory_says_so(house: House) -> None:
    source = (
        "#include <stdlib.h>\n#include <string.h>\n"
        "int main(void) { for (;;) memset(malloc(1 << 20), 1, 1 << 20); }"
    )
    seen = await house.judge(C, source, memory_limit=32_768)
    assert (seen["status_id"], seen["message"]) == (12, "Memory limit exceeded")
    assert seen["exit_signal"] == 9


async def test_what_does_not_compile_has_its_compiler_s_words_and_no_figures(house: House) -> None:
    seen = await house.judge(C, "int main(void) { return x; }")
    assert seen["status_id"] == 6
    assert "main.c" in seen["compile_output"]
    nothing = ("stdout", "stderr", "message", "time", "wall_time", "memory", "exit_code")
    assert [seen[name] for name in nothing] == [None] * len(nothing)


async def test_warnings_are_kept_where_it_compiles(house: House) -> None:
    source = "int main(void) { int unused; }"
    seen = await house.judge(C, source, compiler_options="-Wall -Wextra")
    assert seen["status_id"] == 3
    assert "unused" in seen["compile_output"]


@pytest.mark.parametrize(
    ("expected", "written", "status"),
    [
        ("a b\nc\n", "a b\nc", 3),
        ("a  \r\nc\n\n\n", "a\nc", 3),
        ("a b", "a  b", 4),
        (" a", "a", 4),
        ("a\n\nb", "a\nb", 4),
        ("A", "a", 4),
        ("", "", 3),
        (" \n", "", 3),
        ("x", "", 4),
    ],
)
async def test_outputs_are_equal_but_for_blanks_at_ends(
    house: House, expected: str, written: str, status: int
) -> None:
    seen = await house.judge(BASH, "cat", stdin=written, expected_output=expected)
    assert seen["status_id"] == status


# --- what a program is given -------------------------------------------------------------------


async def test_arguments_are_words(house: House) -> None:
    seen = await house.judge(C, ECHO_ARGUMENTS, command_line_arguments="one 'two three' $HOME;ls")
    assert seen["stdout"] == "one\ntwo three\n$HOME;ls\n"


async def test_compiler_options_reach_the_compiler(house: House) -> None:
    source = '#include <stdio.h>\nint main(void) { printf("%d", N); }'
    seen = await house.judge(C, source, compiler_options="-DN=7")
    assert seen["stdout"] == "7"
    seen = await house.judge(C, source, compiler_options="-DN=8")
    assert seen["stdout"] == "8"


async def test_standard_error_is_apart_unless_it_is_redirected(house: House) -> None:
    source = "echo out; echo err >&2; echo out"
    apart = await house.judge(BASH, source)
    assert (apart["stdout"], apart["stderr"]) == ("out\nout\n", "err\n")
    joined = await house.judge(BASH, source, redirect_stderr_to_stdout=True)
    assert (joined["stdout"], joined["stderr"]) == ("out\nerr\nout\n", None)


async def test_limits_of_stack_and_processes_hold(house: House) -> None:
    seen = await house.judge(BASH, "ulimit -s", stack_limit=4_000)
    assert seen["stdout"] == "4000\n"
    source = "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait"
    seen = await house.judge(BASH, source, max_processes_and_or_threads=4)
    assert "fork" in seen["stderr"]


async def test_a_file_cannot_be_larger_than_is_allowed(house: House) -> None:
    source = "head -c 3000000 /dev/zero >big; echo $?; wc -c <big"
    seen = await house.judge(BASH, source)
    assert seen["stdout"].split() == ["153", "1048576"]


async def test_it_is_run_as_often_as_is_asked_until_it_goes_wrong(house: House) -> None:
    seen = await house.judge(BASH, "echo hello", number_of_runs=3)
    assert (seen["status_id"], seen["number_of_runs"]) == (3, 3)
    seen = await house.judge(BASH, "exit 1", number_of_runs=3)
    assert seen["status_id"] == 11


async def test_there_is_no_network(house: House) -> None:
    source = "import socket\nsocket.create_connection(('127.0.0.1', 2358), 1)"
    assert (await house.judge(PYTHON, source))["status_id"] == 11


# --- files -------------------------------------------------------------------------------------


async def test_files_lie_beside_the_program_and_can_be_changed(house: House) -> None:
    files = zipped(data_dot_txt="from the zip\n", lib__util_dot_py="WORD = 'imported'\n")
    source = (
        "from lib.util import WORD\nprint(open('data.txt').read() + WORD)\n"
        "open('data.txt', 'a').write('more')\nprint(open('data.txt').read())"
    )
    for _ in range(2):
        seen = await house.judge(PYTHON, source, additional_files=files)
        assert seen["stdout"] == "from the zip\nimported\nfrom the zip\nmore\n", str(seen)


async def test_a_compiler_sees_the_files_and_so_does_the_program_however_often(
    house: House,
) -> None:
    source = (
        '#include <stdio.h>\n#include "n.h"\n'
        'int main(void) { printf("%d %c", N, getc(fopen("d.txt", "r"))); }'
    )
    for content in ("x", "x", "y"):
        files = zipped(n_dot_h="#define N 5\n", d_dot_txt=content)
        seen = await house.judge(C, source, additional_files=files)
        assert seen["stdout"] == f"5 {content}", seen


async def test_the_source_wins_over_its_namesake_in_the_zip(house: House) -> None:
    files = zipped(script_dot_py="print('zip')")
    seen = await house.judge(PYTHON, "print('source')", additional_files=files)
    assert seen["stdout"] == "source\n"


@pytest.mark.parametrize(
    ("files", "status", "stdout"),
    [
        ({"run": "echo run $#"}, 3, "run 0\n"),
        ({"compile": "gcc a.c -o a", "run": "./a", "a_dot_c": "int main(){}"}, 3, None),
        ({"compile": "echo no; exit 1", "run": "echo run"}, 6, None),
        ({"run": "cat dir/file; echo more >>dir/file; cat dir/file", "dir__file": "x\n"}, 3,
         "x\nx\nmore\n"),
        ({"no-run": "x"}, 11, None),
    ],
    ids=["run", "compile", "compile-error", "writable", "nothing-to-run"],
)  # fmt: skip
async def test_a_folder_with_scripts_of_its_own_is_a_program(
    house: House, files: dict[str, str], status: int, stdout: str | None
) -> None:
    body = {"command_line_arguments": "not passed"}
    seen = await house.judge(MULTI_FILE, "", additional_files=zipped(**files), **body)
    assert (seen["status_id"], seen["stdout"]) == (status, stdout), seen


async def test_a_binary_is_run_and_rubbish_is_not(house: House, tmp_path: Path) -> None:
    source = tmp_path / "a.c"
    source.write_text('#include <stdio.h>\nint main(void) { puts("binary"); }')
    subprocess.run(["cc", "-static", "-o", "a.out", "a.c"], cwd=tmp_path, check=True)  # noqa: ASYNC221, S607
    binary = base64.b64encode((tmp_path / "a.out").read_bytes()).decode()
    rubbish = base64.b64encode(b"\x7fELF rubbish\0\xff").decode()
    for content, status in ((binary, 3), (rubbish, 14)):
        answer = await house.client.post(
            "/submissions?wait=true&base64_encoded=true",
            json={"language_id": EXECUTABLE, "source_code": content},
        )
        assert as_json(answer)["status"]["id"] == status, answer.text


async def test_a_source_that_is_no_utf_8_is_run_as_it_is(house: House) -> None:
    source = base64.b64encode(b"printf '\xff\xfe'").decode()
    body = {"language_id": BASH, "source_code": source}
    answer = await house.client.post("/submissions?wait=true&base64_encoded=true", json=body)
    assert base64.b64decode(as_json(answer)["stdout"]) == b"\xff\xfe"
    plain = await house.client.post(
        "/submissions?wait=true", json={"language_id": BASH, "source_code": r"printf '\xff'"}
    )
    assert plain.status_code == 201
    assert set(as_json(plain)) == {"token", "error"}


# --- many at once, and being told --------------------------------------------------------------


async def test_a_batch_is_judged_each_on_its_own(house: House) -> None:
    items = [{"language_id": BASH, "source_code": f"echo {n}"} for n in range(20)]
    made = (await house.client.post("/submissions/batch", json={"submissions": items})).json()
    tokens = ",".join(one["token"] for one in made)
    async with asyncio.timeout(60):
        while True:
            answer = await house.client.get("/submissions/batch", params={"tokens": tokens})
            seen = as_json(answer)["submissions"]
            if all(one["status"]["id"] > 2 for one in seen):
                break
    assert [one["stdout"] for one in seen] == [f"{n}\n" for n in range(20)]


async def test_whoever_named_an_address_is_told_there_again_after_a_failure(house: House) -> None:
    heard: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()
    answers = iter(["503 Busy", "200 OK"])

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].split("\r")[0])
        heard.put_nowait((head, json.loads(await reader.readexactly(length))))
        writer.write(f"HTTP/1.1 {next(answers)}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/told?secret=1"
    seen = await house.judge(BASH, "echo hello", callback_url=url)
    async with asyncio.timeout(60):
        (first, body), (second, again) = await heard.get(), await heard.get()
    listener.close()
    assert first.startswith("PUT /told?secret=1 HTTP/1.1")
    assert f"host: 127.0.0.1:{port}" in first.lower()
    assert "content-type: application/json" in second.lower()
    assert body == again
    assert list(body) == "stdout time memory stderr token compile_output message status".split()  # noqa: SIM905
    assert (body["token"], body["stdout"]) == (seen["token"], "aGVsbG8K")
