"""A Redis that things happen to, and what is asked of it."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.memory.clock import ManualClock
from adapters.redis.connection import RedisConnection
from adapters.redis.progress import RedisProgressStream
from adapters.redis.rate_limiter import RedisRateLimiter
from application.ports.progress import EventId, ProgressEvent, TestFinished
from domain.judgement import JudgedTest, Verdict
from tests.services.process import PrivateServer


@dataclass(frozen=True, kw_only=True)
class House:
    server: PrivateServer
    url: str

    def connection(self) -> RedisConnection:
        return RedisConnection(self.url)

    def limiter(self) -> RedisRateLimiter:
        return RedisRateLimiter(self.connection(), ManualClock())

    def stream(self) -> RedisProgressStream:
        return RedisProgressStream(self.connection())

    def restart_without_data(self) -> None:
        self.server.kill()
        shutil.rmtree(self.server.folder / "appendonlydir")
        self.server.start()

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Stopped: connections are accepted by the kernel, and nothing is ever answered."""
        assert self.server.process is not None
        os.kill(self.server.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.server.process.pid, signal.SIGCONT)


def event(sequence: int, output: str = "") -> ProgressEvent:
    test = JudgedTest(ordinal=sequence, verdict=Verdict.ACCEPTED, output=output)
    event_id = EventId(judgement=1, attempt=1, sequence=sequence)
    return ProgressEvent(id=event_id, what=TestFinished(test=test))
