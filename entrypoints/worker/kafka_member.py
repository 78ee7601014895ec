"""A member of the workers' group on Kafka: takes wake-ups, acknowledges them after the work."""

import asyncio
import contextlib
from collections.abc import Iterable

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from entrypoints.worker.core import AFTER_FAILURE_S, WorkerCore
from entrypoints.worker.kafka_offsets import Offsets, PartitionOffsets
from entrypoints.worker.kafka_second_tries import SecondTries

COMMIT_S = 2.0
"""How long a last acknowledgement may take before a partition is given away."""
MOST_ASLEEP = 100
"""Failed wake-ups that wait for their moment in this worker; further ones wait in the broker."""
_LOOK_S = 1.0

_log = structlog.get_logger(__name__)


class Member(ConsumerRebalanceListener):  # type: ignore[misc]  # the library asks for it
    """Hands wake-ups to the core, as many at once as it has slots.

    While all slots judge, the partitions are paused and the consumer is still asked for messages,
    so a long judgement never looks like a dead worker. A partition's offset is committed as far
    as all before it is done; what a worker that dies, or a partition that is taken away, leaves
    uncommitted wakes somebody again. That is harmless: the store hands each submission out once.
    """

    def __init__(
        self, core: WorkerCore, consumer: AIOKafkaConsumer, second_tries: SecondTries, idle_s: float
    ) -> None:
        self._core = core
        self._consumer = consumer
        self._second_tries = second_tries
        self._look_s = min(_LOOK_S, idle_s / 4)
        self._offsets = Offsets()
        self._judging: set[asyncio.Task[None]] = set()
        self._asleep: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._stopping = False

    async def work(self) -> None:
        """Take wake-ups until cancelled; ends when those under way have, and are acknowledged.

        Raises:
            KafkaError: this membership is over.
        """
        acknowledging = asyncio.create_task(self._acknowledge_what_is_done())
        try:
            while True:
                await self._take()
        finally:
            self._stopping = True
            self._wake_nobody()
            if self._judging:
                await asyncio.wait(self._judging)
            acknowledging.cancel()
            await asyncio.wait({acknowledging})
            await self._acknowledge_soon()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Others may have them: acknowledge what is done, and let the rest come again."""
        self._wake_nobody()
        await self._acknowledge_soon()
        self._offsets.forget(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """They begin where the last acknowledgement was."""

    async def _take(self) -> None:
        wait_s = self._look_s
        if self._free() <= 0:
            await asyncio.wait(self._judging, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            wait_s = 0
        free = self._free()
        self._open(free)
        batch = await self._consumer.getmany(
            timeout_ms=int(wait_s * 1_000), max_records=max(free, 1)
        )
        for partition, records in batch.items():
            for record in records:
                self._start(record, self._offsets.of(partition))

    def _free(self) -> int:
        return self._core.slots - len(self._judging)

    def _open(self, free: int) -> None:
        """Pause what nothing may be taken from now, and resume the rest."""
        closed = set[TopicPartition]()
        if free <= 0:
            closed = self._consumer.assignment()
        elif len(self._asleep) >= MOST_ASLEEP:
            retry_topic = self._second_tries.retry_topic
            closed = {one for one in self._consumer.assignment() if one.topic == retry_topic}
        paused = self._consumer.paused()
        self._consumer.resume(*(paused - closed))
        self._consumer.pause(*(closed - paused))

    def _start(self, record: ConsumerRecord, offsets: PartitionOffsets) -> None:
        offsets.take(record.offset)
        wait_s = self._second_tries.wait_s(record)
        if wait_s:
            sleep = asyncio.create_task(self._sleep(wait_s, record, offsets))
            self._asleep.add(sleep)
            sleep.add_done_callback(self._asleep.discard)
        else:
            self._judge_now(record, offsets)

    async def _sleep(
        self, wait_s: float, record: ConsumerRecord, offsets: PartitionOffsets
    ) -> None:
        await self._second_tries.clock.sleep(wait_s)
        self._judge_now(record, offsets)

    def _wake_nobody(self) -> None:
        """What waits for its moment here waits in the broker again."""
        for sleep in self._asleep:
            sleep.cancel()

    def _judge_now(self, record: ConsumerRecord, offsets: PartitionOffsets) -> None:
        judging = asyncio.create_task(self._judge(record, offsets))
        self._judging.add(judging)
        judging.add_done_callback(self._judging.discard)

    async def _judge(self, record: ConsumerRecord, offsets: PartitionOffsets) -> None:
        task_id = f"{record.topic}/{record.partition}/{record.offset}"
        with structlog.contextvars.bound_contextvars(task_id=task_id):
            if not await self._seen_to(record):
                return
        offsets.finish(record.offset)
        self._news.set()

    async def _seen_to(self, record: ConsumerRecord) -> bool:
        """Whether nobody needs this wake-up any more: it was followed, or is to come again."""
        try:
            await self._core.judge()
        except Exception as failure:  # noqa: BLE001 - whatever failed, the worker has to go on
            _log.exception("judging failed; the store holds the work for another try")
            return await self._put_off(record, failure)
        return True

    async def _put_off(self, record: ConsumerRecord, failure: Exception) -> bool:
        """Whether it is written down for later; not while the broker is away as the worker ends."""
        while True:
            try:
                await self._second_tries.put_off(record, failure)
            except KafkaError as away:
                _log.warning("a failed wake-up cannot be written down yet", reason=str(away))
                if self._stopping:
                    return False
                await self._second_tries.clock.sleep(AFTER_FAILURE_S)
            else:
                return True

    async def _acknowledge_what_is_done(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._acknowledge()

    async def _acknowledge_soon(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(COMMIT_S):
                await self._acknowledge()

    async def _acknowledge(self) -> None:
        reached = self._offsets.reached()
        if not reached:
            return
        try:
            await self._consumer.commit(reached)
        except KafkaError as error:  # a rebalance came between: these wake-ups come again
            _log.info("wake-ups are not acknowledged", reason=str(error))
        else:
            self._offsets.acknowledged(reached)
