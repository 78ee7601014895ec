"""Dramatiq's broker on RabbitMQ."""

import functools
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dramatiq
import pika
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.common import xq_name
from dramatiq.errors import ConnectionClosed
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from adapters.dramatiq.broker import Dead, QueueBroker
from application.ports.task_queue import QueueRefused, QueueUnavailable

_REFUSALS = (AuthenticationError, ProbableAccessDeniedError, ProbableAuthenticationError)
PATIENCE_S = 1.0
HEARTBEAT_S = 5
"""A connection that was silent twice as long is dead: a broker that hangs is left."""


class RabbitMqQueueBroker(QueueBroker):
    """Queues' names begin with the namespace; a connection belongs to the thread that made it."""

    technology = "rabbitmq"

    def __init__(self, url: str, *, namespace: str = "assay") -> None:
        super().__init__(namespace)
        self._url = url

    @contextmanager
    def answering(self) -> Iterator[None]:
        try:
            yield
        except _REFUSALS as error:
            raise QueueRefused(f"RabbitMQ: {error}") from error
        except (AMQPError, AMQPConnectorException, ConnectionClosed, OSError) as error:
            reason = str(error) or type(error).__name__
            raise QueueUnavailable(f"RabbitMQ: {reason}") from error

    def dead(self, queue: str, limit: int) -> Sequence[Dead]:
        """All are fetched and put back in their places, since RabbitMQ does not let one look."""
        with self.answering(), self._channel() as channel:
            found = [dead for _, dead in self._all_dead(channel, queue)]
        return found[::-1][:limit]  # the broker gives the oldest first

    @contextmanager
    def take_dead(self, queue: str, message_id: str) -> Iterator[Dead | None]:
        with self.answering(), self._channel() as channel:
            for tag, dead in self._all_dead(channel, queue):
                if dead.message_id == message_id:
                    yield dead
                    channel.basic_ack(tag)
                    return
        yield None

    def _all_dead(self, channel: BlockingChannel, queue: str) -> Sequence[tuple[int, Dead]]:
        """With their tags; what is not acknowledged goes back when the channel closes."""
        found: list[tuple[int, Dead]] = []
        while True:
            try:
                method, _, body = channel.basic_get(xq_name(queue))
            except ChannelClosedByBroker:
                return ()  # nobody has declared the queue yet
            if method is None:
                return found
            found.append((method.delivery_tag, dramatiq.Message.decode(body)))

    @contextmanager
    def _channel(self) -> Iterator[BlockingChannel]:
        connection = pika.BlockingConnection(self._parameters())
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def _length(self, queue: str) -> int:
        broker = self._own
        try:
            return int(broker.channel.queue_declare(queue, passive=True).method.message_count)
        except ChannelClosedByBroker:
            del broker.channel  # nobody has declared the queue yet
            return 0
        except AMQPError:
            del broker.connection  # it is dead, and the next call makes another
            raise

    def _build(self) -> dramatiq.Broker:
        return self._own

    @functools.cached_property
    def _own(self) -> RabbitmqBroker:
        # Of every connection that breaks pika tells a page on its own.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        broker = RabbitmqBroker(url=self._url, confirm_delivery=True, middleware=[])
        broker.parameters = self._parameters()
        return broker

    def _parameters(self) -> pika.URLParameters:
        parameters = pika.URLParameters(self._url)
        parameters.heartbeat = HEARTBEAT_S
        parameters.socket_timeout = PATIENCE_S
        parameters.stack_timeout = 2 * PATIENCE_S
        parameters.blocked_connection_timeout = PATIENCE_S
        parameters.connection_attempts = 1
        return parameters
