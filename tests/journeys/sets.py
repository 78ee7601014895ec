"""What the platform runs on: one set of production services each, for servers and workers."""

import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.journeys import server
from tests.journeys.server import Server
from tests.services.kafka import kafka_url
from tests.services.mongo import mongo_url
from tests.services.mysql import new_database
from tests.services.process import PrivateServer, answers, free_port, kept_up, private_folder
from tests.services.rabbitmq import rabbitmq_url
from tests.services.redis import redis_url
from tests.services.s3 import new_bucket, s3

SECRET_KEY = "of nobody, and long enough for anybody"  # noqa: S105 - of tests
JUDGES = re.compile(r"Assay judges")

Environment = dict[str, str]


@dataclass(frozen=True)
class Platform:
    """A server and a worker in processes of their own, over the services of one set."""

    server: Server
    worker: Server
    environment: Mapping[str, str]


def stores() -> Environment:
    """MySQL, MongoDB, S3 and Redis, each empty for this platform alone."""
    there = new_bucket(s3())
    return {
        "MYSQL_URI": new_database(),
        "MONGO_URI": f"{mongo_url()}assay_{uuid4().hex[:12]}",
        "AWS_BUCKET_NAME": there.bucket,
        "AWS_ACCESS_KEY": there.access_key,
        "AWS_SECRET_KEY": there.secret_key,
        "AWS_REGION": there.region,
        "AWS_ENDPOINT_URL": there.url,
        "REDIS_URL": redis_url(),
        "SECRET_KEY": SECRET_KEY,
    }


def with_rabbitmq() -> Environment:
    return stores() | {"RABBITMQ_URL": rabbitmq_url()}


def with_kafka() -> Environment:
    topic = f"assay-{uuid4().hex[:12]}"
    return stores() | {"KAFKA_BROKER_URL": kafka_url(), "KAFKA_TOPIC": topic}


def with_judge0() -> Environment:
    return stores() | {"JUDGE0_URL": _judge0_url()}


@functools.cache
def _judge0_url() -> str:
    port, folder = free_port(), private_folder("judge0")
    kept_up(
        PrivateServer(
            name="judge0",
            command=[
                *(sys.executable, "-m", "entrypoints.cli.main"),
                *("judge-server", "--port", str(port)),
            ],
            folder=folder,
            ready=lambda: answers(port),
            environment={
                "PYTHONPATH": str(Path.cwd()),
                "ASSAY_HOME": str(folder),
                "ASSAY_LANGUAGES": "bash,c,python3",
            },
        )
    )
    return f"http://127.0.0.1:{port}"


SETS: Mapping[str, Callable[[], Environment]] = {
    "redis": stores,
    "rabbitmq": with_rabbitmq,
    "kafka": with_kafka,
    "judge0": with_judge0,
}
"""By what is special about it, how the environment of such a set is made."""


@contextmanager
def platform(home: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[Platform]:
    """Migrate, then run one server (with these arguments) and one worker for the block's length."""
    server.run(home, "migrate", environment=environment)
    with ExitStack() as stack:
        worker = stack.enter_context(working(home / "worker", environment))
        api = stack.enter_context(
            server.running(home / "server", *arguments, environment=environment)
        )
        yield Platform(server=api, worker=worker, environment=environment)


@contextmanager
def working(home: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """A worker for the length of the block."""
    worker = server.started(home, "worker", environment=environment, said=JUDGES)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.kill()
