"""`assay submit` against a real server: what it shows and how it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.entrypoints.cli.program import ROOT, assay
from tests.journeys import server
from tests.journeys.api import register

EMAIL, PASSWORD, WRONG = "cand@example.org", "a long enough password", "not the password"
SOLUTIONS = ROOT / "entrypoints" / "demo" / "challenges" / "tally-the-till" / "solutions"
RIGHT = "print(*(lambda b: (b[-1], min(b)))(sums([int(x) for x in open(0).read().split()[1:]])))\n"
SUMS = "from itertools import accumulate\ndef sums(a):\n    return [0, *accumulate(a)]\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    quick = {"ASSAY_LANGUAGES": "bash,c,python3"}
    home = tmp_path_factory.mktemp("home")
    with server.running(home, "--demo", environment=quick) as running:
        register(running.url, EMAIL, PASSWORD)
        yield running.url


def _submit(url: str, *arguments: str | Path, password: str = PASSWORD) -> tuple[int, str, str]:
    told = assay(
        *("submit", *map(str, arguments), "--server", url, "--email", EMAIL),
        *("--password-file", "-"),
        stdin=f"{password}\n",
    )
    return told.returncode, told.stdout, told.stderr


def test_an_accepted_program_is_shown_test_by_test_and_ends_with_0(url: str) -> None:
    code, shown, said = _submit(url, SOLUTIONS / "accepted.bash", "--challenge", "tally-the-till")

    lines = shown.splitlines()
    assert code == 0, said
    assert {"queued", "running"}.issuperset(lines[:1])
    assert [line.split(":")[0] for line in lines if line.startswith("test ")] == [
        f"test {ordinal}" for ordinal in range(1, 10)
    ]
    assert lines[-1].startswith("accepted: 100 of 100 points")
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("solution", "verdict"),
    [
        ("wrong_answer-opening.python3", "wrong_answer"),
        ("runtime_error.bash", "runtime_error"),
        ("compile_error.c", "compile_error"),
    ],
)
def test_any_other_verdict_ends_with_1(url: str, solution: str, verdict: str) -> None:
    code, shown, _ = _submit(url, SOLUTIONS / solution, "--challenge", "tally-the-till")

    assert code == 1
    assert shown.splitlines()[-1].startswith(f"{verdict}: ")


def test_what_the_compiler_says_is_shown_as_it_is(url: str) -> None:
    _, shown, _ = _submit(url, SOLUTIONS / "compile_error.c", "--challenge", "tally-the-till")

    assert "error:" in shown
    assert "[-W" not in shown or "main.c" in shown


def test_several_files_are_one_program_that_begins_in_the_first(url: str, tmp_path: Path) -> None:
    (tmp_path / "till.py").write_text(f"from sums import sums\n{RIGHT}", "utf-8")
    (tmp_path / "sums.py").write_text(SUMS, "utf-8")

    code, shown, said = _submit(
        url, tmp_path / "till.py", tmp_path / "sums.py", "--challenge", "tally-the-till"
    )

    assert code == 0, shown + said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--challenge", "no-such-thing"), "there is no challenge 'no-such-thing'"),
        (("--challenge", "tally"), "there is no challenge 'tally'"),
        (("--challenge", "tally-the-till", "--language", "klingon"), "/language is not offered"),
    ],
)
def test_what_the_server_refuses_ends_with_2(
    url: str, arguments: tuple[str, ...], said: str
) -> None:
    code, shown, told = _submit(url, SOLUTIONS / "accepted.bash", *arguments)

    assert (code, shown) == (2, "")
    assert said in told
    assert "Traceback" not in told


def test_a_wrong_password_ends_with_2_and_is_not_repeated(url: str) -> None:
    code, _, told = _submit(
        url, SOLUTIONS / "accepted.bash", "--challenge", "whispers", password=WRONG
    )

    assert code == 2
    assert f"{EMAIL} cannot log in" in told
    assert WRONG not in told


def test_a_server_that_is_not_there_ends_with_2() -> None:
    code, _, told = _submit(
        "http://127.0.0.1:9", SOLUTIONS / "accepted.bash", "--challenge", "whispers"
    )

    assert code == 2
    assert told.startswith("assay: no answer from http://127.0.0.1:9: ")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("main.xyz", b"", "use --language"),
        ("main.py", b"\xff", "is not UTF-8 text"),
        ("missing.py", None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_cannot_be_handed_in_is_named(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)

    code, _, told = _submit("http://127.0.0.1:9", file, "--challenge", "whispers")

    assert code == 2
    assert name in told
    assert said in told
