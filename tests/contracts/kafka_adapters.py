"""The queue on Kafka, over one broker a test process, each with topics of its own."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from adapters.kafka.backlog import MOST_IN_A_PARTITION
from adapters.kafka.dead_letters import KafkaDeadLetters
from adapters.kafka.task_queue import KafkaTaskQueue
from adapters.memory.clock import ManualClock
from application.ports.task_queue import WakeUps
from domain.submission import WorkClass
from entrypoints.worker.core import RETRY_AFTER_S
from entrypoints.worker.kafka_second_tries import SecondTries
from tests.contracts.in_hand import DeadLettersInHand, TaskQueueInHand
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
    async with _wake_ups_of(topic) as wake_ups:
        yield TaskQueueInHand(
            queue=queue, wake_ups=wake_ups, most=PARTITIONS * MOST_IN_A_PARTITION, quiet_s=0.5
        )
    await queue.close()


@asynccontextmanager
async def kafka_dead_letters() -> AsyncIterator[DeadLettersInHand]:
    topic = fresh_topic()
    letters = KafkaDeadLetters(kafka_url(), topic, partitions=1)
    await letters.newest(1)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_url())
    await producer.start()
    offsets = count()

    async def die(work_class: WorkClass, reason: str, failed_at: datetime) -> str:
        record = _failed_often(topic, next(offsets), work_class)
        tries = SecondTries(
            producer=producer,
            retry_topic=f"{topic}.retry",
            dead_topic=f"{topic}.dead",
            clock=ManualClock(failed_at),
        )
        await tries.put_off(record, RuntimeError(reason.removeprefix("RuntimeError: ")))
        return f"{topic}.retry-0-{record.offset}"

    async def woken() -> WorkClass:
        async with _wake_ups_of(topic) as wake_ups:
            return await wake_ups.next()

    yield DeadLettersInHand(letters=letters, die=die, woken=woken)
    await producer.stop()
    await letters.close()


@asynccontextmanager
async def _wake_ups_of(topic: str) -> AsyncIterator[KafkaWakeUps]:
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
    yield wake_ups
    receiving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await receiving
    await wake_ups.close()
    await consumer.stop()


def _failed_often(topic: str, offset: int, work_class: WorkClass) -> ConsumerRecord:
    """A wake-up in its last try."""
    return ConsumerRecord(
        topic=f"{topic}.retry",
        partition=0,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=work_class.encode(),
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=(("tries", str(len(RETRY_AFTER_S)).encode()),),
    )
