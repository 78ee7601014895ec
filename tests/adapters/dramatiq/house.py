"""A broker that things happen to, and both ends of a queue on it."""

import functools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.dramatiq.broker import QueueBroker
from adapters.dramatiq.rabbitmq_broker import RabbitMqQueueBroker
from adapters.dramatiq.redis_broker import RedisQueueBroker
from adapters.dramatiq.task_queue import DramatiqTaskQueue
from tests.services.process import PrivateServer, kept_up, private_folder
from tests.services.rabbitmq import rabbitmq_server
from tests.services.redis import redis_server


@dataclass(frozen=True, kw_only=True)
class House:
    """The tests of a process share its brokers: RabbitMQ takes its time to start."""

    server: PrivateServer
    url: str
    kind: Callable[..., QueueBroker]
    namespace: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}")

    def broker(self) -> QueueBroker:
        return self.kind(self.url, namespace=self.namespace)

    def queue(self) -> DramatiqTaskQueue:
        return DramatiqTaskQueue(self.broker())

    def mend(self) -> None:
        """Have it there again, whatever was done to it."""
        if self.server.process is None:
            self.server.start()
        self.server.thaw()


@functools.cache
def _redis() -> tuple[PrivateServer, str]:
    server, url = redis_server(private_folder("own-redis"))
    return kept_up(server), url


@functools.cache
def _rabbitmq() -> tuple[PrivateServer, str]:
    server, url = rabbitmq_server(private_folder("own-rabbitmq"))
    return kept_up(server), url


def on_redis() -> House:
    server, url = _redis()
    return House(server=server, url=url, kind=RedisQueueBroker)


def on_rabbitmq() -> House:
    server, url = _rabbitmq()
    return House(server=server, url=url, kind=RabbitMqQueueBroker)


BROKERS: Mapping[str, Callable[[], House]] = {"redis": on_redis, "rabbitmq": on_rabbitmq}
