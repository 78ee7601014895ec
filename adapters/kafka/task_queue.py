"""Wake-ups by way of Kafka."""

import asyncio

from adapters.kafka.backlog import Backlog
from adapters.kafka.connection import OUTAGES, Connection
from adapters.kafka.topics import Topics
from application.ports.task_queue import QueueUnavailable, TaskQueue
from application.ports.telemetry import SILENT, Telemetry
from domain.submission import WorkClass

PARTITIONS = 12
"""How many workers can share the work at most: a partition belongs to one of them."""
PATIENCE_S = 1.0
AWAY_S = 1.0
"""How long nobody else waits for a Kafka that just did not answer."""


class KafkaTaskQueue(TaskQueue):
    """Sends wake-ups to a topic, each to the partition with the fewest under way.

    A wake-up is dropped when every partition has one that is worked on and one that waits, as far
    as is known within 0.5 s. Its class is what the message says, but the store alone orders the
    work: whoever is woken takes the most urgent there is.
    """

    def __init__(
        self,
        brokers: str,
        topic: str,
        *,
        partitions: int = PARTITIONS,
        telemetry: Telemetry = SILENT,
    ) -> None:
        self._telemetry = telemetry
        self._topics = Topics(wake_ups=topic)
        self._connection = Connection(brokers, self._topics, partitions)
        self._backlog = Backlog(self._topics)
        self._away_until = float("-inf")

    async def judge_submission(self, work_class: WorkClass) -> None:
        now = asyncio.get_running_loop().time
        if now() < self._away_until:
            raise QueueUnavailable("Kafka is not available")
        try:
            with self._telemetry.dependency("kafka", "send"):
                async with asyncio.timeout(PATIENCE_S):
                    await self._send(work_class)
        except OUTAGES as error:
            self._away_until = now() + AWAY_S
            raise QueueUnavailable("Kafka is not available") from error

    async def prepare(self) -> None:
        """Have the topics there, those of the retries and of the dead letters too.

        Raises:
            QueueUnavailable: Kafka cannot be reached now.
        """
        try:
            await self._connection.clients()
        except OUTAGES as error:
            raise QueueUnavailable("Kafka is not available") from error

    async def check(self) -> None:
        """Return if Kafka answers.

        Raises:
            QueueUnavailable: it does not.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                clients = await self._connection.clients()
                await clients.admin.list_topics()
        except OUTAGES as error:
            raise QueueUnavailable("Kafka is not available") from error

    async def close(self) -> None:
        await self._connection.close()

    async def _send(self, work_class: WorkClass) -> None:
        clients = await self._connection.clients()
        partition = await self._backlog.quietest(clients)
        if partition is not None:
            topic, message = self._topics.wake_ups, work_class.encode()
            await clients.producer.send_and_wait(topic, message, partition=partition)
