"""The whole platform on its memory adapters, with a judge that is real, and its embedded worker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from adapters.in_process.progress import InProcessProgressStream
from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.blob_store import MemoryBlobStore
from adapters.memory.storage import MemoryStorage
from adapters.memory.submissions import MemorySubmissionRepository
from adapters.memory.totals import MemoryTotals
from adapters.system.clock import SystemClock
from adapters.system.ids import SystemIds
from application.ports.judge import JudgePort
from application.use_cases.add_test_cases import AddTestCases, NewData, NewTestCase
from application.use_cases.create_challenge import CreateChallenge
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.judge_submission import JudgeSubmission
from application.use_cases.recover_work import RecoverWork
from application.use_cases.submit_code import SubmitCode
from application.use_cases.wake_workers import WakeWorkers
from application.use_cases.watch_submission import WatchSubmission
from domain.challenge import ChallengeStatus, JudgingRules, Presentation, Visibility
from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.judgement import Judgement
from domain.limits import Limits
from domain.program import single_file
from domain.scoring import Scoring, ScoringKind
from domain.user import Role, User
from entrypoints.worker.in_process import InProcessWorker

Example = tuple[bytes, bytes]
"""An input and the output that is expected."""


@dataclass(kw_only=True)
class Platform:
    """One candidate hands in, and as many submissions are judged at once as the judge has slots."""

    judge: JudgePort
    clock: SystemClock = field(default_factory=SystemClock)
    ids: SystemIds = field(default_factory=SystemIds)
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    submissions: MemorySubmissionRepository = field(default_factory=MemorySubmissionRepository)
    progress: InProcessProgressStream = field(default_factory=InProcessProgressStream)

    def __post_init__(self) -> None:
        self._blobs = MemoryBlobStore(self.clock)
        self._queue = InProcessTaskQueue(slots=self.judge.slots)
        self._watch = WatchSubmission(
            submissions=self.submissions, progress=self.progress, clock=self.clock
        )
        self._submit = SubmitCode(
            storage=self.storage,
            submissions=self.submissions,
            offer=self.judge,
            queue=self._queue,
            clock=self.clock,
            ids=self.ids,
        )
        self._candidate = User(
            id=UserId(self.ids.new()),
            email="candidate@example.org",
            display_name="Candidate",
            password_hash="",
            role=Role.CANDIDATE,
            created_at=self.clock.now(),
        )

    async def challenge(self, examples: Sequence[Example], limits: Limits) -> ChallengeId:
        """One with these hidden tests, every one of which is run."""
        rules = JudgingRules(limits=limits, scoring=Scoring(kind=ScoringKind.WEIGHTED))
        create = CreateChallenge(
            storage=self.storage,
            offer=self.judge,
            trials=self.judge,
            clock=self.clock,
            ids=self.ids,
        )
        challenge, _ = await create(
            slug=self.ids.new(),
            presentation=Presentation(title="Steady"),
            rules=rules,
            status=ChallengeStatus.PUBLISHED,
        )
        add = AddTestCases(
            storage=self.storage,
            blobs=self._blobs,
            offer=self.judge,
            clock=self.clock,
            ids=self.ids,
        )
        tests = [_test(n, example) for n, example in enumerate(examples, 1)]
        return (await add(challenge.id, tests, replacing=False)).challenge.id

    async def hand_in(self, challenge: ChallengeId, language: str, source: str) -> SubmissionId:
        submission = await self._submit(
            self._candidate,
            challenge_id=challenge,
            language=LanguageId(language),
            program=single_file(source),
        )
        return submission.id

    async def judgement(self, submission_id: SubmissionId) -> Judgement:
        """What it comes to, once it is judged."""
        async with aclosing(self._watch(submission_id, after=None)) as events:
            async for _ in events:
                continue
        judgement = await self.submissions.judgement(submission_id, 1)
        assert judgement is not None
        return judgement

    async def judged(self, challenge: ChallengeId, language: str, source: str) -> Judgement:
        return await self.judgement(await self.hand_in(challenge, language, source))

    def worker(self) -> InProcessWorker:
        return InProcessWorker(
            recover_work=RecoverWork(
                submissions=self.submissions, queue=self._queue, clock=self.clock, worker="worker"
            ),
            judge_submission=JudgeSubmission(
                storage=self.storage,
                submissions=self.submissions,
                totals=MemoryTotals(self.submissions),
                blobs=self._blobs,
                judge=self.judge,
                progress=self.progress,
                clock=self.clock,
                ids=self.ids,
                worker="worker",
            ),
            wake_workers=WakeWorkers(
                submissions=self.submissions, queue=self._queue, clock=self.clock
            ),
            forget_expired=ForgetExpired(
                storage=self.storage, submissions=self.submissions, clock=self.clock
            ),
            wake_ups=self._queue,
            clock=self.clock,
            slots=self.judge.slots,
        )


@contextlib.asynccontextmanager
async def working(judge: JudgePort) -> AsyncIterator[Platform]:
    """A platform whose worker works; the judge stays the caller's."""
    platform = Platform(judge=judge)
    worker = asyncio.create_task(platform.worker().run())
    try:
        yield platform
    finally:
        worker.cancel()
        await asyncio.wait({worker})


def _test(number: int, example: Example) -> NewTestCase:
    given, expected = example
    return NewTestCase(
        name=str(number),
        visibility=Visibility.HIDDEN,
        input=_data(given),
        expected_output=_data(expected),
    )


def _data(content: bytes) -> NewData:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return NewData(size_bytes=len(content), pieces=pieces)
