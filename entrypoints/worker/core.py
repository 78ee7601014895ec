"""What every worker does, whoever wakes it: slots, timers, a stop that leaves nothing half done."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from application.ports.clock import Clock
from application.ports.storage import StoreUnavailable
from application.ports.task_queue import QueueUnavailable
from application.use_cases.advance_rejudges import AdvanceRejudges
from application.use_cases.announce_worker import AnnounceWorker
from application.use_cases.forget_expired import ForgetExpired
from application.use_cases.judge_submission import JudgeSubmission, Turn
from application.use_cases.settle_outcomes import SettleOutcomes
from application.use_cases.wake_workers import WakeWorkers
from domain.submission import WorkClass
from entrypoints.worker.background import Background
from entrypoints.worker.pauses import Pauses

LOOK_FOR_WORK_S = 1.0
SOONEST_S = 0.1
"""Whatever falls due, the store is asked no more often."""
ANNOUNCE_S = 2.0
ADVANCE_S = 1.0
SETTLE_S = 1.0
FORGET_S = 60.0
AFTER_FAILURE_S = 1.0
RETRY_AFTER_S = (1.0, 4.0, 16.0)
"""When a wake-up that failed for a reason nobody foresaw is tried again; then it is dead."""
LIVE = (WorkClass.SUBMISSION, WorkClass.RUN)
"""What somebody waits for."""
TURN = timedelta(seconds=60)
"""How long one wake-up is worked on at most: brokers take back what nobody acknowledges."""

_log = structlog.get_logger(__name__)


class WorkerCore:
    """Judges up to `slots` submissions at once, and keeps the time of everything periodic."""

    def __init__(  # noqa: PLR0913 (all that it keeps the time of)
        self,
        *,
        judge_submission: JudgeSubmission,
        wake_workers: WakeWorkers,
        forget_expired: ForgetExpired,
        clock: Clock,
        slots: int,
        announce_worker: AnnounceWorker | None = None,
        advance_rejudges: AdvanceRejudges | None = None,
        settle_outcomes: SettleOutcomes | None = None,
    ) -> None:
        self.slots = slots
        self._judge_submission = judge_submission
        self._wake_workers = wake_workers
        self._forget_expired = forget_expired
        self._announce_worker = announce_worker
        self._advance_rejudges = advance_rejudges
        self._settle_outcomes = settle_outcomes
        self._clock = clock
        self._free = asyncio.Semaphore(slots)
        self._background = Background(slots, self._rejudge_next)
        self._turns: set[asyncio.Task[None]] = set()
        self._looking: set[asyncio.Task[None]] = set()
        self._pauses = Pauses(clock)
        self._stopping = False
        self._left_over = False
        self._next_due_at: datetime | None = None
        self._queue_is_away = False

    async def judge(self) -> None:
        """What a wake-up asks for: a free slot judges until nothing is due, or TURN is over.

        Rejudgings are done beside it, in slots that nothing else needs.

        Returns early when the worker stops, and, after a moment, when a store is away: the timer
        sends another wake-up. Cancelling it hands the work back.

        Raises:
            Exception: whatever nobody foresaw, after the work was handed back.
        """
        async with self._free:
            if self._stopping:
                return
            turn = asyncio.create_task(self._turn())
            self._turns.add(turn)
            try:
                await asyncio.wait({turn})
            finally:
                await _ended(turn)
                self._turns.discard(turn)
        if not turn.cancelled():
            turn.result()

    async def keep_time(self) -> None:
        """Run what is due every so often; ends only by being cancelled."""
        async with asyncio.TaskGroup() as timers:
            timers.create_task(self._look_after_work())
            timers.create_task(self._every(FORGET_S, "forget_expired", self._forget_expired))
            if self._advance_rejudges is not None:
                advance = self._advance_rejudges
                timers.create_task(self._every(ADVANCE_S, "advance_rejudges", advance))
            if self._settle_outcomes is not None:
                settle = self._settle_outcomes
                timers.create_task(self._every(SETTLE_S, "settle_outcomes", settle))
            if self._announce_worker is not None:
                announce = partial(self._announce_worker, self._clock.now())
                timers.create_task(self._every(ANNOUNCE_S, "announce_worker", announce))

    async def stop(self, grace_s: float) -> None:
        """Take nothing new; what is not judged within `grace_s` is handed back to the store."""
        self._stopping = True
        self._pauses.end()
        await self._background.stop()
        if self._turns:
            await asyncio.wait(set(self._turns), timeout=grace_s)
        await asyncio.gather(*(_ended(turn) for turn in tuple(self._turns)))
        await asyncio.gather(*(_ended(look) for look in tuple(self._looking)))

    async def _turn(self) -> None:
        end = self._clock.now() + TURN
        try:
            while await self._judge_next() and not self._stopping:
                if self._clock.now() >= end:
                    break
            if not self._stopping:
                self._background.look(1)
        except StoreUnavailable as away:
            _log.warning("a wake-up is dropped: the timer sends another", reason=str(away))
            self._pauses.after_outage()
        except Exception:  # nobody foresaw it: the consumer hears of it, after a pause here
            self._pauses.after_failure()
            raise

    async def _judge_next(self) -> bool:
        """Judge what is next, once no pause is on; whether to go on."""
        await self._pauses.over()
        if self._stopping:
            return False
        with self._background.gives_way() as need_a_slot:
            turn = await self._judge_submission(LIVE, claimed=need_a_slot)
        return self._went_on(turn)

    async def _rejudge_next(self) -> bool:
        """The same for rejudgings, which nobody outside hears of."""
        await self._pauses.over()
        if self._stopping:
            return False
        try:
            return self._went_on(await self._judge_submission((WorkClass.REJUDGE,)))
        except StoreUnavailable as away:
            _log.warning("rejudging waits for the timer", reason=str(away))
            self._pauses.after_outage()
        except Exception:  # noqa: BLE001 - whatever failed, the worker has to go on
            _log.exception("a rejudging failed and will be tried again")
            self._pauses.after_failure()
        return False

    def _went_on(self, turn: Turn) -> bool:
        if turn is Turn.FAILED:
            _log.warning("this worker could not judge, and pauses before it takes more")
            self._pauses.after_failure()
        elif turn is Turn.JUDGED:
            self._pauses.after_success()
        return turn is not Turn.NOTHING_DUE

    async def _look_after_work(self) -> None:
        """Every LOOK_FOR_WORK_S, and when something falls due in between: a lease, a back-off."""
        while True:
            await self._kept_up("wake_workers", self._see_to_work)
            wait_s = LOOK_FOR_WORK_S
            if self._next_due_at is not None:
                until_due_s = (self._next_due_at - self._clock.now()).total_seconds()
                wait_s = min(max(until_due_s, SOONEST_S), LOOK_FOR_WORK_S)
            await self._clock.sleep(wait_s)

    async def _see_to_work(self) -> None:
        """Wake workers for what is due; what no wake-up brought to anyone is taken up here."""
        self._next_due_at = None
        try:
            state = await self._wake_workers()
        except QueueUnavailable as away:
            if not self._queue_is_away:
                _log.warning("no wake-ups for now: this worker looks for itself", reason=str(away))
            self._queue_is_away = True
            self._look_for_work(self.slots)
            self._background.look(self.slots)
            return
        if self._queue_is_away:
            _log.info("wake-ups can be sent again")
        self._queue_is_away = False
        self._background.look(state.due[WorkClass.REJUDGE])
        due = sum(state.due[work_class] for work_class in LIVE)
        if self._left_over:
            self._look_for_work(due)
        self._left_over = due > 0
        self._next_due_at = state.next_due_at

    def _look_for_work(self, due: int) -> None:
        for _ in range(min(due, self.slots - len(self._turns))):
            look = asyncio.create_task(self._kept_up("judge_submission", self.judge))
            self._looking.add(look)
            look.add_done_callback(self._looking.discard)

    async def _every(
        self, seconds: float, name: str, task: Callable[[], Awaitable[object]]
    ) -> None:
        while True:
            await self._kept_up(name, task)
            await self._clock.sleep(seconds)

    async def _kept_up(self, name: str, task: Callable[[], Awaitable[object]]) -> None:
        """Run the task; what goes wrong is logged, and the worker goes on after a moment."""
        try:
            await task()
        except (StoreUnavailable, QueueUnavailable) as away:
            _log.warning("a task will be tried again", task=name, reason=str(away))
            await self._clock.sleep(AFTER_FAILURE_S)
        except Exception:  # noqa: BLE001 - whatever failed, the worker has to go on
            _log.exception("a task failed and will be tried again", task=name)
            await self._clock.sleep(AFTER_FAILURE_S)


class Consumer(Protocol):
    """The receiving end of a queue: what a worker is woken by."""

    async def consume(self, core: WorkerCore) -> None:
        """Call `core.judge()` for each wake-up, at most `core.slots` at once; ends by cancelling.

        A wake-up is acknowledged after `judge` returned. What `judge` raised is tried again as
        RETRY_AFTER_S says, then kept as a dead letter. Once cancelled it takes nothing new, and
        ends when the calls of `judge` under way have: whoever cancels it stops the core too.
        """
        ...


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel the task, if it still runs, and wait for its end, whatever that is."""
    task.cancel()
    await asyncio.wait({task})
