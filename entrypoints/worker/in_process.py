"""The embedded worker: judge slots and a timer, as tasks of the server's own event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from application.ports.clock import Clock
from application.ports.task_queue import WakeUps
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.judge_submission import JudgeSubmission
from application.use_cases.recover_work import RecoverWork
from application.use_cases.wake_workers import WakeWorkers

LOOK_FOR_WORK_S = 1.0
FORGET_S = 60.0
AFTER_FAILURE_S = 1.0

_log = structlog.get_logger(__name__)


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
        await self._kept_up("recover_work", self._recover)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self.slots):
                tasks.create_task(self._slot())
            tasks.create_task(self._every(LOOK_FOR_WORK_S, "wake_workers", self.wake_workers))
            tasks.create_task(self._every(FORGET_S, "forget_expired", self.forget_expired))

    async def _recover(self) -> None:
        released = await self.recover_work()
        if released:
            _log.info("work of the last life is taken up again", submissions=released)

    async def _slot(self) -> None:
        while True:
            await self.wake_ups.next()
            await self._kept_up("judge_submission", self._judge_all)

    async def _judge_all(self) -> None:
        while await self.judge_submission():
            pass

    async def _every(self, seconds: float, name: str, task: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._kept_up(name, task)
            await self.clock.sleep(seconds)

    async def _kept_up(self, name: str, task: Callable[[], Awaitable[None]]) -> None:
        """Run the task; what goes wrong is logged, and the worker goes on after a moment."""
        try:
            await task()
        except Exception:  # noqa: BLE001 - whatever failed, the worker has to go on
            _log.exception("a task failed and will be tried again", task=name)
            await self.clock.sleep(AFTER_FAILURE_S)
