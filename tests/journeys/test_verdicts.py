"""Every verdict that a program can deserve, in every language, through HTTP and a real sandbox."""

import json
from pathlib import Path

import pytest

from tests.journeys import server
from tests.journeys.api import ADMIN_EMAIL, ADMIN_ENVIRONMENT, ADMIN_PASSWORD, signed_in

PROGRAMS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("verdicts.json").read_text("utf-8")
)
"""By language, by the verdict that the program deserves; the challenge is to repeat the input."""
LIMITS = {"time_ms": 600, "memory_kib": 131_072, "output_kib": 1_024}
ECHO = {"visibility": "hidden", "input": "hello\n", "expected_output": "hello\n"}
TABLE = ECHO | {"input": "create table word (text); insert into word values ('hello');\n"}
"""The same for programs in SQL, whose input is SQL, too."""

pytestmark = pytest.mark.timeout(1_200)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """By language, by the verdict deserved, the one that the server gave."""
    all_languages = ADMIN_ENVIRONMENT | {"ASSAY_LANGUAGES": ""}
    home = tmp_path_factory.mktemp("verdicts")
    with (
        server.running(home, environment=all_languages) as running,
        signed_in(running.url, ADMIN_EMAIL, ADMIN_PASSWORD) as admin,
    ):
        usual = admin.create_challenge("echo", limits=LIMITS)
        admin.upload(usual, [ECHO])
        in_sql = admin.create_challenge("echo-sql", limits=LIMITS)
        admin.upload(in_sql, [TABLE])
        sent = {
            language: {
                verdict: admin.submit(in_sql if language == "sqlite" else usual, language, source)
                for verdict, source in programs.items()
            }
            for language, programs in PROGRAMS.items()
        }
        return {
            language: {
                verdict: admin.wait_for_done(submission_id)["verdict"]
                for verdict, submission_id in submissions.items()
            }
            for language, submissions in sent.items()
        }


@pytest.mark.parametrize("language", sorted(PROGRAMS))
def test_each_program_gets_the_verdict_that_it_deserves(
    verdicts: dict[str, dict[str, object]], language: str
) -> None:
    assert verdicts[language] == {verdict: verdict for verdict in PROGRAMS[language]}
