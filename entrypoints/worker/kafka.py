"""The receiving end of the queue on Kafka: a worker is a member of one consumer group."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from application.ports.clock import Clock
from application.ports.task_queue import QueueUnavailable
from entrypoints.worker.core import AFTER_FAILURE_S, Consumer, WorkerCore
from entrypoints.worker.kafka_member import Member
from entrypoints.worker.kafka_second_tries import SecondTries

REQUEST_S = 5.0
RETRY_S = 0.5
"""Between tries at a broker that is away: each one is a line in the log."""
LEAVE_S = 15.0
"""How long the broker has to hear that this worker leaves; else it notices by itself.

Longer than one request: a client whose stop is broken off leaves its connections open.
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConsumer(Consumer):
    """Judges what the messages of a topic ask for; what they say is not looked at.

    The topics' and the group's names are the adapter's, all made from `topic`; `prepare` has them
    created. A worker that is silent for `session_s` is dead, one that takes no message for
    `idle_s` too.
    """

    brokers: str
    topic: str
    prepare: Callable[[], Awaitable[None]]
    clock: Clock
    session_s: float = 10.0
    idle_s: float = 300.0

    async def consume(self, core: WorkerCore) -> None:
        while True:
            try:
                await self.prepare()
                async with self._membership(core) as member:
                    await member.work()
            except (KafkaError, OSError, TimeoutError, QueueUnavailable) as away:
                _log.warning("no wake-ups from Kafka for now", reason=str(away))
                await self.clock.sleep(AFTER_FAILURE_S)

    @asynccontextmanager
    async def _membership(self, core: WorkerCore) -> AsyncIterator[Member]:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.brokers,
            acks="all",
            request_timeout_ms=_ms(REQUEST_S),
            retry_backoff_ms=_ms(RETRY_S),
        )
        consumer = self._consumer()
        second_tries = SecondTries(
            producer=producer,
            retry_topic=f"{self.topic}.retry",
            dead_topic=f"{self.topic}.dead",
            clock=self.clock,
        )
        member = Member(core, consumer, second_tries, self.idle_s)
        consumer.subscribe([self.topic, second_tries.retry_topic], listener=member)
        try:
            await producer.start()
            await consumer.start()
            yield member
        finally:
            await _ended(consumer.stop)
            await _ended(producer.stop)

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self.brokers,
            group_id=f"{self.topic}.workers",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=_ms(self.session_s),
            heartbeat_interval_ms=_ms(self.session_s / 4),
            max_poll_interval_ms=_ms(self.idle_s),
            request_timeout_ms=_ms(self.session_s + 4),  # to join means to wait for the others
            retry_backoff_ms=_ms(RETRY_S),
        )


async def _ended(stop: Callable[[], Awaitable[None]]) -> None:
    """Close a client; a broker that does not answer holds nothing up."""
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(LEAVE_S):
            await stop()


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)
