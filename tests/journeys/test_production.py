"""The whole way, on every set of production services: the README's tour, and every verdict.

One set alone: `make test ARGS='tests/journeys/test_production.py -k rabbitmq'`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from entrypoints.demo.admin import EMAIL, PASSWORD_FILE
from tests.journeys.api import Client, signed_in
from tests.journeys.sets import SETS, Platform, platform
from tests.journeys.test_readme_tour import run_section
from tests.journeys.test_verdicts import ECHO, LIMITS, PROGRAMS

LANGUAGES = ("bash", "c", "python3")

pytestmark = pytest.mark.timeout(1_200)


@pytest.fixture(scope="module", params=SETS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    environment = SETS[request.param]()
    environment |= {"ASSAY_LANGUAGES": ",".join(LANGUAGES), "ASSAY_RATE_LIMITS": "off"}
    with platform(tmp_path_factory.mktemp(request.param), environment, "--demo") as started:
        yield started


def test_the_tour_with_curl_ends_with_accepted(running: Platform) -> None:
    tour = run_section("A tour with curl", running.server.url, running.server.home)

    assert tour.returncode == 0, tour.stderr
    assert tour.stdout.splitlines()[-2:] == ["100", "accepted"]
    assert "event: done" in tour.stdout


def test_each_program_gets_the_verdict_that_it_deserves(running: Platform) -> None:
    with _admin(running) as admin:
        challenge_id = admin.create_challenge("echo", limits=LIMITS)
        admin.upload(challenge_id, [ECHO])
        sent = {
            (language, verdict): admin.submit(challenge_id, language, source)
            for language in LANGUAGES
            for verdict, source in PROGRAMS[language].items()
        }
        outcomes = {
            deserved: admin.wait_for_done(submission_id)["verdict"]
            for deserved, submission_id in sent.items()
        }

    assert outcomes == {(language, verdict): verdict for language, verdict in outcomes}


def _admin(running: Platform) -> AbstractContextManager[Client]:
    password = (running.server.home / PASSWORD_FILE).read_text("utf-8").strip()
    return signed_in(running.server.url, EMAIL, password)
