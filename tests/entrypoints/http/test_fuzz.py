"""The whole OpenAPI document against the application, by a fuzzer that believes every word of it.

`ASSAY_TEST_FUZZ_EXAMPLES` raises how many cases an operation gets (a soak: 1000).
"""

import asyncio
import json
import os
from typing import Any

import pytest
import schemathesis
import schemathesis.openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished

from adapters.memory.clock import ManualClock
from entrypoints.http.use_cases import HttpOptions
from tests.application.world import PASSWORD
from tests.entrypoints.http.furnished import furnish
from tests.entrypoints.http.house import House

EXAMPLES = int(os.environ.get("ASSAY_TEST_FUZZ_EXAMPLES", "5"))  # noqa: TID251 - how long to try
OPTIONS = HttpOptions(cursor_key=b"c" * 32, rate_limits=False, ping_s=0.01, stream_lifetime_s=0.02)
LANGUAGES = ("c", "cpp", "python3")
POSITIVE = ["2xx", "3xx", "401", "403", "404", "409", "412", "429", "5xx"]
MEANT = {
    # JSON Schema cannot say that an entry point is one of the files, that a group requires only
    # groups before it, that file names differ, or which languages an installation has.
    "create_challenge": ["422"],
    "replace_challenge": ["422"],
    "submit_code": ["422"],
    "run_code": ["422"],
    "add_test_cases": ["422"],  # a zip that schemathesis makes up is none
    # A filter that is made up finds nothing, which is refused.
    "create_rejudge_set": ["422"],
    # RFC 6749 section 5.2: wrong credentials are 400.
    "login": ["400"],
    "refresh": ["400"],
    # A cursor is signed, so none that is made up is good.
    **{
        name: ["400"]
        for name in (
            "list_open_challenges",
            "list_my_submissions",
            "get_leaderboard",
            "get_challenge_leaderboard",
            "list_challenges",
            "list_test_cases",
            "list_rejudge_items",
            "list_rejudge_sets",
            "list_submissions",
            "list_users",
        )
    },
}
"""What operations may also answer to data that fits the schema, and why."""


class Place:
    """An installation with something of everything in it, and the document of it."""

    def __init__(self) -> None:
        self.house = House(clock=ManualClock(), options=OPTIONS, languages=LANGUAGES)
        self.ids: dict[str, str] = {}
        asyncio.run(self._furnish())

    async def _furnish(self) -> None:
        async with self.house as house:
            self.ids = (await furnish(house, language="c")).ids

    @property
    def document(self) -> dict[str, Any]:
        """The published document, with the ids of this place in it, so that they are found."""
        document: dict[str, Any] = json.loads(self.house.app.state.openapi_json)
        for path, operations in document["paths"].items():
            for operation in operations.values():
                for parameter in operation["parameters"]:
                    if parameter["in"] == "path":
                        parameter["example"] = self.ids[parameter["name"]]
                        if path != "/candidate/challenges/{challenge_id}":  # takes slugs too
                            parameter["schema"] = {"enum": [self.ids[parameter["name"]]]}
        schemas = document["components"]["schemas"]
        for body in ("SubmissionBody", "RunBody"):
            schemas[body]["properties"]["challenge_id"] = {"enum": [self.ids["challenge_id"]]}
            schemas[body]["properties"]["language"] = {"enum": list(LANGUAGES)}
        return document

    async def token_of(self, email: str) -> str:
        signed_in = await self.house.use_cases.log_in(email=email, password=PASSWORD)
        return signed_in.access.value


@pytest.fixture(scope="module")
def place() -> Place:
    return Place()


def config_of() -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "generation": {"max-examples": EXAMPLES, "database": "none"},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": POSITIVE},
                # RFC 6585: a missing If-Match is 428
                "missing_required_header": {
                    "expected-statuses": ["400", "401", "403", "406", "415", "422", "428"]
                },
            },
            "operations": [
                {
                    "include-operation-id": name,
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": [*POSITIVE, *more]}
                    },
                }
                for name, more in MEANT.items()
            ],
            "phases": {"stateful": {"enabled": False}},
            "continue-on-failure": True,
        }
    )


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("who", ["cand@example.org", "admin@example.org", None])
def test_a_fuzzer_that_reads_the_document_finds_nothing(place: Place, who: str | None) -> None:
    schema = schemathesis.openapi.from_dict(place.document, config=config_of())
    schema.app = place.house.app
    if who is not None:
        schema.auth()(_bearer(place, who))

    failures: dict[str, str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError):
            failures[event.label] = event.info.format()
        if isinstance(event, ScenarioFinished):
            failures |= _failures(event)

    assert not failures, "\n\n".join(f"{what}\n{why}" for what, why in failures.items())


def _failures(event: ScenarioFinished) -> dict[str, str]:
    """What went wrong, one of a kind: the operation and the check, and how to do it again."""
    recorder = event.recorder
    return {
        f"{recorder.label}: {check.name}: {check.failure_info.failure.title}": (
            f"{check.failure_info.failure.message}\n{check.failure_info.code_sample}"
        )
        for checks in recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    }


def _bearer(place: Place, email: str) -> type:
    class Bearer:
        """A sign-in for each case: some of them sign out."""

        def get(self, case: Any, context: Any) -> str:
            return asyncio.run(place.token_of(email))

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}

    return Bearer
