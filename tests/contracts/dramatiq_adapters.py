"""The queue on Dramatiq, over one Redis and one RabbitMQ a test process, with names of its own."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import dramatiq

from adapters.dramatiq.broker import ACTOR, QueueBroker
from adapters.dramatiq.dead_letters import DramatiqDeadLetters
from adapters.dramatiq.rabbitmq_broker import RabbitMqQueueBroker
from adapters.dramatiq.redis_broker import RedisQueueBroker
from adapters.dramatiq.task_queue import DramatiqTaskQueue
from application.ports.task_queue import QueueUnavailable, WakeUps
from domain.submission import WorkClass
from tests.contracts.in_hand import DeadLettersInHand, TaskQueueInHand
from tests.services.rabbitmq import rabbitmq_url
from tests.services.redis import redis_url

MOST = 8
CONNECTED_S = 60


class DramatiqWakeUps(WakeUps):
    """A Dramatiq worker that acknowledges what it gets, and begins when somebody waits."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        self._arrived = asyncio.Queue[WorkClass]()
        self._loop = asyncio.get_running_loop()
        declared = dramatiq.actor(broker=broker, queue_name=min(broker.get_declared_queues()))
        declared(self.judge_submission)
        self._worker = dramatiq.Worker(broker, worker_timeout=20, worker_threads=1)
        self._has_begun = False

    def judge_submission(self, work_class: str) -> None:
        self._loop.call_soon_threadsafe(self._arrived.put_nowait, WorkClass(work_class))

    async def next(self) -> WorkClass:
        if not self._has_begun:
            self._has_begun = True
            self._worker.start()
        return await self._arrived.get()

    async def close(self) -> None:
        if self._has_begun:
            await asyncio.to_thread(self._worker.stop)


def fresh_redis_broker() -> QueueBroker:
    return RedisQueueBroker(redis_url(), namespace=f"test-{uuid.uuid4().hex}")


def fresh_rabbitmq_broker() -> QueueBroker:
    return RabbitMqQueueBroker(rabbitmq_url(), namespace=f"test-{uuid.uuid4().hex}")


@asynccontextmanager
async def redis_task_queue() -> AsyncIterator[TaskQueueInHand]:
    async with _in_hand(fresh_redis_broker()) as in_hand:
        yield in_hand


@asynccontextmanager
async def rabbitmq_task_queue() -> AsyncIterator[TaskQueueInHand]:
    async with _in_hand(fresh_rabbitmq_broker()) as in_hand:
        yield in_hand


@asynccontextmanager
async def redis_dead_letters() -> AsyncIterator[DeadLettersInHand]:
    async with _letters_in_hand(fresh_redis_broker()) as in_hand:
        yield in_hand


@asynccontextmanager
async def rabbitmq_dead_letters() -> AsyncIterator[DeadLettersInHand]:
    async with _letters_in_hand(fresh_rabbitmq_broker()) as in_hand:
        yield in_hand


@asynccontextmanager
async def _letters_in_hand(broker: QueueBroker) -> AsyncIterator[DeadLettersInHand]:
    letters, wake_ups = DramatiqDeadLetters(broker), DramatiqWakeUps(broker.broker)

    async def die(work_class: WorkClass, reason: str, failed_at: datetime) -> str:
        return await asyncio.to_thread(_die, broker, work_class, reason, failed_at)

    yield DeadLettersInHand(letters=letters, die=die, woken=wake_ups.next)
    await wake_ups.close()
    await letters.close()
    await letters.close()
    await asyncio.to_thread(broker.close)


def _die(broker: QueueBroker, work_class: WorkClass, reason: str, failed_at: datetime) -> str:
    """Send a wake-up with a last word on it, and reject it."""
    options = {"tries": 4, "reason": reason, "failed_at": round(failed_at.timestamp() * 1_000)}
    queue = broker.queue(work_class)
    message = dramatiq.Message[None](
        queue_name=queue, actor_name=ACTOR, args=(work_class.value,), kwargs={}, options=options
    )
    broker.broker.enqueue(message)
    consumer = broker.broker.consume(queue, prefetch=1, timeout=20)
    taken = next(one for one in consumer if one is not None)
    consumer.nack(taken)
    consumer.close()
    return taken.message_id


@asynccontextmanager
async def _in_hand(broker: QueueBroker) -> AsyncIterator[TaskQueueInHand]:
    queue = DramatiqTaskQueue(broker, most=MOST)
    wake_ups = DramatiqWakeUps(broker.broker)
    await connected(queue)
    yield TaskQueueInHand(queue=queue, wake_ups=wake_ups, most=MOST, quiet_s=0.3)
    await wake_ups.close()
    await queue.close()


async def connected(queue: DramatiqTaskQueue) -> None:
    """The first connection takes longer than a wake-up may, on a busy machine."""
    async with asyncio.timeout(CONNECTED_S):
        while True:
            try:
                await queue.check()
            except QueueUnavailable:
                await asyncio.sleep(0.1)
            else:
                return
