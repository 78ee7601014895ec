"""Problems with a checker, an interactor or two passes, through HTTP, SQLite and a real sandbox."""

from collections.abc import Iterator

import pytest

from tests.journeys import server
from tests.journeys.api import ADMIN_EMAIL, ADMIN_ENVIRONMENT, ADMIN_PASSWORD, Client, signed_in

LIMITS = {"time_ms": 500, "memory_kib": 131_072}
OWN_LIMITS = {"time_ms": 1_000, "memory_kib": 131_072}
TEST = {"visibility": "hidden", "input": "10\n", "expected_output": "7\n", "weight": 10}
SUMMANDS = r"""
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
int main(int, char **words) {
    std::ifstream given(words[1]);
    int sum, left, right;
    given >> sum;
    if (!(std::cin >> left >> right) || left + right != sum) return 43;
    std::ofstream(std::string(words[3]) + "judgemessage.txt") << left << " + " << right;
    if (left == right) std::ofstream(std::string(words[3]) + "score_multiplier.txt") << "0.5";
    return left < 0 ? 1 : 42;
}
"""
"""Any two numbers with that sum are right; two equal ones are half so; one below 0 is too much."""
GUESSES = """\
import sys
wanted = int(open(sys.argv[2]).read())
for _ in range(4):
    guess = int(sys.stdin.readline() or 0)
    print((guess > wanted) - (guess < wanted), flush=True)
    if guess == wanted:
        sys.exit(42)
sys.exit(43)
"""
SEARCH = """\
low, high = 1, 10
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    said = int(input())
    if said == 0:
        break
    low, high = (low, middle - 1) if said > 0 else (middle + 1, high)
"""
TWICE = """\
import sys
given = open(sys.argv[1]).read()
said = sys.stdin.read()
if given == "10\\n":
    open(sys.argv[3] + "nextpass.in", "w").write(said)
    sys.exit(42)
sys.exit(42 if said == "10\\n" else 43)
"""
"""What was made of the input is the next one: of that the program has to make the first again."""


def checker(source: str, *, kind: str = "custom", language: str = "python3") -> dict[str, object]:
    return {"kind": kind, "language": language, "source": source, "limits": OWN_LIMITS}


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    environment = ADMIN_ENVIRONMENT | {"ASSAY_LANGUAGES": "cpp,python3"}
    home = tmp_path_factory.mktemp("checkers")
    with (
        server.running(home, environment=environment) as running,
        signed_in(running.url, ADMIN_EMAIL, ADMIN_PASSWORD) as client,
    ):
        yield client


def outcomes(admin: Client, by: dict[str, object], programs: dict[str, str]) -> dict[str, object]:
    """Verdict and score of each, judged in one challenge."""
    slug = f"{by['kind']}-{max(programs)}"
    challenge = admin.create_challenge(slug, limits=LIMITS, checker=by, scoring="weighted")
    admin.upload(challenge, [TEST])
    sent = {name: admin.submit(challenge, "python3", code) for name, code in programs.items()}
    done = {name: admin.wait_for_done(submission) for name, submission in sent.items()}
    return {name: (one["verdict"], one["score"]) for name, one in done.items()}


def test_a_checker_in_cpp_takes_any_right_answer(admin: Client) -> None:
    programs = {
        "right": "print(3, 7)",
        "half": "print(5, 5)",
        "wrong": "print(5, 6)",
        "nothing": "",
        "crash of the checker": "print(-1, 11)",
        "crash": "raise SystemExit(1)",
    }
    assert outcomes(admin, checker(SUMMANDS, language="cpp"), programs) == {
        "right": ("accepted", 10),
        "half": ("partially_accepted", 5),
        "wrong": ("wrong_answer", 0),
        "nothing": ("wrong_answer", 0),
        "crash of the checker": ("judge_error", 0),
        "crash": ("runtime_error", 0),
    }


def test_an_interactor_answers_guesses(admin: Client) -> None:
    programs = {
        "right": SEARCH,
        "wrong": SEARCH.replace("1, 10", "20, 100"),
        "deadlock": "input()",
        "early end": "print(1, flush=True)",
        "crash": "raise SystemExit(1)",
    }
    assert outcomes(admin, checker(GUESSES, kind="interactor"), programs) == {
        "right": ("accepted", 10),
        "wrong": ("wrong_answer", 0),
        "deadlock": ("time_limit_exceeded", 0),
        "early end": ("wrong_answer", 0),
        "crash": ("runtime_error", 0),
    }


def test_two_passes_are_judged_as_one_test(admin: Client) -> None:
    programs = {
        "right": "number = int(input())\nprint(number * 2 if number == 10 else number // 2)",
        "forgetful": "print(int(input()) * 2)",
        "lost": "number = int(input())\nprint(20 if number == 10 else 1 / 0)",
    }
    assert outcomes(admin, checker(TWICE), programs) == {
        "right": ("accepted", 10),
        "forgetful": ("wrong_answer", 0),
        "lost": ("runtime_error", 0),
    }
