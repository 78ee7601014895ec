"""All use cases over the memory adapters, and the few steps that many tests begin with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from adapters.in_process.dead_letters import InProcessDeadLetters
from adapters.in_process.progress import InProcessProgressStream
from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.blob_store import MemoryBlobStore
from adapters.memory.clock import ManualClock
from adapters.memory.ids import MemoryIds
from adapters.memory.judge import MemoryJudge
from adapters.memory.storage import MemoryStorage
from adapters.memory.submissions import MemorySubmissionRepository
from adapters.memory.totals import MemoryTotals
from adapters.security.keys import derive_keys
from adapters.security.passwords import Argon2PasswordHasher
from adapters.security.tokens import JwtTokens
from application.ports.telemetry import SILENT, Telemetry
from application.use_cases.add_test_cases import AddTestCases, NewData, NewTestCase, Upload
from application.use_cases.create_admin import CreateAdmin
from application.use_cases.create_challenge import CreateChallenge
from application.use_cases.judge_submission import JudgeSubmission
from application.use_cases.register_user import RegisterUser
from application.use_cases.replace_challenge import ReplaceChallenge
from application.use_cases.run_code import RunCode
from application.use_cases.submit_code import SubmitCode
from application.use_cases.watch_submission import WatchSubmission
from domain.challenge import (
    Challenge,
    ChallengeStatus,
    JudgingRules,
    Presentation,
    Visibility,
)
from domain.ids import LanguageId, SubmissionId
from domain.program import single_file
from domain.submission import Submission
from domain.user import User

PYTHON = LanguageId("python3")
PASSWORD = "correct horse battery"  # noqa: S105 - of nobody


@dataclass(kw_only=True)
class World:
    """The whole platform without anything outside it."""

    clock: ManualClock = field(default_factory=ManualClock)
    ids: MemoryIds = field(default_factory=MemoryIds)
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    submissions: MemorySubmissionRepository = field(default_factory=MemorySubmissionRepository)
    judge: MemoryJudge = field(default_factory=MemoryJudge)
    progress: InProcessProgressStream = field(default_factory=InProcessProgressStream)
    queue: InProcessTaskQueue = field(default_factory=lambda: InProcessTaskQueue(slots=2))

    telemetry: Telemetry = SILENT

    def __post_init__(self) -> None:
        self.totals = MemoryTotals(self.submissions)
        self.blobs = MemoryBlobStore(self.clock)
        self.dead_letters = InProcessDeadLetters(self.queue)
        self.passwords = Argon2PasswordHasher(passes=1, memory_kib=8, lanes=1)
        self.tokens = JwtTokens(keys=derive_keys(b"k" * 32), clock=self.clock)

    @property
    def submit_code(self) -> SubmitCode:
        return SubmitCode(
            storage=self.storage,
            submissions=self.submissions,
            offer=self.judge,
            queue=self.queue,
            clock=self.clock,
            ids=self.ids,
            telemetry=self.telemetry,
        )

    @property
    def run_code(self) -> RunCode:
        return RunCode(
            storage=self.storage,
            submissions=self.submissions,
            offer=self.judge,
            queue=self.queue,
            clock=self.clock,
            ids=self.ids,
            telemetry=self.telemetry,
        )

    @property
    def create_challenge(self) -> CreateChallenge:
        return CreateChallenge(
            storage=self.storage,
            offer=self.judge,
            trials=self.judge,
            clock=self.clock,
            ids=self.ids,
        )

    @property
    def replace_challenge(self) -> ReplaceChallenge:
        return ReplaceChallenge(
            storage=self.storage, offer=self.judge, trials=self.judge, clock=self.clock
        )

    @property
    def add_test_cases(self) -> AddTestCases:
        return AddTestCases(
            storage=self.storage,
            blobs=self.blobs,
            offer=self.judge,
            clock=self.clock,
            ids=self.ids,
        )

    @property
    def watch_submission(self) -> WatchSubmission:
        return WatchSubmission(
            submissions=self.submissions, progress=self.progress, clock=self.clock
        )

    def judge_submission(self, worker: str = "worker") -> JudgeSubmission:
        return JudgeSubmission(
            storage=self.storage,
            submissions=self.submissions,
            totals=self.totals,
            blobs=self.blobs,
            judge=self.judge,
            progress=self.progress,
            clock=self.clock,
            ids=self.ids,
            worker=worker,
            telemetry=self.telemetry,
        )

    async def a_candidate(self, email: str = "cand@example.org") -> User:
        register = RegisterUser(
            storage=self.storage, passwords=self.passwords, clock=self.clock, ids=self.ids
        )
        return await register(email=email, password=PASSWORD, display_name="Cand")

    async def an_admin(self, email: str = "admin@example.org") -> User:
        create = CreateAdmin(
            storage=self.storage, passwords=self.passwords, clock=self.clock, ids=self.ids
        )
        admin = await create(email=email, password=PASSWORD)
        assert admin is not None
        return admin

    async def a_challenge(
        self,
        *tests: NewTestCase,
        rules: JudgingRules | None = None,
        status: ChallengeStatus = ChallengeStatus.PUBLISHED,
        slug: str = "echo",
    ) -> Challenge:
        challenge, _ = await self.create_challenge(
            slug=slug,
            presentation=Presentation(title="Echo"),
            rules=rules or JudgingRules(),
            status=status,
        )
        if not tests:
            return challenge
        upload = await self.upload(challenge, *tests)
        return upload.challenge

    async def upload(self, challenge: Challenge, *tests: NewTestCase) -> Upload:
        return await self.add_test_cases(challenge.id, tests, replacing=False)

    async def submitted(self, user: User, challenge: Challenge, source: str) -> Submission:
        return await self.submit_code(
            user, challenge_id=challenge.id, language=PYTHON, program=single_file(source)
        )

    async def judged(self, submission: Submission) -> Submission:
        """The submission after one round of a worker."""
        await self.judge_submission()()
        return await self.current(submission.id)

    async def current(self, submission_id: SubmissionId) -> Submission:
        found = await self.submissions.get(submission_id)
        assert found is not None
        return found


def a_test(
    name: str = "1",
    *,
    given: bytes = b"hello\n",
    expected: bytes | None = None,
    visibility: Visibility = Visibility.HIDDEN,
    weight: int | None = None,
    group: str | None = None,
) -> NewTestCase:
    """A test whose expected output is its input, unless told otherwise."""
    return NewTestCase(
        name=name,
        visibility=visibility,
        input=data(given),
        expected_output=data(given if expected is None else expected),
        weight=weight,
        group=group,
    )


def data(content: bytes) -> NewData:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return NewData(size_bytes=len(content), pieces=pieces)
