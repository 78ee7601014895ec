"""What the two brokers have in common for us, and where they differ: lengths and dead letters."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import ClassVar

import dramatiq

from domain.submission import WorkClass

ACTOR = "judge_submission"


Dead = dramatiq.Message[None]
"""A message that was given up, with what the worker wrote on it."""


class QueueBroker(ABC):
    """One broker and our queues on it, one a class of work; all its methods block."""

    technology: ClassVar[str]

    def __init__(self, namespace: str) -> None:
        self._queues = {work_class: f"{namespace}.{work_class}" for work_class in WorkClass}
        self._built: dramatiq.Broker | None = None

    @property
    def broker(self) -> dramatiq.Broker:
        """What Dramatiq calls the broker: with our queues, and nothing that goes by itself."""
        if self._built is None:
            self._built = self._build()
            for queue in self._queues.values():
                self._built.declare_queue(queue)
        return self._built

    @property
    def queues(self) -> Sequence[str]:
        """The names of our queues."""
        return tuple(self._queues.values())

    def queue(self, work_class: WorkClass) -> str:
        return self._queues[work_class]

    def send(self, work_class: WorkClass) -> None:
        """Enqueue a wake-up of that class.

        Raises:
            QueueUnavailable: the broker does not answer.
        """
        with self.answering():
            self.broker.enqueue(
                dramatiq.Message(
                    queue_name=self.queue(work_class),
                    actor_name=ACTOR,
                    args=(work_class.value,),
                    kwargs={},
                    options={},
                )
            )

    def length(self, work_class: WorkClass) -> int:
        """About how many wake-ups of that class wait for a worker.

        Raises:
            QueueUnavailable: the broker does not answer.
        """
        with self.answering():
            return self._length(self.queue(work_class))

    def close(self) -> None:
        """Close what this broker's own threads hold open; harmless when called twice."""
        if self._built is not None:
            self._built.close()

    @abstractmethod
    def answering(self) -> AbstractContextManager[None]:
        """Around calls of the broker: turns its outages into `QueueUnavailable`."""

    @abstractmethod
    def dead(self, queue: str, limit: int) -> Sequence[Dead]:
        """At most `limit` messages of the queue that were given up."""

    @abstractmethod
    def take_dead(self, queue: str, message_id: str) -> AbstractContextManager[Dead | None]:
        """The dead message, which is gone if the block ends well; None where there is none."""

    @abstractmethod
    def _build(self) -> dramatiq.Broker: ...

    @abstractmethod
    def _length(self, queue: str) -> int: ...
