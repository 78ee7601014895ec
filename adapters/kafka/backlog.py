"""How many wake-ups of each partition no worker has acknowledged yet."""

import asyncio
from collections import Counter

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from adapters.kafka.connection import OUTAGES, Clients
from adapters.kafka.topics import Topics

MOST_IN_A_PARTITION = 2
"""One that is worked on, and one that waits."""
_READ_AGAIN_AFTER_S = 0.5
_READ_BEFORE_DROPPING_AFTER_S = 0.05
_PATIENCE_S = 0.6


class Backlog:
    """Finds the partition whose worker has the least to do.

    A partition belongs to one worker, so a wake-up sent at random may wait behind the long
    judgement of a busy one while others are idle. What this process sends is counted at once; what
    others send, and what workers acknowledge, is read from the broker when it is older than a
    moment. Where that fails the last figures serve on.
    """

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._unacknowledged: Counter[int] = Counter()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._turn = 0

    async def quietest(self, clients: Clients) -> int | None:
        """The partition for the next wake-up; None where each has all that it may have."""
        partitions = sorted(await clients.producer.partitions_for(self._topics.wake_ups))
        await self._read(clients, partitions, _READ_AGAIN_AFTER_S)
        found = self._least(partitions)
        if self._unacknowledged[found] >= MOST_IN_A_PARTITION:
            await self._read(clients, partitions, _READ_BEFORE_DROPPING_AFTER_S)
            found = self._least(partitions)
        if self._unacknowledged[found] >= MOST_IN_A_PARTITION:
            return None
        self._unacknowledged[found] += 1
        return found

    def _least(self, partitions: list[int]) -> int:
        """The first of the quietest ones, beginning elsewhere each time."""
        self._turn = (self._turn + 1) % len(partitions)
        in_turn = partitions[self._turn :] + partitions[: self._turn]
        return min(in_turn, key=self._unacknowledged.__getitem__)

    async def _read(self, clients: Clients, partitions: list[int], max_age_s: float) -> None:
        now = asyncio.get_running_loop().time
        async with self._reading:
            if now() - self._read_at < max_age_s:
                return
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    self._unacknowledged = await self._from_broker(clients, partitions)
            except OUTAGES:
                pass
            self._read_at = now()

    async def _from_broker(self, clients: Clients, partitions: list[int]) -> Counter[int]:
        places = [TopicPartition(self._topics.wake_ups, number) for number in partitions]
        acknowledged, first, end = await asyncio.gather(
            _acknowledged(clients.admin, self._topics.workers),
            clients.reader.beginning_offsets(places),
            clients.reader.end_offsets(places),
        )
        return Counter(
            {
                place.partition: end[place] - max(acknowledged.get(place, 0), first[place])
                for place in places
            }
        )


async def _acknowledged(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    offsets = await admin.list_consumer_group_offsets(group)
    return {place: offset.offset for place, offset in offsets.items()}
