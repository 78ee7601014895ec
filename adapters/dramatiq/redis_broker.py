"""Dramatiq's broker on Redis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import NoBackoff
from redis.retry import Retry

from adapters.dramatiq.broker import Dead, QueueBroker
from application.ports.task_queue import QueueRefused, QueueUnavailable

PATIENCE_S = 1.0
HEARTBEAT_TIMEOUT_MS = 5_000
"""A worker that was silent for so long is dead, and others get what it had taken."""
MAINTENANCE_CHANCE = 50_000
"""Of a million commands on a queue, how many look for dead workers. An idle worker sends some ten
a second: by default, with a thousandth, a dead one's wake-ups would stay for hours."""


class RedisQueueBroker(QueueBroker):
    """Keys begin with the namespace, so that several deployments may share a Redis."""

    technology = "redis"

    def __init__(self, url: str, *, namespace: str = "assay") -> None:
        super().__init__(namespace)
        self._url = url
        self._namespace = namespace
        self._client: redis.Redis | None = None

    @contextmanager
    def answering(self) -> Iterator[None]:
        try:
            yield
        except (redis.AuthenticationError, redis.exceptions.AuthorizationError) as error:
            raise QueueRefused(f"Redis: {error}") from error
        except (redis.RedisError, OSError) as error:
            raise QueueUnavailable(f"Redis: {error}") from error

    def dead(self, queue: str, limit: int) -> Sequence[Dead]:
        with self.answering():
            newest = self._redis.zrevrange(self._dead_key(queue), 0, limit - 1)
            return [dead for _, dead in self._read(queue, newest)]

    @contextmanager
    def take_dead(self, queue: str, message_id: str) -> Iterator[Dead | None]:
        with self.answering():
            everyone = self._redis.zrange(self._dead_key(queue), 0, -1)
            for key, dead in self._read(queue, everyone):
                if dead.message_id == message_id:
                    yield dead
                    self._redis.zrem(self._dead_key(queue), key)
                    self._redis.hdel(f"{self._dead_key(queue)}.msgs", key)
                    return
        yield None

    def close(self) -> None:
        super().close()
        if self._client is not None:
            self._client.close()
            self._client.connection_pool.disconnect()

    def _read(self, queue: str, keys: Any) -> Iterator[tuple[str, Dead]]:
        for key in keys:
            data = self._redis.hget(f"{self._dead_key(queue)}.msgs", key)
            if data is not None:  # forgotten meanwhile
                yield key, dramatiq.Message.decode(cast("bytes", data))

    def _dead_key(self, queue: str) -> str:
        return f"{self._namespace}:{queue}.XQ"

    def _length(self, queue: str) -> int:
        return self._redis.llen(f"{self._namespace}:{queue}")

    def _build(self) -> dramatiq.Broker:
        # Dramatiq leaves its constructor untyped.
        return RedisBroker(  # type: ignore[no-untyped-call]
            client=self._redis,
            middleware=[],
            namespace=self._namespace,
            heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
            maintenance_chance=MAINTENANCE_CHANCE,
        )

    @property
    def _redis(self) -> redis.Redis:
        if self._client is None:
            pool = redis.ConnectionPool.from_url(
                self._url,
                socket_timeout=PATIENCE_S,
                socket_connect_timeout=PATIENCE_S,
                protocol=2,
                driver_info=None,
                retry=Retry(NoBackoff(), 1),  # a connection that died while it was idle
            )
            self._client = _Client(connection_pool=pool)
        return self._client


class _Client(redis.Redis):
    """Dramatiq knows of connections that are closed, and not of answers that do not come."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:  # redis leaves this method untyped
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except redis.TimeoutError as error:
            raise redis.ConnectionError(str(error)) from error
