"""Clients of Kafka that connect at first use, and again after a failure."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from adapters.kafka.topics import Topics

REQUEST_S = 5.0
"""How long a broker has for an answer before its connection is made anew."""
UNSENT_S = 2.0
"""How long a message is tried: whoever sent it has given up by then, and closing waits for it."""
_FETCH_MS = 50
"""How long a reader waits at the end of a topic, and whatever else it asks behind that."""
OUTAGES = (KafkaError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """What is connected: `reader` belongs to no group and is assigned by hand."""

    admin: AIOKafkaAdminClient
    producer: AIOKafkaProducer
    reader: AIOKafkaConsumer


class Connection:
    """One set of clients, shared by whoever asks for it in this process."""

    def __init__(self, brokers: str, topics: Topics, partitions: int) -> None:
        self._brokers = brokers
        self._topics = topics
        self._partitions = partitions
        self._open = AsyncExitStack()
        self._opening: asyncio.Task[Clients] | None = None

    async def clients(self) -> Clients:
        """The clients; the topics are there. Who gives up waiting leaves them connecting.

        Raises:
            KafkaError, OSError, TimeoutError: Kafka cannot be reached now.
        """
        if self._opening is None or _failed(self._opening):
            self._opening = asyncio.create_task(self._connect())
            self._opening.add_done_callback(_failed)
        return await asyncio.shield(self._opening)

    async def close(self) -> None:
        """Close what is open; harmless when called twice."""
        await self.left()

    def left(self) -> Coroutine[None, None, None]:
        """Forget what is open at once: who asks next gets new clients. To be awaited, it closes."""
        opening, self._opening = self._opening, None
        opened, self._open = self._open, AsyncExitStack()
        return _closed(opening, opened)

    async def _connect(self) -> Clients:
        settings = {
            "bootstrap_servers": self._brokers,
            "retry_backoff_ms": 500,  # each try against a broker that is away is a line in the log
        }
        patient = {**settings, "request_timeout_ms": int(REQUEST_S * 1_000)}
        async with AsyncExitStack() as opened:
            admin = AIOKafkaAdminClient(**patient)
            opened.push_async_callback(admin.close)
            await admin.start()
            await self._topics.create_missing(admin, self._partitions)
            producer = AIOKafkaProducer(
                **settings, acks="all", request_timeout_ms=int(UNSENT_S * 1_000)
            )
            opened.push_async_callback(producer.stop)
            await producer.start()
            reader = AIOKafkaConsumer(
                **patient, enable_auto_commit=False, fetch_max_wait_ms=_FETCH_MS
            )
            opened.push_async_callback(reader.stop)
            await reader.start()
            self._open = opened.pop_all()
        return Clients(admin=admin, producer=producer, reader=reader)


async def _closed(opening: asyncio.Task[Clients] | None, opened: AsyncExitStack) -> None:
    if opening is not None:
        opening.cancel()
        await asyncio.wait({opening})
    await opened.aclose()


def _failed(task: asyncio.Task[Clients]) -> bool:
    """Whether it ended without clients; looked at, so that nobody is told of it once more."""
    return task.done() and (task.cancelled() or task.exception() is not None)
