"""The demo: every solution gets the verdict that its name says, through a real server."""

import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.challenge import Difficulty, Visibility
from domain.checking import CheckerKind
from domain.judgement import Verdict
from domain.scoring import ScoringKind
from entrypoints.demo.admin import EMAIL, PASSWORD_FILE
from entrypoints.demo.reading import DemoChallenge, DemoSolution, demo_challenges
from tests.journeys import server
from tests.journeys.api import Client, signed_in

DEMO = demo_challenges()
SOLUTIONS = [
    pytest.param(demo.slug, solution, id=f"{demo.slug}/{solution.name}")
    for demo in DEMO
    for solution in demo.solutions
]
SUBMITTERS = 8
QUICK = {"ASSAY_LANGUAGES": "bash"}
LANGUAGES = {
    "c",
    "cpp",
    "python3",
    "java",
    "javascript",
    "typescript",
    "go",
    "rust",
    "bash",
    "perl",
    "ruby",
    "php",
}
Outcomes = dict[tuple[str, str], dict[str, object]]

pytestmark = pytest.mark.timeout(1_200)  # the first test waits until all are judged


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Server]:
    home = tmp_path_factory.mktemp("home")
    off = {"ASSAY_RATE_LIMITS": "off", "ASSAY_LANGUAGES": ""}
    with server.running(home, "--demo", environment=off) as running:
        yield running


@pytest.fixture(scope="module")
def admin(demo_server: server.Server) -> Iterator[Client]:
    password = (demo_server.home / PASSWORD_FILE).read_text("utf-8").strip()
    with signed_in(demo_server.url, EMAIL, password) as client:
        yield client


@pytest.fixture(scope="module")
def outcomes(admin: Client) -> Outcomes:
    """What became of every solution, all handed in at once."""
    challenges = _challenges(admin)
    work = [(demo, solution) for demo in DEMO for solution in demo.solutions]
    with ThreadPoolExecutor(SUBMITTERS) as pool:
        done = pool.map(lambda one: _judged(admin, challenges[one[0].slug], one[1]), work)
        keys = [(demo.slug, solution.name) for demo, solution in work]
        return dict(zip(keys, done, strict=True))


@pytest.mark.parametrize(("slug", "solution"), SOLUTIONS)
def test_a_solution_gets_the_verdict_that_its_name_says(
    outcomes: Outcomes, slug: str, solution: DemoSolution
) -> None:
    outcome = outcomes[slug, solution.name]

    assert outcome["verdict"] == solution.verdict, outcome
    assert (outcome["score"] == outcome["max_score"]) == (solution.verdict == "accepted")


@pytest.mark.parametrize(
    ("slug", "solution", "score"),
    [
        ("ticket-roll", "wrong_answer-int.cpp", 50),
        ("ticket-roll", "time_limit_exceeded.python3", 50),
        ("tally-the-till", "wrong_answer-int.c", 60),
        ("whispers", "runtime_error.python3", 70),
    ],
)
def test_a_solution_that_is_right_in_part_earns_a_part(
    outcomes: Outcomes, slug: str, solution: str, score: int
) -> None:
    assert outcomes[slug, solution]["score"] == score
    assert outcomes[slug, solution]["max_score"] == 100


def test_every_demo_challenge_is_open_with_samples_and_starter_code(admin: Client) -> None:
    for slug, challenge_id in _challenges(admin).items():
        shown = admin.http.get(f"/candidate/challenges/{challenge_id}").json()
        assert len(shown["samples"]) == 2, slug
        assert {"python3", "cpp"} <= shown["starter_code"].keys(), slug


def test_the_password_is_told_and_kept_for_its_owner_alone(demo_server: server.Server) -> None:
    file = demo_server.home / PASSWORD_FILE
    told = "".join(demo_server.output)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert EMAIL in told
    assert file.read_text("utf-8").strip() in told


def test_the_demo_shows_what_there_is() -> None:
    assert {demo.presentation.difficulty for demo in DEMO} == set(Difficulty)
    assert {demo.rules.scoring.kind for demo in DEMO} == set(ScoringKind)
    assert {demo.rules.checker.kind for demo in DEMO} == {
        CheckerKind.TOKENS,
        CheckerKind.FLOAT,
        CheckerKind.UNORDERED_LINES,
    }
    assert any(demo.rules.language_limits for demo in DEMO)
    solved_in = {s.language for d in DEMO for s in d.solutions if s.verdict is Verdict.ACCEPTED}
    assert solved_in == LANGUAGES
    # a share of a test's points is what a checker of its own gives, and the demo has none
    unseen = {Verdict.JUDGE_ERROR, Verdict.SKIPPED, Verdict.PARTIALLY_ACCEPTED}
    failures = set(Verdict) - unseen
    assert {solution.verdict for demo in DEMO for solution in demo.solutions} == failures


@pytest.mark.parametrize("demo", DEMO, ids=lambda demo: demo.slug)
def test_a_demo_challenge_has_what_it_needs(demo: DemoChallenge) -> None:
    references = _languages(demo.solutions, Verdict.ACCEPTED)
    groups: set[str | None] = {group.name for group in demo.rules.scoring.groups}

    assert {"python3", "cpp"} <= references
    assert demo.presentation.starter_code.keys() == references
    assert len(_languages(demo.solutions)) >= 4
    assert sum(test.visibility is Visibility.PUBLIC for test in demo.tests) == 2
    assert {t.group for t in demo.tests if t.visibility is Visibility.HIDDEN} == (groups or {None})


def _languages(solutions: Sequence[DemoSolution], *verdicts: Verdict) -> set[str]:
    return {s.language for s in solutions if not verdicts or s.verdict in verdicts}


def _challenges(client: Client) -> dict[str, str]:
    page = client.http.get("/candidate/challenges", params={"limit": "100"}).json()
    return {item["slug"]: item["id"] for item in page["items"]}


def _judged(client: Client, challenge_id: str, solution: DemoSolution) -> dict[str, object]:
    submission_id = client.submit(challenge_id, solution.language, solution.source)
    return client.wait_for_done(submission_id)


def test_a_second_start_changes_nothing_and_tells_the_same_password(tmp_path: Path) -> None:
    with server.running(tmp_path, "--demo", environment=QUICK) as first:
        password = (tmp_path / PASSWORD_FILE).read_text("utf-8").strip()
        with signed_in(first.url, EMAIL, password) as admin:
            before = admin.http.get("/admin/challenges").json()
        first.stop()

    with (
        server.running(tmp_path, "--demo", environment=QUICK) as second,
        signed_in(second.url, EMAIL, password) as admin,
    ):
        after = admin.http.get("/admin/challenges").json()

    assert after == before
    assert password in "".join(second.output)


def test_no_demo_admin_is_made_beside_another(tmp_path: Path) -> None:
    environment = {
        **QUICK,
        "ASSAY_ADMIN_EMAIL": "boss@example.org",
        "ASSAY_ADMIN_PASSWORD": "a long enough password",
    }
    with server.running(tmp_path, "--demo", environment=environment) as running:
        told = "".join(running.output)

    assert not (tmp_path / PASSWORD_FILE).exists()
    assert EMAIL not in told
