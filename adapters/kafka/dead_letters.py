"""The dead letters on Kafka: a topic with the last word on each; an empty one says it is gone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from adapters.kafka.connection import OUTAGES, Clients, Connection
from adapters.kafka.task_queue import PARTITIONS
from adapters.kafka.topics import Topics
from application.ports.dead_letters import DeadLetter, DeadLetters
from application.ports.task_queue import QueueUnavailable
from domain.errors import DeadLetterNotFound
from domain.submission import WorkClass

PATIENCE_S = 2.0
_LOOK_MS = 200


class KafkaDeadLetters(DeadLetters):
    """Kept by the broker for a week; all are read each time, since staff looks seldom."""

    def __init__(self, brokers: str, topic: str, *, partitions: int = PARTITIONS) -> None:
        self._topics = Topics(wake_ups=topic)
        self._connection = Connection(brokers, self._topics, partitions)
        self._one_at_a_time = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()

    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        async with self._clients() as clients:
            letters = [_letter(record) for record in (await self._all(clients)).values()]
        return sorted(letters, key=lambda letter: letter.failed_at, reverse=True)[:limit]

    async def resend(self, letter_id: str) -> None:
        async with self._clients() as clients:
            record = await self._found(clients, letter_id)
            # The wake-up before the end of the letter: twice is better than never.
            await clients.producer.send_and_wait(self._topics.wake_ups, record.value)
            await self._end(clients, letter_id)

    async def drop(self, letter_id: str) -> None:
        async with self._clients() as clients:
            await self._found(clients, letter_id)
            await self._end(clients, letter_id)

    async def close(self) -> None:
        if self._leaving:
            await asyncio.wait(tuple(self._leaving))
        await self._connection.close()

    @asynccontextmanager
    async def _clients(self) -> AsyncIterator[Clients]:
        clients: Clients | None = None
        try:
            async with asyncio.timeout(PATIENCE_S), self._one_at_a_time:
                clients = await self._connection.clients()
                yield clients
        except OUTAGES as error:
            if clients is not None:  # else they go on connecting, for whoever asks next
                self._leave()
            raise QueueUnavailable("Kafka is not available") from error

    def _leave(self) -> None:
        """Close what no longer answers, which may take as long again, without anyone waiting."""
        leaving = asyncio.create_task(self._connection.left())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _found(self, clients: Clients, letter_id: str) -> ConsumerRecord:
        record = (await self._all(clients)).get(letter_id)
        if record is None:
            raise DeadLetterNotFound(letter_id)
        return record

    async def _end(self, clients: Clients, letter_id: str) -> None:
        await clients.producer.send_and_wait(self._topics.dead, None, key=letter_id.encode())

    async def _all(self, clients: Clients) -> dict[str, ConsumerRecord]:
        """Those that are dead still, by their ids."""
        numbers = await clients.producer.partitions_for(self._topics.dead)
        letters = dict[str, ConsumerRecord]()
        async for record in _read(clients.reader, self._topics.dead, numbers):
            letter_id = (record.key or b"").decode("utf-8", "replace")
            if record.value is None:
                letters.pop(letter_id, None)
            else:
                letters[letter_id] = record
        return letters


async def _read(
    reader: AIOKafkaConsumer, topic: str, numbers: set[int]
) -> AsyncIterator[ConsumerRecord]:
    """All that lies in the topic now."""
    places = [TopicPartition(topic, number) for number in sorted(numbers)]
    first, end = await reader.beginning_offsets(places), await reader.end_offsets(places)
    reader.assign(places)
    try:
        for place in places:
            reader.seek(place, first[place])
            while await reader.position(place) < end[place]:
                batch = await reader.getmany(place, timeout_ms=_LOOK_MS)
                for record in batch.get(place, ()):
                    yield record
    finally:
        reader.pause(*places)  # to unassign them would end this library's fetching for good


def _letter(record: ConsumerRecord) -> DeadLetter:
    """What the worker wrote on it, whose headers are named there."""
    headers = dict(record.headers)
    tries = headers.get("tries", b"")
    return DeadLetter(
        id=record.key.decode("utf-8", "replace"),
        work_class=_work_class(record.value),
        reason=headers.get("reason", b"unknown").decode("utf-8", "replace"),
        failed_at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
        attempts=int(tries) if tries.isdigit() else 1,
    )


def _work_class(message: bytes) -> WorkClass:
    """What no server of ours wrote woke a worker like any other."""
    text = message.decode("utf-8", "replace")
    return WorkClass(text) if text in set(WorkClass) else WorkClass.SUBMISSION
