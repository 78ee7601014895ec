"""The queue on Kafka, over one broker a test process, each with topics of its own."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from adapters.kafka.backlog import MOST_IN_A_PARTITION
from adapters.kafka.task_queue import KafkaTaskQueue
from application.ports.task_queue import WakeUps
from domain.submission import WorkClass
from tests.contracts.in_hand import TaskQueueInHand
from tests.services.kafka import kafka_url

PARTITIONS = 3


def fresh_topic() -> str:
    return f"test-{uuid.uuid4().hex}"


class KafkaWakeUps(WakeUps):
    """One member of the workers' group, which acknowledges a wake-up as it is taken."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._arrived = asyncio.Queue[ConsumerRecord]()
        self._acknowledging: asyncio.Task[None] | None = None

    async def receive(self) -> None:
        while True:
            await self._arrived.put(await self._consumer.getone())

    async def next(self) -> WorkClass:
        record = await self._arrived.get()
        place = TopicPartition(record.topic, record.partition)
        self._acknowledging = asyncio.create_task(self._consumer.commit({place: record.offset + 1}))
        return WorkClass(record.value.decode())

    async def close(self) -> None:
        if self._acknowledging is not None:
            await self._acknowledging


@asynccontextmanager
async def kafka_task_queue() -> AsyncIterator[TaskQueueInHand]:
    topic = fresh_topic()
    queue = KafkaTaskQueue(kafka_url(), topic, partitions=PARTITIONS)
    await queue.prepare()
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka_url(),
        group_id=f"{topic}.workers",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    wake_ups = KafkaWakeUps(consumer)
    receiving = asyncio.create_task(wake_ups.receive())
    yield TaskQueueInHand(
        queue=queue, wake_ups=wake_ups, most=PARTITIONS * MOST_IN_A_PARTITION, quiet_s=0.5
    )
    receiving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await receiving
    await wake_ups.close()
    await consumer.stop()
    await queue.close()
