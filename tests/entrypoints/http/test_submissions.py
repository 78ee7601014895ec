"""Candidates hand in programs, try them, and read what came of it."""

from datetime import timedelta

import pytest

from tests.entrypoints.http.house import (
    DEFAULT_TESTS,
    HIDDEN_INPUT,
    HIDDEN_OUTPUT,
    House,
    Json,
    Person,
    a_challenge,
    events_of,
    problem,
    submit,
    upload,
)

TELLING = "echo\ncomplain SECRET-STDERR\nspend 1234\neat 70001\n"
"""A program that tells its input wherever it can."""
SECRETS = (HIDDEN_INPUT.strip(), HIDDEN_OUTPUT.strip())


async def test_a_submission_is_queued_with_its_place(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    body = {"challenge_id": challenge["id"], "language": "python3", "source": "echo\n"}

    answer = await candidate.client.post("/candidate/submissions", json=body)

    assert answer.status_code == 202
    submission = answer.json()
    assert answer.headers["location"] == f"/candidate/submissions/{submission['id']}"
    assert submission["status"] == "queued"
    assert submission["verdict"] is None
    assert submission["challenge_version"] == 2
    assert submission["submitted_at"].endswith("Z")


async def test_a_judged_submission_tells_what_the_contract_says(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(
        admin, tests=[{**DEFAULT_TESTS[0], "weight": 5}, DEFAULT_TESTS[1]]
    )
    submission = await submit(candidate, challenge["id"], "echo\nspend 11\n")
    await house.judge_all()

    found = (await candidate.client.get(f"/candidate/submissions/{submission['id']}")).json()

    assert found["status"] == "done"
    assert found["verdict"] == "wrong_answer"
    assert (found["score"], found["max_score"]) == (5, 25)
    assert found["source"] == "echo\nspend 11\n"
    assert found["judged_at"].endswith("Z")
    assert found["tests"][0] == {
        "ordinal": 1,
        "visibility": "public",
        "group": None,
        "verdict": "accepted",
        "time_ms": 12,
        "wall_ms": 12,
        "memory_kib": 1024,
        "score": 5,
        "max_score": 5,
        "output": "hello\n",
        "output_truncated": False,
        "stderr": "",
        "exit_code": 0,
        "signal": None,
        "signal_name": None,
        "message": None,
    }
    assert "judged_under" not in found


async def test_a_hidden_test_tells_its_verdict_and_coarse_figures_only(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    submission = await submit(candidate, challenge["id"], TELLING)
    await house.judge_all()

    found = (await candidate.client.get(f"/candidate/submissions/{submission['id']}")).json()

    hidden = found["tests"][1]
    assert hidden["verdict"] == "wrong_answer"
    assert (hidden["time_ms"], hidden["memory_kib"]) == (1240, 71680)
    assert (found["time_ms"], found["memory_kib"]) == (1240, 71680)
    silent = ("output", "stderr", "exit_code", "signal", "signal_name", "message", "wall_ms")
    assert {hidden[name] for name in silent} == {None}


@pytest.mark.parametrize("feedback", ["full", "summary", "verdict"])
async def test_no_answer_to_a_candidate_holds_hidden_data(house: House, feedback: str) -> None:
    challenge = await a_challenge(await house.admin(), feedback=feedback)
    candidate = await house.candidate()
    submission = await submit(candidate, challenge["id"], TELLING)
    run = await candidate.client.post(
        "/candidate/runs",
        json={"challenge_id": challenge["id"], "language": "python3", "source": TELLING},
    )
    await house.judge_all()

    answers = [
        await candidate.client.get(path) for path in _readable(challenge, submission, run.json())
    ]

    assert {answer.status_code for answer in answers} == {200}
    everything = "".join(answer.text for answer in answers)
    assert [secret for secret in SECRETS if secret in everything] == []
    assert "hello" in everything


@pytest.mark.parametrize(("feedback", "shown"), [("full", 2), ("summary", 1), ("verdict", 0)])
async def test_the_feedback_policy_says_which_tests_are_shown(
    house: House, feedback: str, shown: int
) -> None:
    challenge = await a_challenge(await house.admin(), feedback=feedback)
    candidate = await house.candidate()
    submission = await submit(candidate, challenge["id"])
    await house.judge_all()
    path = f"/candidate/submissions/{submission['id']}"

    found = (await candidate.client.get(path)).json()
    events = await events_of(candidate, f"{path}/events")

    assert len(found["tests"]) == shown
    assert [name for _, name, _ in events].count("test") == shown
    assert found["verdict"] == "wrong_answer"


@pytest.mark.parametrize("feedback", ["summary", "verdict"])
async def test_a_policy_that_closes_hidden_tests_tells_no_figure_of_them(
    house: House, feedback: str
) -> None:
    challenge = await a_challenge(await house.admin(), feedback=feedback)
    candidate = await house.candidate()
    submission = await submit(candidate, challenge["id"], TELLING)
    await house.judge_all()
    path = f"/candidate/submissions/{submission['id']}"

    found = (await candidate.client.get(path)).json()
    listed = (await candidate.client.get("/candidate/submissions")).json()["items"][0]
    done = (await events_of(candidate, f"{path}/events"))[-1][2]

    assert {view[name] for view in (found, listed, done) for name in ("time_ms", "memory_kib")} == {
        None
    }


async def test_an_open_policy_tells_coarse_figures_in_lists_and_events_too(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    submission = await submit(candidate, challenge["id"], TELLING)
    await house.judge_all()

    listed = (await candidate.client.get("/candidate/submissions")).json()["items"][0]
    done = (await events_of(candidate, f"/candidate/submissions/{submission['id']}/events"))[-1][2]

    assert (listed["time_ms"], listed["memory_kib"]) == (1240, 71680)
    assert done == listed


async def test_why_the_platform_failed_is_for_staff_only(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin)
    submission = await submit(candidate, challenge["id"], "on 2 fault\necho\n")
    for_long = house.world.judge_submission()
    for _ in range(10):
        await for_long()
        house.clock.advance(timedelta(seconds=80))

    own = await candidate.client.get(f"/candidate/submissions/{submission['id']}")
    staff = await admin.client.get(f"/admin/submissions/{submission['id']}")

    assert own.json()["verdict"] == staff.json()["verdict"] == "judge_error"
    assert "the program asked for it" in staff.json()["fault"]
    assert "the program asked for it" not in own.text


async def test_a_compile_error_shows_the_compilers_words(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    submission = await submit(candidate, challenge["id"], "does not compile\n")
    await house.judge_all()

    found = (await candidate.client.get(f"/candidate/submissions/{submission['id']}")).json()

    assert found["verdict"] == "compile_error"
    assert found["compile_output"] == "line 1: does not compile"


async def test_files_are_told_as_they_were_handed_in(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    files = [{"name": "a.py", "content": "# a"}, {"name": "main.py", "content": "echo"}]
    body = {"challenge_id": challenge["id"], "language": "python3"}

    answer = await candidate.client.post(
        "/candidate/submissions", json={**body, "files": files, "entry_point": "main.py"}
    )

    submission = answer.json()
    assert submission["files"] == files
    assert submission["entry_point"] == "main.py"
    assert submission["source"] == "echo"


async def test_a_challenge_without_tests_takes_nothing(house: House) -> None:
    challenge = await a_challenge(await house.admin(), tests=[])
    candidate = await house.candidate()
    body = {"challenge_id": challenge["id"], "language": "python3", "source": "echo"}

    problem(await candidate.client.post("/candidate/submissions", json=body), 409, "no-tests")


@pytest.mark.parametrize("status", ["draft", "archived"])
async def test_an_unpublished_challenge_is_not_there_for_candidates(
    house: House, status: str
) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin, status=status)
    body = {"challenge_id": challenge["id"], "language": "python3", "source": "echo"}

    problem(await candidate.client.post("/candidate/submissions", json=body), 404)
    problem(await candidate.client.post("/candidate/runs", json=body), 404)
    problem(await candidate.client.get(f"/candidate/challenges/{challenge['id']}"), 404)
    problem(await candidate.client.get(f"/candidate/challenges/{challenge['id']}/leaderboard"), 404)
    assert (await candidate.client.get("/candidate/challenges")).json()["items"] == []
    assert (await admin.client.post("/candidate/submissions", json=body)).status_code == 202


async def test_another_candidates_submission_is_not_there(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    owner, other = await house.candidate(), await house.candidate("other@example.org")
    path = f"/candidate/submissions/{(await submit(owner, challenge['id']))['id']}"

    problem(await other.client.get(path), 404, "submission-not-found")
    problem(await other.client.get(f"{path}/events"), 404)
    assert (await other.client.get("/candidate/submissions")).json()["items"] == []


async def test_ones_own_submissions_come_newest_first_and_without_their_insides(
    house: House,
) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    ids = [(await submit(candidate, challenge["id"]))["id"] for _ in range(3)]

    items = (await candidate.client.get("/candidate/submissions")).json()["items"]

    assert [item["id"] for item in items] == ids[::-1]
    assert not {"source", "tests", "compile_output"} & items[0].keys()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=done", 2),
        ("status=queued", 0),
        ("verdict=accepted", 1),
        ("verdict=wrong_answer&status=done", 1),
        ("challenge_id=elsewhere", 0),
    ],
)
async def test_submissions_can_be_filtered(house: House, query: str, count: int) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin, tests=DEFAULT_TESTS[:1])
    await submit(candidate, challenge["id"], "echo")
    await submit(candidate, challenge["id"], "print wrong")
    await house.judge_all()

    own = (await candidate.client.get(f"/candidate/submissions?{query}")).json()
    everyone = (await admin.client.get(f"/admin/submissions?{query}")).json()

    assert len(own["items"]) == len(everyone["items"]) == count


async def test_a_run_on_own_input_tells_its_streams(house: House) -> None:
    candidate = await house.candidate()
    body = {"language": "python3", "source": "echo\ncomplain oh\nexit 3\n", "stdin": "own input"}

    started = await candidate.client.post("/candidate/runs", json=body)
    await house.judge_all()
    run = (await candidate.client.get(started.headers["location"])).json()

    assert started.status_code == 202
    assert run["verdict"] == "runtime_error"
    assert (run["stdout"], run["stderr"]) == ("own input", "oh\n")
    assert (run["exit_code"], run["signal"], run["signal_name"]) == (3, None, None)
    assert "score" not in run
    assert run["expires_at"] > run["submitted_at"]


async def test_a_signal_is_told_by_number_and_name(house: House) -> None:
    candidate = await house.candidate()
    body = {"language": "python3", "source": "signal 11\n", "stdin": ""}

    started = await candidate.client.post("/candidate/runs", json=body)
    await house.judge_all()
    run = (await candidate.client.get(started.headers["location"])).json()

    assert (run["exit_code"], run["signal"], run["signal_name"]) == (None, 11, "SIGSEGV")
    assert run["tests"][0]["signal_name"] == "SIGSEGV"
    assert run["tests"][0]["message"] == "ended by signal 11 (SIGSEGV)"


async def test_a_run_on_the_samples_never_sees_hidden_tests(house: House) -> None:
    challenge = await a_challenge(await house.admin())
    candidate = await house.candidate()
    body = {"challenge_id": challenge["id"], "language": "python3", "source": "echo"}

    started = await candidate.client.post("/candidate/runs", json=body)
    await house.judge_all()
    run = (await candidate.client.get(started.headers["location"])).json()

    assert run["verdict"] == "accepted"
    assert [test["output"] for test in run["tests"]] == ["hello\n"]
    assert run["stdout"] is None


async def test_a_run_without_samples_needs_input(house: House) -> None:
    challenge = await a_challenge(await house.admin(), tests=DEFAULT_TESTS[1:])
    candidate = await house.candidate()
    body = {"challenge_id": challenge["id"], "language": "python3", "source": "echo"}

    problem(await candidate.client.post("/candidate/runs", json=body), 409, "no-samples")


async def test_a_run_is_no_submission(house: House) -> None:
    candidate = await house.candidate()
    run = await candidate.client.post(
        "/candidate/runs", json={"language": "python3", "source": "echo"}
    )

    problem(await candidate.client.get(f"/candidate/submissions/{run.json()['id']}"), 404)
    assert (await candidate.client.get("/candidate/submissions")).json()["items"] == []


async def test_the_boards_rank_by_score_and_show_ones_own_line(house: House) -> None:
    admin = await house.admin()
    challenge = await a_challenge(admin, tests=DEFAULT_TESTS)
    best, next_best = await house.candidate("a@example.org"), await house.candidate("b@example.org")
    await submit(best, challenge["id"], f"print {HIDDEN_OUTPUT}")
    await submit(next_best, challenge["id"], "print wrong")
    await submit(admin, challenge["id"], "echo")
    await house.judge_all()

    for_all = (await next_best.client.get("/candidate/leaderboard")).json()
    for_one = await next_best.client.get(f"/candidate/challenges/{challenge['id']}/leaderboard")

    assert [line["user_id"] for line in for_all["items"]] == [best.id, next_best.id]
    assert for_all["own"]["rank"] == 2
    assert for_all["items"][0]["score"] == 20
    assert (for_all["total"], for_all["next_cursor"]) == (2, None)
    assert for_one.json() == for_all
    assert (await best.client.get("/candidate/challenges/echo/leaderboard")).json()["total"] == 2
    problem(await best.client.get("/candidate/challenges/none/leaderboard"), 404)


async def test_the_detail_of_a_challenge_is_what_a_candidate_may_know(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    starter = {"python3": "echo", "cobol": "MOVE"}
    challenge = await a_challenge(admin, statement="# Echo", tags=["io"], starter_code=starter)

    by_id = await candidate.client.get(f"/candidate/challenges/{challenge['id']}")
    by_slug = await candidate.client.get("/candidate/challenges/echo")

    found: Json = by_id.json()
    assert by_slug.json() == found
    assert found["statement"] == "# Echo"
    assert found["version"] == 2
    assert found["limits"] == {"time_ms": 2000, "memory_kib": 262144, "output_kib": 16384}
    assert [language["id"] for language in found["languages"]] == ["python3"]
    assert found["starter_code"] == {"python3": "echo"}
    assert [(s["input"], s["expected_output"]) for s in found["samples"]] == [
        ("hello\n", "hello\n")
    ]
    assert found["max_score"] == 20


async def test_the_list_of_challenges_knows_how_far_one_is(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    solved = await a_challenge(admin, tests=DEFAULT_TESTS[:1], slug="solved", tags=["a"])
    await a_challenge(admin, slug="untouched", difficulty="hard", title="Untouched thing")
    await submit(candidate, solved["id"])
    await house.judge_all()

    assert await _slugs(candidate, "") == ["solved", "untouched"]
    assert await _slugs(candidate, "?status=solved") == ["solved"]
    assert await _slugs(candidate, "?status=todo") == ["untouched"]
    assert await _slugs(candidate, "?status=attempted") == []
    assert await _slugs(candidate, "?difficulty=hard") == ["untouched"]
    assert await _slugs(candidate, "?tag=a") == ["solved"]
    assert await _slugs(candidate, "?q=THING") == ["untouched"]


async def test_what_is_offered_is_what_the_judge_can_run(house: House) -> None:
    candidate = await house.candidate()

    languages = (await candidate.client.get("/candidate/languages")).json()

    assert [language["id"] for language in languages] == ["python3"]
    assert languages[0]["run_command"] == "python3 main.py"


async def test_a_queued_submission_shows_its_place_and_when_it_is_done_none(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin)
    first, second = [await submit(candidate, challenge["id"], "echo") for _ in range(2)]
    path = f"/candidate/submissions/{second['id']}"
    run_ = await candidate.client.post(
        "/candidate/runs", json={"language": "python3", "source": "echo", "stdin": "1"}
    )

    waiting = (await candidate.client.get(path)).json()
    run_waiting = (await candidate.client.get(run_.headers["location"])).json()
    await house.judge_all()
    done = (await candidate.client.get(path)).json()

    assert first["queue_position"] is None
    assert (waiting["queue_position"], waiting["estimated_wait_s"]) == (2, None)
    assert run_waiting["queue_position"] == 3
    assert (done["queue_position"], done["estimated_wait_s"]) == (None, None)


async def test_a_rejudge_adds_a_numbered_judgement(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin, tests=DEFAULT_TESTS[:1])
    submission = await submit(candidate, challenge["id"], "echo")
    await house.judge_all()
    await upload(admin, challenge["id"], [{"input": "1", "expected_output": "2"}])
    path = f"/admin/submissions/{submission['id']}"

    asked = await admin.client.post(f"{path}/rejudge", json={"version": "current"})
    waiting = (await candidate.client.get(f"/candidate/submissions/{submission['id']}")).json()
    await house.judge_all()
    now = (await admin.client.get(path)).json()
    before = (await admin.client.get(f"{path}?judgement=1")).json()

    assert asked.status_code == 202
    assert asked.headers["location"] == path
    assert asked.json()["pending_judgement"] == 2
    assert waiting["verdict"] == "accepted"
    assert (now["judgement"], now["challenge_version"], now["verdict"]) == (2, 3, "wrong_answer")
    assert (before["judgement"], before["challenge_version"]) == (1, 2)
    assert before["verdict"] == "accepted"
    problem(await admin.client.get(f"{path}?judgement=3"), 404)


async def test_a_rejudge_that_the_platform_fails_is_shown_beside_the_outcome_that_counts(
    house: House,
) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin, tests=DEFAULT_TESTS[:1])
    submission = await submit(candidate, challenge["id"], "on 2 fault\necho")
    await house.judge_all()
    await upload(admin, challenge["id"], [{"input": "1", "expected_output": "1"}], mode="append")
    path = f"/admin/submissions/{submission['id']}"

    asked = await admin.client.post(f"{path}/rejudge", json={"version": "current"})
    for_long = house.world.judge_submission()
    for _ in range(10):
        await for_long()
        house.clock.advance(timedelta(seconds=80))
    now = (await admin.client.get(path)).json()
    failed = (await admin.client.get(f"{path}?judgement=2")).json()
    again = await admin.client.post(f"{path}/rejudge", json={"version": "same"})

    assert asked.json()["pending_judgement"] == 2
    assert (now["judgement"], now["verdict"], now["fault"]) == (1, "accepted", None)
    assert now["pending_judgement"] is None
    assert (failed["judgement"], failed["verdict"]) == (2, "judge_error")
    assert "the program asked for it" in failed["fault"]
    assert again.json()["pending_judgement"] == 3


async def test_what_is_still_being_judged_is_not_rejudged(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin)
    submission = await submit(candidate, challenge["id"])

    answer = await admin.client.post(f"/admin/submissions/{submission['id']}/rejudge")

    problem(answer, 409, "still-queued")


async def test_staff_see_everything_exactly(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(admin)
    submission = await submit(candidate, challenge["id"], TELLING)
    await house.judge_all()

    found = (await admin.client.get(f"/admin/submissions/{submission['id']}")).json()

    assert found["user_id"] == candidate.id
    assert found["tests"][1]["output"] == HIDDEN_INPUT
    assert found["tests"][1]["time_ms"] == found["time_ms"] == 1235
    assert found["tests"][1]["wall_ms"] >= 1235
    assert found["tests"][1]["test_case_id"]


async def test_staff_see_what_it_was_judged_under(house: House) -> None:
    admin, candidate = await house.admin(), await house.candidate()
    challenge = await a_challenge(
        admin, limits={"time_ms": 1500, "memory_kib": 65536, "output_kib": 64}
    )
    submission = await submit(candidate, challenge["id"])
    path = f"/admin/submissions/{submission['id']}"
    queued = (await admin.client.get(path)).json()
    await house.judge_all()

    found = (await admin.client.get(path)).json()

    assert queued["judged_under"] is None
    assert found["judged_under"] == {
        "time_ms": 1500,
        "memory_kib": 65536,
        "output_kib": 64,
        "wall_time_ms": 3500,
        "toolchain": "Python 3 3.11 (pretended)",
        "judge": "memory",
    }


async def _slugs(person: Person, query: str) -> list[str]:
    answer = await person.client.get(f"/candidate/challenges{query}")
    return [item["slug"] for item in answer.json()["items"]]


def _readable(challenge: Json, submission: Json, run: Json) -> list[str]:
    return [
        f"/candidate/submissions/{submission['id']}",
        f"/candidate/submissions/{submission['id']}/events",
        f"/candidate/runs/{run['id']}",
        f"/candidate/runs/{run['id']}/events",
        f"/candidate/challenges/{challenge['id']}",
        f"/candidate/challenges/{challenge['id']}/leaderboard",
        "/candidate/challenges",
        "/candidate/submissions",
        "/candidate/leaderboard",
        "/candidate/languages",
    ]
