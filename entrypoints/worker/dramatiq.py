"""The receiving end of the queue on Dramatiq, whose threads hand their work to our event loop."""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from datetime import datetime
from typing import Any

import dramatiq
import structlog
from dramatiq import Broker, MessageProxy, Middleware
from dramatiq.middleware import CurrentMessage

from application.ports.clock import Clock
from entrypoints.worker.core import RETRY_AFTER_S, Consumer, WorkerCore

IDLE_MS = 100
"""How long a worker that found nothing at the broker waits before it looks again, at most."""
LEAVE_S = 5.0
"""How long the broker has to take back what this worker had fetched; else it notices by itself."""
_MOST_REASON = 2_000

_log = structlog.get_logger(__name__)


class DramatiqConsumer(Consumer):
    """Runs one Dramatiq worker with a thread for each slot, on a broker that has our queues."""

    def __init__(
        self, broker: Broker, clock: Clock, *, retry_after_s: Sequence[float] = RETRY_AFTER_S
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._retry_after_s = retry_after_s
        self._judging: set[asyncio.Task[Any] | None] = set()

    async def consume(self, core: WorkerCore) -> None:
        worker = self._worker(core, asyncio.get_running_loop())
        worker.start()
        try:
            await asyncio.Event().wait()
        finally:
            await self._stopped(worker)

    def _worker(self, core: WorkerCore, loop: asyncio.AbstractEventLoop) -> dramatiq.Worker:
        bound = contextvars.copy_context()  # what the worker's log lines carry, for threads too

        def judge_submission(_work_class: str) -> None:
            judging = self._judge(core, _message_id())
            bound.copy().run(asyncio.run_coroutine_threadsafe, judging, loop).result()

        self._broker.add_middleware(CurrentMessage())
        self._broker.add_middleware(_Tries(self._clock.now, self._retry_after_s))
        queues = sorted(self._broker.get_declared_queues())
        dramatiq.actor(broker=self._broker, queue_name=queues[0])(judge_submission)
        worker = dramatiq.Worker(self._broker, worker_timeout=IDLE_MS, worker_threads=core.slots)
        worker.queue_prefetch = core.slots  # more would keep other workers waiting
        return worker

    async def _judge(self, core: WorkerCore, task_id: str) -> None:
        task = asyncio.current_task()
        self._judging.add(task)
        try:
            with structlog.contextvars.bound_contextvars(task_id=task_id):
                await core.judge()
        finally:
            self._judging.discard(task)

    async def _stopped(self, worker: dramatiq.Worker) -> None:
        """Take nothing new from now on, and wait for what is judged: the core sees to its end."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        def stop() -> None:
            worker.stop()
            with contextlib.suppress(RuntimeError):  # nobody waits any more: the loop is closed
                loop.call_soon_threadsafe(ended.set)

        # Not one of asyncio's threads: those hold up the end while a broker does not answer.
        threading.Thread(target=stop, daemon=True).start()
        while judging := [task for task in self._judging if task is not None]:
            await asyncio.wait(judging)
        try:
            async with asyncio.timeout(LEAVE_S):
                await ended.wait()
        except TimeoutError:
            _log.warning("the broker does not answer: it will notice that this worker has left")


def _message_id() -> str:
    """Of the wake-up that this thread has in hand."""
    message = CurrentMessage.get_current_message()
    return "" if message is None else message.message_id


class _Tries(Middleware):
    """Sends a wake-up that failed again, later; after the last try it becomes a dead letter.

    What staff is to know of a dead letter has to be on it when it dies, and brokers keep it as it
    was sent: so it is sent once more, marked as dead, and rejected by whoever gets it.
    """

    def __init__(self, now: Callable[[], datetime], retry_after_s: Sequence[float]) -> None:
        self._now = now
        self._retry_after_s = retry_after_s

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        if "reason" in message.options:
            message.fail()

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        if exception is None or isinstance(exception, CancelledError):
            return
        tries = message.options.get("tries", 0) + 1
        if tries <= len(self._retry_after_s):
            again = message.copy(options={"tries": tries})
            broker.enqueue(again, delay=round(self._retry_after_s[tries - 1] * 1_000))
            return
        reason = f"{type(exception).__name__}: {exception}"[:_MOST_REASON]
        failed_at = round(self._now().timestamp() * 1_000)
        dead = {"tries": tries, "reason": reason, "failed_at": failed_at}
        broker.enqueue(message.copy(options=dead))
        _log.error("a wake-up is given up", letter=message.message_id, **dead)
