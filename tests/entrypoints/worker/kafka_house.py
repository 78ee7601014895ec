"""Workers on a real Kafka, whose judging does what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from adapters.kafka.task_queue import KafkaTaskQueue
from adapters.system.clock import SystemClock
from application.ports.clock import Clock
from application.ports.task_queue import QueueUnavailable
from domain.submission import WorkClass
from entrypoints.worker.core import WorkerCore
from entrypoints.worker.kafka import KafkaConsumer

PARTITIONS = 2
SESSION_S = 2.0
PATIENCE_S = 50.0


class Desk(WorkerCore):
    """Judging that waits for `go`, and fails of `failure` if there is one."""

    def __init__(self, slots: int = 1) -> None:
        self.slots = slots
        self.begun = 0
        self.judging = 0
        self.most = 0
        self.go = asyncio.Event()
        self.failure: Exception | None = None
        self.bound: dict[str, Any] = {}

    async def judge(self) -> None:
        self.bound = structlog.contextvars.get_contextvars()
        self.begun += 1
        self.judging += 1
        self.most = max(self.most, self.judging)
        try:
            await self.go.wait()
            if self.failure is not None:
                raise self.failure
        finally:
            self.judging -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A consumer at work, which ends by being cancelled."""

    task: asyncio.Task[None]


class House:
    """One topic, a server that sends wake-ups to it, and workers that take them."""

    def __init__(self, brokers: str, topic: str) -> None:
        self.brokers = brokers
        self.topic = topic
        self.queue = KafkaTaskQueue(brokers, topic, partitions=PARTITIONS)
        self._workers: list[asyncio.Task[None]] = []
        self._desks: list[Desk] = []

    def worker(
        self,
        desk: Desk,
        *,
        clock: Clock | None = None,
        session_s: float = SESSION_S,
        idle_s: float = 60,
    ) -> Worker:
        consumer = KafkaConsumer(
            brokers=self.brokers,
            topic=self.topic,
            prepare=self.queue.prepare,
            clock=clock or SystemClock(),
            session_s=session_s,
            idle_s=idle_s,
        )
        self._desks.append(desk)
        self._workers.append(asyncio.create_task(consumer.consume(desk)))
        return Worker(task=self._workers[-1])

    async def wake(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    await self.queue.judge_submission(WorkClass.SUBMISSION)
                except QueueUnavailable:
                    await asyncio.sleep(0.05)
                else:
                    return

    async def members(self) -> int:
        """How many workers have partitions now."""
        async with self._admin() as admin:
            answers = await admin.describe_consumer_groups([f"{self.topic}.workers"])
            state, members = answers[0].groups[0][2], answers[0].groups[0][5]
        return len(members) if state == "Stable" else 0

    async def unacknowledged(self, topic: str | None = None) -> int:
        topic = topic or self.topic
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        async with self._admin() as admin, self._reader() as reader:
            offsets = await admin.list_consumer_group_offsets(f"{self.topic}.workers")
            ends: dict[TopicPartition, int] = await reader.end_offsets(places)
        return sum(
            end - (offsets[place].offset if place in offsets else 0) for place, end in ends.items()
        )

    async def close(self) -> None:
        for worker in self._workers:
            worker.cancel()
        for desk in self._desks:
            desk.go.set()
        if self._workers:
            await asyncio.wait(self._workers)
        await self.queue.close()

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.brokers)
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(bootstrap_servers=self.brokers)
        try:
            await reader.start()
            yield reader
        finally:
            await reader.stop()


async def until(true: Callable[[], bool]) -> None:
    async def answer() -> bool:
        return true()

    await _until(answer)


async def until_acknowledged(house: House, *topics: str) -> None:
    """Wait until nothing of these topics (the wake-ups' if none is named) is under way."""

    async def nothing_left() -> bool:
        try:
            return not sum([await house.unacknowledged(one) for one in topics or (house.topic,)])
        except KafkaError:  # a broker that has just started may not know its groups yet
            return False

    await _until(nothing_left)


async def until_members(house: House, members: int) -> None:
    async def are_there() -> bool:
        return await house.members() == members

    await _until(are_there)


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await true():  # noqa: ASYNC110 - what it waits for happens in another process
            await asyncio.sleep(0.02)
