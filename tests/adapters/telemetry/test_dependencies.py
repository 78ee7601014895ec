"""Every adapter that calls something outside tells how the calls went."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from adapters.dramatiq.rabbitmq_broker import RabbitMqQueueBroker
from adapters.dramatiq.redis_broker import RedisQueueBroker
from adapters.dramatiq.task_queue import DramatiqTaskQueue
from adapters.judge0.http import PatientHttp, Request
from adapters.kafka.task_queue import KafkaTaskQueue
from adapters.memory.telemetry import MemoryTelemetry
from adapters.mongo.submissions import MongoSubmissionRepository
from adapters.redis.connection import RedisAway, RedisConnection
from adapters.s3.blob_store import S3BlobStore
from adapters.s3.client import S3Options
from adapters.sql.engine import Clash
from adapters.sql.mysql import MysqlEngine
from adapters.sql.sqlite import SqliteEngine
from adapters.system.clock import SystemClock
from application.ports.judge import JudgeUnavailable
from application.ports.storage import StoreUnavailable
from application.ports.task_queue import QueueUnavailable
from domain.ids import BlobKey, SubmissionId
from domain.submission import WorkClass
from tests.adapters.judge0.judging import echo
from tests.services.judge0 import Judge0StandIn
from tests.services.moody import Reply
from tests.services.process import free_port

Calling = Callable[[str, MemoryTelemetry], Awaitable[None]]


async def mysql(where: str, telemetry: MemoryTelemetry) -> None:
    engine = MysqlEngine(f"mysql://u:p@{where}/assay", telemetry)
    try:
        await engine.read(_one)
    finally:
        await engine.close()


async def mongodb(where: str, telemetry: MemoryTelemetry) -> None:
    submissions = MongoSubmissionRepository(f"mongodb://{where}/", telemetry)
    try:
        await submissions.get(SubmissionId("s1"))
    finally:
        await submissions.close()


async def s3(where: str, telemetry: MemoryTelemetry) -> None:
    options = S3Options(
        bucket="b",
        access_key="a",
        secret_key="s",  # noqa: S106 - of nobody
        region="us-east-1",
        endpoint_url=f"http://{where}",
    )
    blobs = S3BlobStore(options, SystemClock(), telemetry)
    try:
        async for _ in blobs.get(BlobKey("0" * 64)):
            pass
    finally:
        await blobs.close()


async def redis(where: str, telemetry: MemoryTelemetry) -> None:
    connection = RedisConnection(f"redis://{where}/0", telemetry=telemetry)
    try:
        await connection.check()
    finally:
        await connection.close()


async def redis_queue(where: str, telemetry: MemoryTelemetry) -> None:
    await _send(DramatiqTaskQueue(RedisQueueBroker(f"redis://{where}/0"), telemetry=telemetry))


async def rabbitmq(where: str, telemetry: MemoryTelemetry) -> None:
    await _send(DramatiqTaskQueue(RabbitMqQueueBroker(f"amqp://{where}/"), telemetry=telemetry))


async def kafka(where: str, telemetry: MemoryTelemetry) -> None:
    await _send(KafkaTaskQueue(where, "assay", telemetry=telemetry))


async def judge0(where: str, telemetry: MemoryTelemetry) -> None:
    http = PatientHttp(
        f"http://{where}", None, SystemClock(), request_s=1, answer_s=2, telemetry=telemetry
    )
    request = Request(method="GET", path="languages", name="GET /languages", query={})
    try:
        await http.ask(request, list[object], patience_s=0)
    finally:
        await http.close()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (mysql, "mysql read"),
        (mongodb, "mongodb get"),
        (s3, "s3 "),
        (redis, "redis size"),
        (redis_queue, "redis send"),
        (rabbitmq, "rabbitmq send"),
        (kafka, "kafka send"),
        (judge0, "judge0 GET /languages"),
    ],
)
async def test_a_dependency_that_is_away_is_told_by_its_name(call: Calling, told: str) -> None:
    telemetry = MemoryTelemetry()

    with pytest.raises((StoreUnavailable, QueueUnavailable, JudgeUnavailable, RedisAway)):
        await call(f"127.0.0.1:{free_port()}", telemetry)

    assert telemetry.told
    assert all(line.startswith(told) for line in telemetry.told)
    assert telemetry.told[-1].partition(": ")[2] in {"unavailable", "timeout"}


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_judge0_that_cannot_take_requests_has_failed(status: int) -> None:
    telemetry = MemoryTelemetry()

    async with Judge0StandIn(echo).serving() as server:
        server.instead.append(("GET /languages", Reply(status=status)))
        with pytest.raises(JudgeUnavailable):
            await judge0(server.url.removeprefix("http://"), telemetry)

    assert telemetry.told == ["judge0 GET /languages: unavailable"]


async def test_the_embedded_database_tells_too(tmp_path: Path) -> None:
    telemetry = MemoryTelemetry()
    engine = SqliteEngine(tmp_path / "assay.db", telemetry=telemetry)

    await engine.read(_one)
    await engine.write(_one)
    async with engine.reading() as transaction:
        await transaction.run(_one)
    with pytest.raises(Clash):
        await engine.write(_clash)
    await engine.close()

    assert telemetry.told == [
        "sqlite read", "sqlite write", "sqlite reading", "sqlite write: Clash"
    ]  # fmt: skip


async def _send(queue: DramatiqTaskQueue | KafkaTaskQueue) -> None:
    try:
        await queue.judge_submission(WorkClass.RUN)
    finally:
        await queue.close()


def _one(connection: Connection) -> int:
    found: int = connection.execute(text("SELECT 1")).scalar_one()
    return found


def _clash(_: Connection) -> None:
    raise Clash
