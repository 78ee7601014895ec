"""The services that the environment names: their addresses, checked, and what goes with what."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from config.bad_setting import BadSetting
from config.parsing import optional, url

_BROKER = re.compile(r"(?:kafka://)?(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,200}")


class QueueKind(StrEnum):
    """What carries wake-ups to the workers."""

    IN_PROCESS = "in_process"
    REDIS = "redis"
    RABBITMQ = "rabbitmq"
    KAFKA = "kafka"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """A bucket; without keys those of the machine's role are used."""

    bucket: str
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)
    region: str
    endpoint_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Each service's address, or None where the embedded adapter serves."""

    mysql_uri: str | None = field(repr=False)
    mongo_uri: str | None = field(repr=False)
    s3: S3Settings | None
    redis_url: str | None = field(repr=False)
    rabbitmq_url: str | None = field(repr=False)
    kafka_brokers: str | None
    """`host:port`, several comma separated."""
    kafka_topic: str
    judge0_url: str | None
    judge0_api_key: str | None = field(repr=False)
    otlp_endpoint: str | None

    @property
    def queue(self) -> QueueKind:
        """Kafka before RabbitMQ before Redis (decision 34)."""
        if self.kafka_brokers:
            return QueueKind.KAFKA
        if self.rabbitmq_url:
            return QueueKind.RABBITMQ
        return QueueKind.REDIS if self.redis_url else QueueKind.IN_PROCESS

    @property
    def any_remote(self) -> bool:
        """Whether this is a production set (decision 27)."""
        stores = (self.mysql_uri, self.mongo_uri, self.s3, self.judge0_url)
        return any(stores) or self.queue is not QueueKind.IN_PROCESS

    @property
    def kept_at_home(self) -> tuple[str, ...]:
        """What the home folder holds, each named by the setting that would move it."""
        local = {
            "MYSQL_URI": self.mysql_uri is None,
            "MONGO_URI": self.mongo_uri is None and self.mysql_uri is None,
            "AWS_BUCKET_NAME": self.s3 is None,
        }
        return tuple(name for name, at_home in local.items() if at_home)


def services(chosen: Mapping[str, str], *, shared_home: bool) -> Services:
    """The services of the environment.

    Raises:
        BadSetting: an address is malformed (its text is not repeated: it may hold a password), or
            workers elsewhere could not reach what the home folder holds.
    """
    found = Services(
        mysql_uri=optional(chosen, "MYSQL_URI", _mysql),
        mongo_uri=optional(chosen, "MONGO_URI", _mongo),
        s3=_s3(chosen),
        redis_url=optional(chosen, "REDIS_URL", _redis),
        rabbitmq_url=optional(chosen, "RABBITMQ_URL", _amqp),
        kafka_brokers=optional(chosen, "KAFKA_BROKER_URL", _brokers),
        kafka_topic=_topic("KAFKA_TOPIC", chosen["KAFKA_TOPIC"]),
        judge0_url=optional(chosen, "JUDGE0_URL", url),
        judge0_api_key=chosen["JUDGE0_API_KEY"] or None,
        otlp_endpoint=optional(chosen, "OTEL_EXPORTER_OTLP_ENDPOINT", url),
    )
    remote_queue = found.queue is not QueueKind.IN_PROCESS
    if remote_queue and found.kept_at_home and not shared_home:
        problem = (
            "has to be set too where the queue is remote, as workers elsewhere see no other "
            "machine's ASSAY_HOME; ASSAY_SHARED_HOME=on says that they do"
        )
        raise BadSetting(found.kept_at_home[0], problem)
    return found


def _mysql(name: str, text: str) -> str:
    parts = _parts(name, text, {"mysql"}, "mysql://user:password@host/database")
    if not parts.path.strip("/"):
        raise BadSetting(name, "must name a database: mysql://user:password@host/database")
    return text


def _mongo(name: str, text: str) -> str:
    schemes = {"mongodb", "mongodb+srv"}
    if text.partition("://")[0] not in schemes or not text.partition("://")[2].strip("/"):
        raise BadSetting(name, "must be like mongodb://host:27017/")
    return text  # several hosts are no URL: its driver reads the rest


def _redis(name: str, text: str) -> str:
    _parts(name, text, {"redis", "rediss"}, "redis://host:6379/0")
    return text


def _amqp(name: str, text: str) -> str:
    _parts(name, text, {"amqp", "amqps"}, "amqp://user:password@host:5672/")
    return text


def _brokers(name: str, text: str) -> str:
    brokers = [_BROKER.fullmatch(part.strip()) for part in text.split(",")]
    if None in brokers:
        raise BadSetting(name, "must be host:port, several comma separated")
    return ",".join(f"{match[1]}:{match[2]}" for match in brokers if match is not None)


def _topic(name: str, text: str) -> str:
    if not _TOPIC.fullmatch(text):
        raise BadSetting(name, "must be letters, digits, dots, dashes and underscores")
    return text


def _s3(chosen: Mapping[str, str]) -> S3Settings | None:
    bucket = chosen["AWS_BUCKET_NAME"]
    if not bucket:
        return None
    if bool(chosen["AWS_ACCESS_KEY"]) != bool(chosen["AWS_SECRET_KEY"]):
        raise BadSetting("AWS_ACCESS_KEY", "and AWS_SECRET_KEY go only together")
    return S3Settings(
        bucket=bucket,
        access_key=chosen["AWS_ACCESS_KEY"] or None,
        secret_key=chosen["AWS_SECRET_KEY"] or None,
        region=chosen["AWS_REGION"],
        endpoint_url=optional(chosen, "AWS_ENDPOINT_URL", url),
    )


def _parts(name: str, text: str, schemes: set[str], example: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        fits = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise BadSetting(name, f"must be like {example}")
    return parts
