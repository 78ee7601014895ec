"""What only the queue on Kafka has: a broker that goes away, and partitions to choose from."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from adapters.kafka.dead_letters import KafkaDeadLetters
from adapters.kafka.task_queue import PATIENCE_S, KafkaTaskQueue
from application.ports.dead_letters import DeadLetter
from application.ports.task_queue import QueueUnavailable
from domain.submission import WorkClass
from tests.contracts.kafka_adapters import PARTITIONS, fresh_topic
from tests.services.kafka import kafka_url, mortal_kafka
from tests.services.process import PrivateServer, free_port

SOON_S = 10
"""A second or two, and what a busy machine adds; the client alone waits for much longer."""
CLOSED_S = 15
QueueOf = Callable[..., KafkaTaskQueue]


@pytest.fixture
def own_kafka() -> Iterator[tuple[PrivateServer, str]]:
    server, brokers = mortal_kafka()
    yield server, brokers
    server.thaw() if server.process else server.start()


@pytest.fixture
async def queue_of() -> AsyncIterator[QueueOf]:
    queues = []

    def make(brokers: str, topic: str, partitions: int = PARTITIONS) -> KafkaTaskQueue:
        queues.append(KafkaTaskQueue(brokers, topic, partitions=partitions))
        return queues[-1]

    yield make
    await asyncio.gather(*(queue.close() for queue in queues))


async def refused_after_s(queue: KafkaTaskQueue) -> float:
    began = time.monotonic()
    with pytest.raises(QueueUnavailable):
        await queue.judge_submission(WorkClass.RUN)
    return time.monotonic() - began


async def sent_at_last(queue: KafkaTaskQueue) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await queue.judge_submission(WorkClass.RUN)
            except QueueUnavailable:
                await asyncio.sleep(0.05)
            else:
                return


@asynccontextmanager
async def a_reader(brokers: str) -> AsyncIterator[AIOKafkaConsumer]:
    reader = AIOKafkaConsumer(bootstrap_servers=brokers)
    await reader.start()
    yield reader
    await reader.stop()


async def messages(brokers: str, topic: str) -> Counter[int]:
    """How many lie in each partition."""
    async with a_reader(brokers) as reader:
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        ends = await reader.end_offsets(places)
    return Counter({place.partition: end for place, end in ends.items() if end})


async def test_a_kafka_that_is_not_there_is_told_of_at_once(queue_of: QueueOf) -> None:
    queue = queue_of(f"127.0.0.1:{free_port()}", fresh_topic())
    assert await refused_after_s(queue) < SOON_S


async def test_the_topics_are_made_at_first_use(queue_of: QueueOf) -> None:
    topic = fresh_topic()
    await sent_at_last(queue_of(kafka_url(), topic))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url())
    await admin.start()
    made = await admin.describe_topics([topic, f"{topic}.retry", f"{topic}.dead"])
    await admin.close()
    partitions = {one["topic"]: len(one["partitions"]) for one in made}
    assert partitions == {topic: PARTITIONS, f"{topic}.retry": PARTITIONS, f"{topic}.dead": 1}


async def test_a_topic_that_somebody_made_is_left_as_it_is(queue_of: QueueOf) -> None:
    topic = fresh_topic()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url())
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await sent_at_last(queue_of(kafka_url(), topic))
    made = await admin.describe_topics([topic])
    await admin.close()
    assert len(made[0]["partitions"]) == 1


async def test_many_servers_at_once_make_the_topics_once(queue_of: QueueOf) -> None:
    topic = fresh_topic()
    queues = [queue_of(kafka_url(), topic) for _ in range(4)]
    await asyncio.gather(*(sent_at_last(queue) for queue in queues))
    assert (await messages(kafka_url(), topic)).total() == 4


@pytest.mark.usefixtures("patience")
async def test_a_wake_up_does_not_wait_behind_another_where_it_need_not(queue_of: QueueOf) -> None:
    topic = fresh_topic()
    queue = queue_of(kafka_url(), topic)
    await queue.prepare()
    for _ in range(PARTITIONS):
        await queue.judge_submission(WorkClass.SUBMISSION)
    assert await messages(kafka_url(), topic) == dict.fromkeys(range(PARTITIONS), 1)


@pytest.mark.usefixtures("patience")
async def test_a_server_sees_the_wake_ups_of_another(queue_of: QueueOf) -> None:
    topic = fresh_topic()
    one, another = queue_of(kafka_url(), topic), queue_of(kafka_url(), topic)
    await one.prepare()
    await another.prepare()
    for _ in range(50):
        await one.judge_submission(WorkClass.SUBMISSION)
    sent = await messages(kafka_url(), topic)
    await another.judge_submission(WorkClass.SUBMISSION)
    assert sent == await messages(kafka_url(), topic) == dict.fromkeys(range(PARTITIONS), 2)


async def test_the_broker_killed_and_restarted_has_what_was_sent_and_takes_more(
    own_kafka: tuple[PrivateServer, str], queue_of: QueueOf
) -> None:
    server, brokers = own_kafka
    topic = fresh_topic()
    queue = queue_of(brokers, topic)
    await sent_at_last(queue)
    server.kill()
    assert await refused_after_s(queue) < SOON_S
    server.start()
    assert (await messages(brokers, topic)).total() >= 1
    await sent_at_last(queue)
    assert (await messages(brokers, topic)).total() >= 2


async def test_a_broker_that_stands_still_holds_up_one_caller_only(
    own_kafka: tuple[PrivateServer, str], queue_of: QueueOf
) -> None:
    server, brokers = own_kafka
    queue = queue_of(brokers, fresh_topic())
    await sent_at_last(queue)
    server.freeze()
    first, second = await refused_after_s(queue), await refused_after_s(queue)
    server.thaw()
    assert (first < SOON_S, second < PATIENCE_S) == (True, True)  # only the first waited
    await sent_at_last(queue)


async def test_dead_letters_of_a_broker_that_stands_still_are_unavailable_soon(
    own_kafka: tuple[PrivateServer, str],
) -> None:
    server, brokers = own_kafka
    letters = KafkaDeadLetters(brokers, fresh_topic(), partitions=PARTITIONS)
    assert await _read_at_last(letters) == []
    server.freeze()
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(QueueUnavailable):
            await letters.newest(10)
        assert time.monotonic() - began < SOON_S
    server.thaw()
    assert await _read_at_last(letters) == []
    await letters.close()


async def _read_at_last(letters: KafkaDeadLetters) -> list[DeadLetter]:
    async with asyncio.timeout(60):
        while True:
            try:
                return list(await letters.newest(10))
            except QueueUnavailable:
                await asyncio.sleep(0.05)


async def test_a_broker_that_stood_still_from_the_start_is_found_when_it_goes_on(
    own_kafka: tuple[PrivateServer, str], queue_of: QueueOf
) -> None:
    server, brokers = own_kafka
    queue = queue_of(brokers, fresh_topic())
    server.freeze()
    assert await refused_after_s(queue) < SOON_S
    server.thaw()
    await sent_at_last(queue)


async def test_closing_does_not_wait_for_a_broker_that_is_gone(
    own_kafka: tuple[PrivateServer, str], queue_of: QueueOf
) -> None:
    server, brokers = own_kafka
    queue = queue_of(brokers, fresh_topic())
    await sent_at_last(queue)
    server.kill()
    await refused_after_s(queue)
    async with asyncio.timeout(CLOSED_S):
        await queue.close()
