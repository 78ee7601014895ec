"""A whole installation in memory behind its HTTP interface, and people who use it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

import httpx
from litestar import Litestar

from adapters.in_process.rate_limiter import InProcessRateLimiter
from adapters.memory.clock import ManualClock
from adapters.memory.judge import PYTHON as PYTHON_LANGUAGE
from adapters.memory.judge import MemoryJudge
from adapters.telemetry.prometheus import PrometheusTelemetry
from application.ports.judge import JudgeCallbacks
from application.ports.storage import Storage
from application.ports.telemetry import Figures, Telemetry
from application.ports.tokens import AccessToken
from application.use_cases.authenticate import Authenticate
from application.use_cases.check_health import CheckHealth
from application.use_cases.create_rejudge_set import CreateRejudgeSet
from application.use_cases.decide_rejudge_set import DecideRejudgeSet
from application.use_cases.delete_test_case import DeleteTestCase
from application.use_cases.drop_dead_letter import DropDeadLetter
from application.use_cases.get_analytics import GetAnalytics
from application.use_cases.get_challenge import GetChallenge
from application.use_cases.get_leaderboard import GetLeaderboard
from application.use_cases.get_open_challenge import GetOpenChallenge
from application.use_cases.get_queue import GetQueue
from application.use_cases.get_rejudge_set import GetRejudgeSet
from application.use_cases.get_submission import GetSubmission
from application.use_cases.get_wait import GetWait
from application.use_cases.hear_callback import HearCallback
from application.use_cases.list_challenges import ListChallenges
from application.use_cases.list_dead_letters import ListDeadLetters
from application.use_cases.list_languages import ListLanguages
from application.use_cases.list_open_challenges import ListOpenChallenges
from application.use_cases.list_rejudge_items import ListRejudgeItems
from application.use_cases.list_rejudge_sets import ListRejudgeSets
from application.use_cases.list_submissions import ListSubmissions
from application.use_cases.list_test_cases import ListTestCases
from application.use_cases.list_users import ListUsers
from application.use_cases.list_workers import ListWorkers
from application.use_cases.log_in import LogIn
from application.use_cases.log_out import LogOut
from application.use_cases.measure_queue import MeasureQueue
from application.use_cases.read_test_data import ReadTestData
from application.use_cases.refresh_session import RefreshSession
from application.use_cases.register_user import RegisterUser
from application.use_cases.rejudge_submission import RejudgeSubmission
from application.use_cases.resend_dead_letter import ResendDeadLetter
from application.use_cases.update_user import UpdateUser
from domain.ids import LanguageId
from entrypoints.http.app import create_app
from entrypoints.http.streams import Streams
from entrypoints.http.use_cases import HttpOptions, UseCases
from tests.application.world import PASSWORD, World
from tests.unsettled_totals import StandInTotals

Json = dict[str, Any]
BASE = "http://localhost"
PUBLIC_INPUT, HIDDEN_INPUT = "hello\n", "SECRET-INPUT-7261\n"
HIDDEN_OUTPUT = "SECRET-EXPECTED-9931\n"
OPTIONS = HttpOptions(cursor_key=b"c" * 32, rate_limits=False, ping_s=0.05, stream_lifetime_s=5)


@dataclass
class Person:
    """Someone who is signed in."""

    id: str
    email: str
    client: httpx.AsyncClient
    access_token: str
    refresh_token: str


@dataclass(kw_only=True)
class House:
    """One running application; `world` is what stands behind it."""

    clock: ManualClock
    options: HttpOptions = OPTIONS
    storage: Storage | None = None
    streams: Streams = field(default_factory=Streams)
    languages: tuple[str, ...] = ("python3",)
    telemetry: Telemetry | None = None
    callbacks: JudgeCallbacks | None = None

    def __post_init__(self) -> None:
        offered = tuple(replace(PYTHON_LANGUAGE, id=LanguageId(id_)) for id_ in self.languages)
        self.figures = PrometheusTelemetry()
        told = self.telemetry or self.figures
        self.world = World(clock=self.clock, judge=MemoryJudge(offered), telemetry=told)
        self.limiter = InProcessRateLimiter(self.clock)
        built = use_cases_of(self.world, self.limiter, self.figures, self.storage)
        self.use_cases = replace(built, hear_callback=HearCallback(callbacks=self.callbacks))
        self.app: Litestar = create_app(self.use_cases, self.options, streams=self.streams)
        self.anyone = self.client()
        self._opened = [self.anyone]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._opened:
            await client.aclose()

    def client(
        self, *, address: str = "198.51.100.7", headers: Mapping[str, str] | None = None
    ) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(
            app=self.app,  # type: ignore[arg-type]
            client=(address, 50_000),
            raise_app_exceptions=False,
        )
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers)

    async def candidate(self, email: str = "cand@example.org") -> Person:
        user = await self.world.a_candidate(email)
        return await self.sign_in(user.id, email)

    async def admin(self, email: str = "admin@example.org") -> Person:
        user = await self.world.an_admin(email)
        return await self.sign_in(user.id, email)

    async def sign_in(self, user_id: str, email: str) -> Person:
        answer = await self.anyone.post(
            "/auth/login", data={"username": email, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        client = self.client(headers={"Authorization": f"Bearer {tokens['access_token']}"})
        self._opened.append(client)
        return Person(
            id=user_id,
            email=email,
            client=client,
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
        )

    async def judge_all(self) -> None:
        """Let a worker do all that is due."""
        judge = self.world.judge_submission()
        for _ in range(50):
            await judge()

    def token_of_elsewhere(self, person: Person) -> AccessToken:
        """A token that nobody but this server could have signed, of a sign-in that never was."""
        return self.world.tokens.issue_access(person.id, "nowhere", "admin")  # type: ignore[arg-type]


async def a_challenge(admin: Person, *, tests: list[Json] | None = None, **changes: object) -> Json:
    """A published challenge with a sample and a hidden test, unless told otherwise."""
    body = {"title": "Echo", "slug": "echo", "status": "published", "scoring": "weighted"}
    answer = await admin.client.post("/admin/challenges", json={**body, **changes})
    assert answer.status_code == 201, answer.text
    challenge: Json = answer.json()
    wanted = DEFAULT_TESTS if tests is None else tests
    if wanted:
        await upload(admin, challenge["id"], wanted)
    return challenge


DEFAULT_TESTS: list[Json] = [
    {"visibility": "public", "input": PUBLIC_INPUT, "expected_output": PUBLIC_INPUT},
    {
        "visibility": "hidden",
        "input": HIDDEN_INPUT,
        "expected_output": HIDDEN_OUTPUT,
        "weight": 20,
    },
]


async def upload(admin: Person, challenge_id: str, tests: list[Json], **more: object) -> Json:
    answer = await admin.client.post(
        f"/admin/challenges/{challenge_id}/testcases", json={"testcases": tests, **more}
    )
    assert answer.status_code == 201, answer.text
    uploaded: Json = answer.json()
    return uploaded


async def submit(person: Person, challenge_id: str, source: str = "echo\n", **more: object) -> Json:
    body = {"challenge_id": challenge_id, "language": "python3", "source": source, **more}
    answer = await person.client.post("/candidate/submissions", json=body)
    assert answer.status_code == 202, answer.text
    submission: Json = answer.json()
    return submission


async def events_of(
    person: Person, path: str, *, last_event_id: str | None = None
) -> list[tuple[str | None, str, Any]]:
    """All events (id, name, data) of a stream, up to its end."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    answer = await asyncio.wait_for(person.client.get(path, headers=headers), 60)
    assert answer.status_code == 200, answer.text
    return parsed(answer.text)


async def until(condition: Callable[[], bool]) -> None:
    """Look again and again, while others have their turns."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - it is not told otherwise
            await asyncio.sleep(0.01)


def parsed(text: str) -> list[tuple[str | None, str, Any]]:
    events = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")
        )
        if "event" in fields:
            events.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
    return events


def problem(answer: httpx.Response, status: int, name: str | None = None) -> Json:
    """The problem of an answer, after seeing that it is one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: Json = answer.json()
    assert found["status"] == status
    assert found["request_id"] == answer.headers["x-request-id"]
    assert name is None or found["type"] == f"urn:assay:problem:{name}"
    return found


def use_cases_of(
    world: World,
    limiter: InProcessRateLimiter,
    figures: Figures,
    storage: Storage | None = None,
) -> UseCases:
    """Every use case over this world's adapters; `storage` may stand before its own."""
    store = storage or world.storage
    subs, judge, clock, ids = world.submissions, world.judge, world.clock, world.ids
    people = {"storage": store, "passwords": world.passwords, "clock": clock, "ids": ids}
    return UseCases(
        add_test_cases=world.add_test_cases,
        authenticate=Authenticate(storage=store, tokens=world.tokens, clock=clock),
        check_health=CheckHealth(
            storage=store,
            submissions=subs,
            blobs=world.blobs,
            offer=judge,
            queue=world.queue,
            progress=world.progress,
            rate_limiter=limiter,
        ),
        create_challenge=world.create_challenge,
        delete_test_case=DeleteTestCase(storage=store, offer=judge, clock=clock),
        drop_dead_letter=DropDeadLetter(dead_letters=world.dead_letters),
        get_analytics=GetAnalytics(storage=store, totals=StandInTotals(subs), clock=clock),
        get_challenge=GetChallenge(storage=store),
        get_leaderboard=GetLeaderboard(storage=store, totals=StandInTotals(subs)),
        get_open_challenge=GetOpenChallenge(
            storage=store, submissions=subs, blobs=world.blobs, offer=judge
        ),
        get_queue=GetQueue(submissions=subs, clock=clock),
        create_rejudge_set=CreateRejudgeSet(
            storage=store, submissions=subs, clock=clock, ids=world.ids
        ),
        decide_rejudge_set=DecideRejudgeSet(storage=store, submissions=subs, clock=clock),
        get_rejudge_set=GetRejudgeSet(storage=store),
        list_rejudge_items=ListRejudgeItems(storage=store),
        list_rejudge_sets=ListRejudgeSets(storage=store),
        get_submission=GetSubmission(storage=store, submissions=subs),
        get_wait=GetWait(submissions=subs, clock=clock),
        hear_callback=HearCallback(callbacks=None),
        list_challenges=ListChallenges(storage=store),
        list_dead_letters=ListDeadLetters(dead_letters=world.dead_letters),
        list_languages=ListLanguages(offer=judge),
        list_open_challenges=ListOpenChallenges(storage=store, submissions=subs),
        list_submissions=ListSubmissions(submissions=subs),
        list_test_cases=ListTestCases(storage=store),
        list_users=ListUsers(storage=store),
        list_workers=ListWorkers(storage=store, clock=clock),
        log_in=LogIn(**people, tokens=world.tokens),  # type: ignore[arg-type]
        log_out=LogOut(storage=store),
        measure_queue=MeasureQueue(submissions=subs, figures=figures, clock=clock),
        read_test_data=ReadTestData(storage=store, blobs=world.blobs),
        refresh_session=RefreshSession(storage=store, tokens=world.tokens, clock=clock),
        register_user=RegisterUser(**people),  # type: ignore[arg-type]
        rejudge_submission=RejudgeSubmission(storage=store, submissions=subs, queue=world.queue),
        replace_challenge=world.replace_challenge,
        resend_dead_letter=ResendDeadLetter(dead_letters=world.dead_letters),
        run_code=world.run_code,
        submit_code=world.submit_code,
        update_user=UpdateUser(storage=store),
        watch_submission=world.watch_submission,
        clock=clock,
        figures=figures,
        rate_limiter=limiter,
        telemetry=world.telemetry,
    )
