"""Every use case is built with an adapter of each port that it is annotated with."""

import sqlite3
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from dependency_injector.providers import Provider, Selector, Singleton

from adapters.dramatiq.task_queue import DramatiqTaskQueue
from adapters.filesystem.blob_cache import CachedBlobStore
from adapters.filesystem.blob_store import FolderBlobStore
from adapters.in_process.progress import InProcessProgressStream
from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.judge0.judge import Judge0Judge
from adapters.kafka.task_queue import KafkaTaskQueue
from adapters.memory.storage import MemoryStorage
from adapters.memory.submissions import MemorySubmissionRepository
from adapters.mongo.submissions import MongoSubmissionRepository
from adapters.redis.progress import RedisProgressStream
from adapters.redis.rate_limiter import RedisRateLimiter
from adapters.s3.blob_store import S3BlobStore
from adapters.sandbox.judge import SandboxJudge
from adapters.sql.storage import SqlStorage
from adapters.sql.submissions import SqlSubmissionRepository
from application.announced import AnnouncedLanguages
from config.bad_setting import BadSetting
from config.container import Container, close
from config.settings import Settings, load_settings
from config.start import open_stores

PRODUCTION = {
    "MYSQL_URI": "mysql://user:pass@db.example/assay",
    "MONGO_URI": "mongodb://mongo.example/",
    "AWS_BUCKET_NAME": "tests",
    "SECRET_KEY": "k" * 32,
}
SETS: dict[str, dict[str, str]] = {
    "folder": {},
    "memory": {"ASSAY_HOME": ":memory:"},
    "mysql": {"MYSQL_URI": PRODUCTION["MYSQL_URI"], "SECRET_KEY": "k" * 32},
    "redis": PRODUCTION | {"REDIS_URL": "redis://redis.example/0"},
    "rabbitmq": PRODUCTION | {"RABBITMQ_URL": "amqp://rabbit.example/"},
    "judge0 and workers": PRODUCTION
    | {"JUDGE0_URL": "http://judge0.example", "REDIS_URL": "redis://redis.example/0"},
    "kafka": PRODUCTION | {"KAFKA_BROKER_URL": "kafka.example:9092"},
    "judge0": PRODUCTION | {"JUDGE0_URL": "http://judge0.example", "ASSAY_BLOB_CACHE_MIB": "0"},
}
DRIVERS = {"mysql", "s3", "sqlite"}
"""Shared by several adapters, and built only where one of these is chosen."""


def _settings(tmp_path: Path, chosen: str) -> Settings:
    environment = {"ASSAY_HOME": str(tmp_path)} | SETS[chosen]
    return load_settings(environment=environment, dotenv=None)


def _providers() -> Iterator[tuple[str, Provider[object]]]:
    for name, provider in Container.providers.items():
        if isinstance(provider, Singleton | Selector) and name not in DRIVERS:
            yield name, provider


@pytest.mark.parametrize("chosen", SETS)
async def test_every_provider_builds_what_its_users_are_annotated_with(
    tmp_path: Path, chosen: str
) -> None:
    container = Container(settings=_settings(tmp_path, chosen))

    built = {name: getattr(container, name)() for name, _ in _providers()}

    wrong = [
        f"{name}.{field}: {type(value).__name__} is no {port.__name__}"
        for name, thing in built.items()
        for field, port, value in _fields_with_ports(thing)
        if port not in type(value).__mro__
    ]
    assert wrong == []
    await close(container)


def _fields_with_ports(thing: object) -> Iterator[tuple[str, type, object]]:
    if not is_dataclass(thing):
        return
    hints = typing.get_type_hints(type(thing))
    for field in fields(thing):
        if isinstance(hints[field.name], type):
            yield field.name, hints[field.name], getattr(thing, field.name)


def test_every_use_case_has_a_provider_of_its_name() -> None:
    files = {path.stem for path in Path("application/use_cases").glob("[!_]*.py")}

    assert files <= set(Container.providers)


CHOSEN = [
    ("folder", "storage", SqlStorage),
    ("folder", "blobs", FolderBlobStore),
    ("folder", "queue", InProcessTaskQueue),
    ("folder", "offer", SandboxJudge),
    ("memory", "storage", MemoryStorage),
    ("memory", "submissions", MemorySubmissionRepository),
    ("mysql", "submissions", SqlSubmissionRepository),
    ("redis", "submissions", MongoSubmissionRepository),
    ("redis", "blobs", CachedBlobStore),
    ("redis", "queue", DramatiqTaskQueue),
    ("redis", "progress", RedisProgressStream),
    ("redis", "rate_limiter", RedisRateLimiter),
    ("redis", "offer", AnnouncedLanguages),
    ("rabbitmq", "queue", DramatiqTaskQueue),
    ("rabbitmq", "progress", InProcessProgressStream),
    ("kafka", "queue", KafkaTaskQueue),
    ("judge0", "blobs", S3BlobStore),
    ("judge0", "judge", Judge0Judge),
    ("judge0", "offer", Judge0Judge),
    ("judge0 and workers", "judge", Judge0Judge),
    ("judge0 and workers", "offer", AnnouncedLanguages),
]


@pytest.mark.parametrize(("chosen", "port", "adapter"), CHOSEN)
async def test_the_environment_chooses_the_adapter(
    tmp_path: Path, chosen: str, port: str, adapter: type
) -> None:
    container = Container(settings=_settings(tmp_path, chosen))

    assert isinstance(getattr(container, port)(), adapter)
    await close(container)


@pytest.mark.parametrize(
    ("chosen", "keeps"), [("folder", True), ("mysql", False), ("redis", False)]
)
async def test_only_who_is_alone_with_its_home_keeps_its_name(
    tmp_path: Path,
    chosen: str,
    keeps: bool,  # noqa: FBT001 - of a table
) -> None:
    first = Container(settings=_settings(tmp_path, chosen))
    second = Container(settings=_settings(tmp_path, chosen))

    assert (first.worker() == second.worker()) is keeps


async def test_what_is_built_is_built_once(tmp_path: Path) -> None:
    container = Container(settings=_settings(tmp_path, "folder"))

    assert container.submit_code() is container.submit_code()
    assert container.submit_code().storage is container.list_challenges().storage
    await close(container)


async def test_the_data_of_a_later_version_is_left_alone_in_one_clear_line(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "assay.db") as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    container = Container(settings=_settings(tmp_path, "folder"))

    with pytest.raises(BadSetting, match="9999") as refused:
        await open_stores(container)

    assert "\n" not in str(refused.value)
    await close(container)


async def test_an_address_that_the_driver_does_not_take_is_a_bad_setting(tmp_path: Path) -> None:
    environment = SETS["mysql"] | {"MYSQL_URI": "mysql://user:secret@db.example/assay?ssl=on"}
    settings = load_settings(environment={"ASSAY_HOME": str(tmp_path)} | environment, dotenv=None)

    with pytest.raises(BadSetting, match="MYSQL_URI has options") as refused:
        Container(settings=settings).storage()

    assert "secret" not in str(refused.value)
