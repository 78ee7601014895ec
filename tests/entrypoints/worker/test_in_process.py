"""The embedded worker tries again what failed, and keeps what it gave up."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from adapters.memory.submissions import MemorySubmissionRepository
from application.ports.submissions import NOBODY, Claim, Lease
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.recover_work import RecoverWork
from application.use_cases.wake_workers import WakeWorkers
from domain.ids import LanguageId, UserId
from domain.submission import SubmissionStatus, WorkClass
from entrypoints.worker.in_process import InProcessWorker
from tests.application.world import World, a_test


class FragileSubmissions(MemorySubmissionRepository):
    """Claiming fails of what nobody foresaw while `is_broken`."""

    is_broken = True

    async def claim_next(
        self,
        classes: Sequence[WorkClass],
        now: datetime,
        lease: Lease,
        languages: Collection[LanguageId] | None = None,
        served: Mapping[UserId, int] = NOBODY,
    ) -> Claim | None:
        if self.is_broken:
            raise ZeroDivisionError("out of the blue")
        return await super().claim_next(classes, now, lease, languages, served)


async def test_what_fails_again_and_again_is_a_dead_letter_and_the_worker_goes_on() -> None:
    submissions = FragileSubmissions()
    world = World(submissions=submissions)
    submission = await world.submitted(
        await world.a_candidate(), await world.a_challenge(a_test()), "echo"
    )
    working = asyncio.create_task(_worker(world).run())
    handed_in_at = world.clock.now()
    while not await world.dead_letters.newest(1):
        await _let_pass(world)
    assert world.clock.now() - handed_in_at >= timedelta(seconds=21)
    submissions.is_broken = False
    while (await world.current(submission.id)).status is not SubmissionStatus.DONE:
        await _let_pass(world)
    working.cancel()
    await asyncio.wait({working})
    letter = (await world.dead_letters.newest(1))[0]
    assert (letter.work_class, letter.attempts) == (WorkClass.SUBMISSION, 4)
    assert letter.reason == "ZeroDivisionError: out of the blue"


async def _let_pass(world: World) -> None:
    world.clock.advance(timedelta(milliseconds=100))
    await asyncio.sleep(0)


def _worker(world: World) -> InProcessWorker:
    subs, queue, clock = world.submissions, world.queue, world.clock
    return InProcessWorker(
        recover_work=RecoverWork(submissions=subs, queue=queue, clock=clock, worker="w"),
        judge_submission=world.judge_submission(),
        wake_workers=WakeWorkers(submissions=subs, queue=queue, clock=clock),
        forget_expired=ForgetExpired(storage=world.storage, submissions=subs, clock=clock),
        wake_ups=queue,
        clock=clock,
        slots=2,
        graveyard=world.dead_letters,
    )
