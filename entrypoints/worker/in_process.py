"""The embedded worker: judge slots and timers, as tasks of the server's own event loop."""

import asyncio
from dataclasses import dataclass

import structlog

from application.ports.clock import Clock
from application.ports.storage import StoreUnavailable
from application.ports.task_queue import WakeUps
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.judge_submission import JudgeSubmission
from application.use_cases.recover_work import RecoverWork
from application.use_cases.wake_workers import WakeWorkers
from entrypoints.worker.core import AFTER_FAILURE_S, Consumer, WorkerCore

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessConsumer(Consumer):
    """Takes its wake-ups from the queue of this process."""

    wake_ups: WakeUps
    clock: Clock

    async def consume(self, core: WorkerCore) -> None:
        async with asyncio.TaskGroup() as slots:
            for _ in range(core.slots):
                slots.create_task(self._slot(core))

    async def _slot(self, core: WorkerCore) -> None:
        while True:
            await self.wake_ups.next()
            try:
                await core.judge()
            except Exception:  # noqa: BLE001 - whatever failed, the worker has to go on
                _log.exception("judging failed; the store holds the work for another try")
                await self.clock.sleep(AFTER_FAILURE_S)


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

    async def run(self) -> None:
        """Take up what the last life left, then work; ends only by being cancelled."""
        core = WorkerCore(
            judge_submission=self.judge_submission,
            wake_workers=self.wake_workers,
            forget_expired=self.forget_expired,
            clock=self.clock,
            slots=self.slots,
        )
        await self._recover()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(core.keep_time())
            tasks.create_task(
                InProcessConsumer(wake_ups=self.wake_ups, clock=self.clock).consume(core)
            )

    async def _recover(self) -> None:
        try:
            released = await self.recover_work()
        except StoreUnavailable as away:
            _log.warning("the leases of the last life run out by themselves", reason=str(away))
            return
        if released:
            _log.info("work of the last life is taken up again", submissions=released)
