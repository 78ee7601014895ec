"""A worker that Kafka wakes: what it acknowledges when, and what happens when anything goes."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from adapters.kafka.dead_letters import KafkaDeadLetters
from adapters.memory.clock import ManualClock
from domain.submission import WorkClass
from entrypoints.worker.core import RETRY_AFTER_S
from entrypoints.worker.kafka import LEAVE_S
from entrypoints.worker.kafka_member import COMMIT_S
from tests.contracts.kafka_adapters import fresh_topic
from tests.entrypoints.worker.kafka_house import (
    PATIENCE_S,
    SESSION_S,
    Desk,
    House,
    until,
    until_acknowledged,
    until_members,
)
from tests.services.kafka import kafka_url, mortal_kafka
from tests.services.process import PrivateServer


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House(kafka_url(), fresh_topic())
    yield house
    await house.close()


@pytest.fixture
def own_kafka() -> Iterator[tuple[PrivateServer, str]]:
    server, brokers = mortal_kafka()
    yield server, brokers
    server.thaw() if server.process else server.start()


@pytest.fixture
def server(own_kafka: tuple[PrivateServer, str]) -> PrivateServer:
    return own_kafka[0]


@pytest.fixture
async def own_house(own_kafka: tuple[PrivateServer, str]) -> AsyncIterator[House]:
    house = House(own_kafka[1], fresh_topic())
    yield house
    await house.close()


async def test_a_wake_up_is_acknowledged_after_the_work(house: House) -> None:
    desk = Desk()
    house.worker(desk)
    await house.wake()
    await until(lambda: desk.judging == 1)
    assert await house.unacknowledged() == 1
    desk.go.set()
    await until_acknowledged(house)
    assert desk.begun == 1
    assert re.fullmatch(rf"{house.topic}/\d/0", desk.bound["task_id"])


async def test_no_more_than_the_slots_judge_at_once(house: House) -> None:
    desk = Desk(slots=3)
    house.worker(desk)
    for _ in range(4):
        await house.wake()
    await until(lambda: desk.judging == 3)
    desk.go.set()
    await until_acknowledged(house)
    assert (desk.begun, desk.most) == (4, 3)


async def test_a_long_judgement_is_no_dead_worker(house: House) -> None:
    idle_s = 1.5
    busy, idle = Desk(), Desk()
    idle.go.set()
    house.worker(busy, session_s=30, idle_s=idle_s)
    await house.wake()
    await until(lambda: busy.judging == 1)
    house.worker(idle, session_s=30, idle_s=idle_s)
    await until_members(house, 2)
    long_enough = time.monotonic() + 2 * idle_s
    while time.monotonic() < long_enough:
        assert await house.members() == 2


async def test_a_wake_up_finds_the_idle_worker(house: House) -> None:
    one, another = Desk(), Desk()
    house.worker(one)
    house.worker(another)
    await until_members(house, 2)
    await house.wake()
    await house.wake()
    await until(lambda: one.judging == another.judging == 1)


async def test_a_worker_that_joins_takes_its_share_while_the_other_judges(house: House) -> None:
    busy, joining = Desk(), Desk()
    house.worker(busy)
    await house.wake()
    await until(lambda: busy.judging == 1)
    joining.go.set()
    house.worker(joining)
    await until_members(house, 2)
    await house.wake()
    await until(lambda: joining.begun > 0)
    busy.go.set()
    await until_acknowledged(house)
    assert busy.judging == 0


async def test_a_worker_that_is_told_to_stop_ends_its_work_acknowledges_and_leaves(
    house: House,
) -> None:
    leaving, staying = Desk(), Desk()
    worker = house.worker(leaving, session_s=30).task
    await house.wake()
    await until(lambda: leaving.judging == 1)
    worker.cancel()
    done, _ = await asyncio.wait({worker}, timeout=0.3)
    assert (done, leaving.judging) == (set(), 1)
    leaving.go.set()
    await asyncio.wait({worker})
    await until_acknowledged(house)
    house.worker(staying)
    await until_members(house, 1)
    assert staying.begun == 0


async def test_a_wake_up_of_a_killed_worker_wakes_another(house: House) -> None:
    await house.wake()
    doomed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.entrypoints.worker.kafka_doomed"),
        *(house.brokers, house.topic),
        stdout=asyncio.subprocess.PIPE,
    )
    assert doomed.stdout is not None
    assert await doomed.stdout.readline() == b"judging\n"
    doomed.kill()
    await doomed.wait()
    heir = Desk()
    heir.go.set()
    began = time.monotonic()
    house.worker(heir)
    await until(lambda: heir.begun == 1)
    assert time.monotonic() - began < 10 * SESSION_S
    await until_acknowledged(house)


async def test_what_fails_is_tried_again_later_and_then_a_dead_letter(house: House) -> None:
    clock, desk = ManualClock(), Desk()
    desk.failure = RuntimeError("the judge fell over")
    desk.go.set()
    letters = KafkaDeadLetters(house.brokers, house.topic)
    began = clock.now()
    house.worker(desk, clock=clock)
    await house.wake()
    async with asyncio.timeout(PATIENCE_S):
        while not (dead := await letters.newest(10)):
            clock.advance(timedelta(seconds=1))
    await until_acknowledged(house, house.topic, f"{house.topic}.retry")
    await letters.close()
    (letter,) = dead
    assert desk.begun == letter.attempts == 1 + len(RETRY_AFTER_S)
    assert (letter.work_class, letter.reason) == (
        WorkClass.SUBMISSION,
        "RuntimeError: the judge fell over",
    )
    assert round((letter.failed_at - began).total_seconds()) >= sum(RETRY_AFTER_S)


async def test_a_retry_waits_on_when_its_worker_ends(house: House) -> None:
    clock, desk, heir = ManualClock(), Desk(), Desk()
    desk.failure = RuntimeError("once")
    desk.go.set()
    worker = house.worker(desk, clock=clock).task
    await house.wake()
    await until_acknowledged(house)
    worker.cancel()
    await asyncio.wait({worker})
    house.worker(heir, clock=clock)
    await until_members(house, 1)
    assert (heir.begun, await house.unacknowledged(f"{house.topic}.retry")) == (0, 1)
    heir.go.set()
    async with asyncio.timeout(PATIENCE_S):
        while heir.begun == 0:
            clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0.05)
    await until_acknowledged(house, f"{house.topic}.retry")
    assert desk.begun == heir.begun == 1


async def test_a_worker_may_be_there_before_the_broker(
    server: PrivateServer, own_house: House
) -> None:
    desk = Desk()
    desk.go.set()
    server.kill()
    worker = own_house.worker(desk).task
    await asyncio.sleep(0)
    server.start()
    await own_house.wake()
    await until(lambda: desk.begun == 1)
    assert not worker.done()


async def test_the_broker_killed_while_a_worker_judges_is_told_when_it_is_back(
    server: PrivateServer, own_house: House
) -> None:
    desk = Desk()
    own_house.worker(desk)
    await own_house.wake()
    await until(lambda: desk.judging == 1)
    server.kill()
    desk.go.set()
    await until(lambda: desk.judging == 0)
    server.start()
    await until_acknowledged(own_house)
    before = desk.begun
    await own_house.wake()
    await until(lambda: desk.begun > before)


async def test_a_broker_that_does_not_answer_does_not_hold_up_a_stop(
    server: PrivateServer, own_house: House
) -> None:
    desk = Desk()
    worker = own_house.worker(desk).task
    await own_house.wake()
    await until(lambda: desk.judging == 1)
    server.freeze()
    worker.cancel()
    desk.go.set()
    done, _ = await asyncio.wait({worker}, timeout=COMMIT_S + LEAVE_S + 15)
    server.thaw()
    assert done == {worker}


async def test_a_broker_that_stood_still_longer_than_a_session_goes_on_waking(
    server: PrivateServer, own_house: House
) -> None:
    desk = Desk()
    desk.go.set()
    own_house.worker(desk)
    await own_house.wake()
    await until(lambda: desk.begun == 1)
    server.freeze()
    await asyncio.sleep(SESSION_S * 1.5)
    server.thaw()
    await own_house.wake()
    await until(lambda: desk.begun > 1)
