"""The start waits for services, half a minute, and says which does not come."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from dependency_injector.providers import Object

from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.judge0.judge import Judge0Judge
from adapters.memory.clock import ManualClock
from adapters.memory.storage import MemoryStorage
from application.ports.judge import JudgeUnavailable
from application.ports.storage import StoreRefused, StoreUnavailable
from config.container import Container, close
from config.settings import load_settings
from config.start import PATIENCE, open_judge, open_services, open_stores


class LateStorage(MemoryStorage):
    """Answers after it was asked so often; `asked` counts."""

    def __init__(self, trouble: Exception, times: int) -> None:
        super().__init__()
        self.trouble = trouble
        self.times = times
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        if self.asked <= self.times:
            raise self.trouble


def _container(storage: LateStorage, clock: ManualClock) -> Container:
    settings = load_settings(environment={"ASSAY_HOME": ":memory:"}, dotenv=None)
    container = Container(settings=settings)
    container.storage.override(Object(storage))
    container.clock.override(Object(clock))
    return container


async def _pass(clock: ManualClock, seconds: int) -> None:
    for _ in range(2 * seconds):
        await asyncio.sleep(0)
        clock.advance(timedelta(seconds=0.5))


async def test_a_store_that_comes_late_is_waited_for(clock: ManualClock) -> None:
    storage = LateStorage(StoreUnavailable("MySQL"), times=20)
    container = _container(storage, clock)

    opening = asyncio.create_task(open_services(container))
    await _pass(clock, 15)
    await opening

    assert storage.asked == 21
    await close(container)


async def test_a_store_that_does_not_come_stops_the_start_by_name(clock: ManualClock) -> None:
    container = _container(LateStorage(StoreUnavailable("MySQL"), times=1_000), clock)

    opening = asyncio.create_task(open_stores(container))
    await _pass(clock, int(PATIENCE.total_seconds()) + 1)

    with pytest.raises(StoreUnavailable, match="MySQL"):
        await opening
    await close(container)


async def test_a_store_that_refuses_us_is_not_waited_for(clock: ManualClock) -> None:
    storage = LateStorage(StoreRefused("MySQL", "the password is wrong"), times=1_000)
    container = _container(storage, clock)

    with pytest.raises(StoreRefused, match="the password is wrong"):
        await open_stores(container)

    assert storage.asked == 1
    await close(container)


class AwayJudge0(Judge0Judge):
    """Nobody answers at its address, and nobody waits for it here."""

    async def start(self) -> None:
        raise JudgeUnavailable("Judge0 is away")


def _with_judge0(clock: ManualClock, queue: str | None) -> Container:
    """A process whose queue is at that address, everything else in memory."""
    container = _container(LateStorage(StoreUnavailable("MySQL"), times=0), clock)
    settings = container.settings()
    remote = replace(
        settings.services, judge0_url="http://judge0.example", rabbitmq_url=queue, mysql_uri=None
    )
    container = Container(settings=replace(settings, services=remote))
    container.clock.override(Object(clock))
    container.queue.override(Object(InProcessTaskQueue(slots=1)))
    container.judge.override(Object(AwayJudge0("http://judge0.example", None, clock)))
    return container


async def test_a_server_that_leaves_judging_to_workers_starts_without_judge0(
    clock: ManualClock,
) -> None:
    container = _with_judge0(clock, "amqp://rabbit.example/")

    await open_services(container)

    with pytest.raises(JudgeUnavailable):
        await open_judge(container)
    await close(container)


async def test_a_server_that_judges_by_itself_does_not_start_without_judge0(
    clock: ManualClock,
) -> None:
    container = _with_judge0(clock, None)

    with pytest.raises(JudgeUnavailable):
        await open_services(container)

    await close(container)
