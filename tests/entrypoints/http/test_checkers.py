"""Challenges with checkers of the author's: written, judged and told, on the memory adapters."""

import pytest

from tests.entrypoints.http.house import House, Json, Person, a_challenge, problem, submit

WHOLE: Json = {
    "kind": "custom",
    "language": "python3",
    "files": [{"name": "a.py", "content": "exit 42\n"}, {"name": "b.py", "content": ""}],
    "entry_point": "a.py",
    "protocol": "testlib",
    "arguments": ["case_sensitive", "1e-9"],
    "limits": {"time_ms": 2000, "memory_kib": 65536},
    "validation_passes": 3,
}
TESTS: list[Json] = [
    {"visibility": "public", "input": "1\n", "expected_output": "1\n", "weight": 4},
    {"visibility": "hidden", "input": "2\n", "expected_output": "2\n", "weight": 6},
]


def checker(source: str, **more: object) -> Json:
    return {"kind": "custom", "language": "python3", "source": source, **more}


async def judged(
    house: House, by: Json, program: str = "echo\n", **changes: object
) -> tuple[Json, Json]:
    """What the candidate and what staff see of one submission."""
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin, tests=TESTS, checker=by, **changes)
    submission = await submit(candidate, challenge["id"], program)
    await house.judge_all()
    return await _seen(candidate, admin, submission["id"])


async def _seen(candidate: Person, admin: Person, submission_id: str) -> tuple[Json, Json]:
    told = await candidate.client.get(f"/candidate/submissions/{submission_id}")
    known = await admin.client.get(f"/admin/submissions/{submission_id}")
    return told.json(), known.json()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(WHOLE, id="custom"),
        pytest.param(checker("exit 42\n") | {k: WHOLE[k] for k in ("limits",)}, id="bare source"),
        pytest.param(WHOLE | {"kind": "interactor"}, id="interactor"),
    ],
)
async def test_a_checker_comes_back_as_it_was_written(house: House, body: Json) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, checker=body)
    assert {name: challenge["checker"][name] for name in body} == body


async def test_another_checker_is_another_version(house: House) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, tests=[], checker=checker("exit 42\n"))
    changed = await admin.client.put(
        f"/admin/challenges/{challenge['id']}",
        json=challenge | {"checker": checker("exit 43\n")},
        headers={"If-Match": '"1"'},
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["version"] == 2
    assert changed.json()["version_hash"] != challenge["version_hash"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"files": []}, "/checker/files"),
        ({"source": "x"}, "/checker/files"),
        ({"entry_point": "c.py"}, "/checker/entry_point"),
        ({"language": "cobol"}, "/checker/language"),
        ({"protocol": "mine"}, "/checker/protocol"),
        ({"arguments": ["\u0000"]}, "/checker/arguments/0"),
        ({"arguments": ["x"] * 33}, "/checker/arguments"),
        ({"limits": {"time_ms": 1}}, "/checker/limits/time_ms"),
        ({"validation_passes": 0}, "/checker/validation_passes"),
        ({"files": [{"name": "a.py", "content": "x" * 400_000}]}, "/checker"),
        ({"more": 1}, "/checker/more"),
    ],
)
async def test_a_checker_that_does_not_fit_is_refused(
    house: House, change: Json, pointer: str
) -> None:
    admin = await house.admin()
    body = {"title": "x", "status": "published", "checker": WHOLE | change}
    answer = await admin.client.post("/admin/challenges", json=body)
    assert problem(answer, 422)["errors"][0]["pointer"].startswith(pointer)


async def test_a_checker_that_does_not_compile_is_not_published(house: House) -> None:
    admin = await house.admin()
    body = {"title": "x", "status": "published", "checker": checker("no such word\n")}
    answer = await admin.client.post("/admin/challenges", json=body)
    (error,) = problem(answer, 422)["errors"]
    assert error == {"pointer": "/checker", "detail": "does not compile: no such word"}
    draft = await admin.client.post("/admin/challenges", json=body | {"status": "draft"})
    assert draft.status_code == 201


async def test_a_draft_may_wait_for_its_checkers_language(house: House) -> None:
    await a_challenge(
        await house.admin(), checker=checker("", language="cobol"), status="draft", tests=[]
    )


@pytest.mark.parametrize(
    ("source", "verdict", "score"),
    [
        pytest.param("compare\n", "accepted", 10, id="right"),
        pytest.param("exit 43\n", "wrong_answer", 0, id="wrong"),
        pytest.param("exit 42\nmultiply 0.25\n", "partially_accepted", 2.5, id="a quarter"),
        pytest.param("exit 42\nscore 4\n", "partially_accepted", 8, id="points"),
        pytest.param("exit 42\nmultiply 1\n", "accepted", 10, id="all"),
        pytest.param("exit 42\nscore 5\n", "judge_error", 0, id="too many points"),
        pytest.param("exit 1\n", "judge_error", 0, id="crash"),
        pytest.param("exit 42\nin 1 again 1\n", "accepted", 10, id="two passes"),
        pytest.param("exit 42\nagain 1\n", "judge_error", 0, id="too many passes"),
    ],
)
async def test_what_a_checker_says_is_the_verdict(
    house: House, source: str, verdict: str, score: float
) -> None:
    told, known = await judged(house, checker(source))
    assert (told["status"], told["verdict"], told["score"]) == ("done", verdict, score)
    assert (known["verdict"], bool(known["fault"])) == (verdict, verdict == "judge_error")


async def test_a_team_hears_of_public_tests_alone_and_staff_of_all(house: House) -> None:
    source = "exit 43\ntell LOOK AGAIN\nnote WANTED MORE\n"
    told, known = await judged(house, checker(source))
    assert [test["message"] for test in told["tests"]] == ["LOOK AGAIN", None]
    assert "WANTED MORE" not in str(told)
    assert [test["judge_message"] for test in known["tests"]] == ["WANTED MORE"] * 2


async def test_why_a_checker_failed_is_for_staff_alone(house: House) -> None:
    told, known = await judged(house, checker("exit 1\ncomplain MY BUG\n"))
    assert "MY BUG" not in str(told)
    assert "MY BUG" in known["fault"]


async def test_all_or_nothing_takes_no_parts(house: House) -> None:
    by = checker("exit 42\nmultiply 0.5\n")
    told, _ = await judged(house, by, scoring="all_or_nothing")
    assert (told["verdict"], told["score"]) == ("partially_accepted", 0)


@pytest.mark.parametrize(
    ("rule", "score"), [("all", 0), ("min", 50), ("sum", 50)], ids=["all", "min", "sum"]
)
async def test_groups_take_parts_by_their_rule(house: House, rule: str, score: float) -> None:
    by = checker("exit 42\nmultiply 0.5\n")
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(
        admin,
        tests=[test | {"group": "g"} for test in TESTS],
        checker=by,
        scoring="groups",
        groups=[{"name": "g", "points": 100, "rule": rule}],
    )
    submission = await submit(candidate, challenge["id"])
    await house.judge_all()
    told, _ = await _seen(candidate, admin, submission["id"])
    assert (told["verdict"], told["score"]) == ("partially_accepted", score)


@pytest.mark.parametrize(
    ("source", "program", "verdict"),
    [
        ("exit 42\n", "echo\n", "accepted"),
        ("exit 43\nfirst\n", "exit 3\n", "wrong_answer"),
        ("exit 43\n", "exit 3\n", "runtime_error"),
        ("exit 42\nfirst\n", "exit 3\n", "runtime_error"),
        ("exit 42\nfirst\n", "spend 9999\n", "time_limit_exceeded"),
        ("exit 1\nfirst\n", "exit 3\n", "judge_error"),
        ("exit 1\n", "exit 3\n", "runtime_error"),
        ("exit 1\n", "echo\n", "judge_error"),
        ("exit 42\noverrun\n", "exit 3\n", "judge_error"),
    ],
)
async def test_who_ended_first_decides_between_an_interactor_and_a_program(
    house: House, source: str, program: str, verdict: str
) -> None:
    by = {"kind": "interactor", "language": "python3", "source": source}
    told, _ = await judged(house, by, program)
    assert told["verdict"] == verdict


async def test_a_run_on_own_input_is_not_checked(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin, tests=TESTS, checker=checker("exit 43\n"))
    body = {
        "challenge_id": challenge["id"],
        "language": "python3",
        "source": "echo\n",
        "stdin": "mine\n",
    }
    run = (await candidate.client.post("/candidate/runs", json=body)).json()
    await house.judge_all()
    found = (await candidate.client.get(f"/candidate/runs/{run['id']}")).json()
    assert (found["verdict"], found["stdout"]) == ("accepted", "mine\n")
