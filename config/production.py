"""Adapters whose drivers are an extra: each is imported when it is chosen, not before.

So the embedded platform starts without them, in less time and memory.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from adapters.sql.engine import SqlEngine
from application.ports.blob_store import BlobStore
from application.ports.clock import Clock
from application.ports.dead_letters import DeadLetters
from application.ports.ids import Ids
from application.ports.judge import JudgePort
from application.ports.progress import ProgressStream
from application.ports.rate_limiter import RateLimiter
from application.ports.submissions import SubmissionRepository
from application.ports.task_queue import TaskQueue
from application.ports.telemetry import Telemetry
from application.ports.totals import TotalsRepository
from config import choices
from config.bad_setting import BadSetting
from config.services import S3Settings, Services
from config.settings import Settings

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _needs_extra(setting: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Say in one line what to install when the driver is not there."""

    def around(build: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(build)
        def built(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            try:
                return build(*args, **kwargs)
            except ModuleNotFoundError as error:
                problem = f"needs {error.name}: install assay[production]"
                raise BadSetting(setting, problem) from None

        return built

    return around


@_needs_extra("MYSQL_URI")
def mysql_engine(uri: str, telemetry: Telemetry) -> SqlEngine:
    from adapters.sql.mysql import MysqlEngine

    try:
        return MysqlEngine(uri, telemetry)
    except ValueError as error:  # whose text does not repeat the address
        raise BadSetting("MYSQL_URI", str(error)) from None


@_needs_extra("MONGO_URI")
def mongo_submissions(uri: str, telemetry: Telemetry) -> SubmissionRepository:
    from adapters.mongo.submissions import MongoSubmissionRepository

    return MongoSubmissionRepository(uri, telemetry)


@_needs_extra("MONGO_URI")
def mongo_totals(uri: str, telemetry: Telemetry) -> TotalsRepository:
    from adapters.mongo.totals import MongoTotals

    return MongoTotals(uri, telemetry)


@_needs_extra("AWS_BUCKET_NAME")
def s3_blobs(settings: S3Settings, clock: Clock, telemetry: Telemetry) -> BlobStore:
    from adapters.s3.blob_store import S3BlobStore
    from adapters.s3.client import S3Options

    options = S3Options(
        bucket=settings.bucket,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        region=settings.region,
        endpoint_url=settings.endpoint_url,
    )
    return S3BlobStore(options, clock, telemetry)


@_needs_extra("REDIS_URL")
def redis_progress(url: str, telemetry: Telemetry) -> ProgressStream:
    from adapters.redis.connection import RedisConnection
    from adapters.redis.progress import RedisProgressStream

    return RedisProgressStream(RedisConnection(url, telemetry=telemetry))


@_needs_extra("REDIS_URL")
def redis_rate_limiter(url: str, clock: Clock, telemetry: Telemetry) -> RateLimiter:
    from adapters.redis.connection import RedisConnection
    from adapters.redis.rate_limiter import RedisRateLimiter

    return RedisRateLimiter(RedisConnection(url, telemetry=telemetry), clock)


@_needs_extra("REDIS_URL")
def redis_queue(url: str, telemetry: Telemetry) -> TaskQueue:
    from adapters.dramatiq.redis_broker import RedisQueueBroker
    from adapters.dramatiq.task_queue import DramatiqTaskQueue

    return DramatiqTaskQueue(RedisQueueBroker(url), telemetry=telemetry)


@_needs_extra("RABBITMQ_URL")
def rabbitmq_queue(url: str, telemetry: Telemetry) -> TaskQueue:
    from adapters.dramatiq.rabbitmq_broker import RabbitMqQueueBroker
    from adapters.dramatiq.task_queue import DramatiqTaskQueue

    return DramatiqTaskQueue(RabbitMqQueueBroker(url), telemetry=telemetry)


@_needs_extra("KAFKA_BROKER_URL")
def kafka_queue(services: Services, telemetry: Telemetry) -> TaskQueue:
    from adapters.kafka.task_queue import KafkaTaskQueue

    brokers, topic = services.kafka_brokers or "", services.kafka_topic
    return KafkaTaskQueue(brokers, topic, telemetry=telemetry)


def judge0_judge(settings: Settings, clock: Clock, ids: Ids, telemetry: Telemetry) -> JudgePort:
    from adapters.judge0.judge import Callbacks, Judge0Judge

    url = f"{settings.public_url}/judge0/callbacks"
    is_called = choices.callbacks(settings) == "judge0"

    return Judge0Judge(
        settings.services.judge0_url or "",
        settings.services.judge0_api_key,
        clock,
        slots=settings.judge_slots,
        callbacks=Callbacks(url=url, ids=ids) if is_called else None,
        telemetry=telemetry,
    )


@_needs_extra("REDIS_URL")
def redis_dead_letters(url: str) -> DeadLetters:
    from adapters.dramatiq.dead_letters import DramatiqDeadLetters
    from adapters.dramatiq.redis_broker import RedisQueueBroker

    return DramatiqDeadLetters(RedisQueueBroker(url))


@_needs_extra("RABBITMQ_URL")
def rabbitmq_dead_letters(url: str) -> DeadLetters:
    from adapters.dramatiq.dead_letters import DramatiqDeadLetters
    from adapters.dramatiq.rabbitmq_broker import RabbitMqQueueBroker

    return DramatiqDeadLetters(RabbitMqQueueBroker(url))


@_needs_extra("KAFKA_BROKER_URL")
def kafka_dead_letters(services: Services) -> DeadLetters:
    from adapters.kafka.dead_letters import KafkaDeadLetters

    return KafkaDeadLetters(services.kafka_brokers or "", services.kafka_topic)


@_needs_extra("OTEL_EXPORTER_OTLP_ENDPOINT")
def traces(endpoint: str) -> Telemetry:
    from adapters.telemetry.opentelemetry import OpenTelemetry
    from adapters.telemetry.tracing import Tracing, to_collector

    return OpenTelemetry(Tracing(to_collector(endpoint)))
