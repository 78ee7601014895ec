"""The sending end: wake-ups are enqueued by name, and never waited for for long."""

import time

import dramatiq

from adapters.dramatiq.broker import QueueBroker
from adapters.dramatiq.thread import OwnThread
from application.ports.task_queue import TaskQueue
from application.ports.telemetry import SILENT, Telemetry
from domain.submission import WorkClass

PATIENCE_S = 1.0
LOOK_S = 0.1
"""How old the known length of a queue may be."""


class DramatiqTaskQueue(TaskQueue):
    """Sends from a thread of its own, since Dramatiq blocks.

    Of each class about `most` wake-ups wait at the broker; one more is dropped.
    """

    def __init__(
        self, broker: QueueBroker, *, most: int = 64, telemetry: Telemetry = SILENT
    ) -> None:
        self._broker = broker
        self._telemetry = telemetry
        self._most = most
        self._thread = OwnThread("wake-ups", PATIENCE_S, broker.close)
        self._lengths: dict[WorkClass, tuple[float, int]] = {}

    @property
    def broker(self) -> dramatiq.Broker:
        """What a worker of this queue listens on."""
        return self._broker.broker

    async def judge_submission(self, work_class: WorkClass) -> None:
        with self._telemetry.dependency(self._broker.technology, "send"):
            await self._thread.do(lambda: self._send(work_class))

    async def check(self) -> None:
        """Return if the broker answers.

        Raises:
            QueueUnavailable: it does not.
        """
        await self._thread.do(lambda: self._broker.length(WorkClass.SUBMISSION))

    async def close(self) -> None:
        await self._thread.end()

    def _send(self, work_class: WorkClass) -> None:
        if self._length(work_class) < self._most:
            self._broker.send(work_class)

    def _length(self, work_class: WorkClass) -> int:
        """As it was a moment ago, and every wake-up sent since then."""
        looked_at, length = self._lengths.get(work_class, (0.0, 0))
        now = time.monotonic()
        if not looked_at or now - looked_at > LOOK_S:
            looked_at, length = now, self._broker.length(work_class)
        self._lengths[work_class] = (looked_at, length + 1)
        return length
