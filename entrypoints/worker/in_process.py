"""The embedded worker: judge slots and timers, as tasks of the server's own event loop."""

import asyncio
from dataclasses import dataclass

import structlog

from application.ports.clock import Clock
from application.ports.dead_letters import Graveyard
from application.ports.storage import StoreUnavailable
from application.ports.task_queue import WakeUps
from application.use_cases.advance_rejudges import AdvanceRejudges
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.judge_submission import JudgeSubmission
from application.use_cases.recover_work import RecoverWork
from application.use_cases.settle_outcomes import SettleOutcomes
from application.use_cases.wake_workers import WakeWorkers
from domain.submission import WorkClass
from entrypoints.worker.core import RETRY_AFTER_S, Consumer, WorkerCore

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessConsumer(Consumer):
    """Takes its wake-ups from the queue of this process."""

    wake_ups: WakeUps
    clock: Clock
    graveyard: Graveyard | None = None

    async def consume(self, core: WorkerCore) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(core.slots):
                tasks.create_task(self._slot(core, tasks))

    async def _slot(self, core: WorkerCore, tasks: asyncio.TaskGroup) -> None:
        while True:
            work_class = await self.wake_ups.next()
            await self._tried(core, tasks, work_class, tries=1)

    async def _tried(
        self, core: WorkerCore, tasks: asyncio.TaskGroup, work_class: WorkClass, *, tries: int
    ) -> None:
        try:
            await core.judge()
        except Exception as error:  # noqa: BLE001 - whatever failed, the worker has to go on
            if tries <= len(RETRY_AFTER_S):
                _log.exception("judging failed and will be tried again", tries=tries)
                tasks.create_task(self._tried_later(core, tasks, work_class, tries=tries))
            else:
                _log.exception("a wake-up is given up", tries=tries)
                self._bury(work_class, error, tries)

    async def _tried_later(
        self, core: WorkerCore, tasks: asyncio.TaskGroup, work_class: WorkClass, *, tries: int
    ) -> None:
        await self.clock.sleep(RETRY_AFTER_S[tries - 1])
        await self._tried(core, tasks, work_class, tries=tries + 1)

    def _bury(self, work_class: WorkClass, error: Exception, tries: int) -> None:
        if self.graveyard is not None:
            reason = f"{type(error).__name__}: {error}"
            self.graveyard.bury(
                work_class, reason=reason, failed_at=self.clock.now(), attempts=tries
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessWorker:
    """Judges what the queue wakes it for, `slots` at once, until it is cancelled."""

    recover_work: RecoverWork
    judge_submission: JudgeSubmission
    wake_workers: WakeWorkers
    forget_expired: ForgetExpired
    wake_ups: WakeUps
    clock: Clock
    slots: int
    graveyard: Graveyard | None = None
    advance_rejudges: AdvanceRejudges | None = None
    settle_outcomes: SettleOutcomes | None = None

    async def run(self) -> None:
        """Take up what the last life left, then work; ends only by being cancelled."""
        core = WorkerCore(
            judge_submission=self.judge_submission,
            wake_workers=self.wake_workers,
            forget_expired=self.forget_expired,
            clock=self.clock,
            slots=self.slots,
            advance_rejudges=self.advance_rejudges,
            settle_outcomes=self.settle_outcomes,
        )
        await self._recover()
        consumer = InProcessConsumer(
            wake_ups=self.wake_ups, clock=self.clock, graveyard=self.graveyard
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(core.keep_time())
            tasks.create_task(consumer.consume(core))

    async def _recover(self) -> None:
        try:
            released = await self.recover_work()
        except StoreUnavailable as away:
            _log.warning("the leases of the last life run out by themselves", reason=str(away))
            return
        if released:
            _log.info("work of the last life is taken up again", submissions=released)
