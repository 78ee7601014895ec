"""A client of a running server, for journeys: signs in, writes challenges, hands in, waits."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

ADMIN_EMAIL, ADMIN_PASSWORD = "boss@example.org", "a long enough password"
ADMIN_ENVIRONMENT = {
    "ASSAY_ADMIN_EMAIL": ADMIN_EMAIL,
    "ASSAY_ADMIN_PASSWORD": ADMIN_PASSWORD,
    "ASSAY_RATE_LIMITS": "off",
}
PATIENCE_S = 240.0

Json = Mapping[str, object]


@dataclass(frozen=True)
class Client:
    """One signed-in user of one server."""

    http: httpx.Client

    def create_challenge(self, slug: str, **fields: object) -> str:
        body = {
            "slug": slug,
            "title": slug.title(),
            "statement": "Read, then print.",
            "status": "published",
        }
        answer = self.http.post("/admin/challenges", json=body | fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def upload(self, challenge_id: str, tests: Sequence[Json]) -> None:
        answer = self.http.post(
            f"/admin/challenges/{challenge_id}/testcases",
            json={"mode": "append", "testcases": tests},
        )
        assert answer.status_code == 201, answer.text

    def submit(self, challenge_id: str, language: str, source: str) -> str:
        answer = self.http.post(
            "/candidate/submissions",
            json={"challenge_id": challenge_id, "language": language, "source": source},
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def submission(self, submission_id: str) -> dict[str, object]:
        answer = self.http.get(f"/candidate/submissions/{submission_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def all_submissions(
        self, path: str = "/candidate/submissions", **filters: str
    ) -> list[dict[str, object]]:
        """Every page of a list."""
        items: list[dict[str, object]] = []
        cursor: str | None = None
        while True:
            query = filters | {"limit": "100"} | ({"cursor": cursor} if cursor else {})
            page = self.http.get(path, params=query).json()
            items.extend(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    def wait_for_done(self, submission_id: str) -> dict[str, object]:
        """Follow the events to their end; the outcome then."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            path = f"/candidate/submissions/{submission_id}/events"
            with self.http.stream("GET", path, timeout=PATIENCE_S) as events:
                for _ in events.iter_lines():
                    pass
            found = self.submission(submission_id)
            if found["status"] == "done":
                return found
        raise AssertionError(f"{submission_id} is not done after {PATIENCE_S} s")


@contextmanager
def signed_in(url: str, email: str, password: str) -> Iterator[Client]:
    """A client with a fresh access token."""
    with httpx.Client(base_url=url, timeout=60) as http:
        answer = http.post("/auth/login", data={"username": email, "password": password})
        assert answer.status_code == 200, answer.text
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Client(http)


def register(url: str, email: str, password: str) -> None:
    body = {"email": email, "password": password, "display_name": email.partition("@")[0]}
    answer = httpx.post(f"{url}/auth/register", json=body, timeout=60)
    assert answer.status_code == 201, answer.text
