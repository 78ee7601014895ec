"""Which adapter of each port serves, by name: what the container's selectors look up."""

import os
import secrets
import socket
from typing import Literal

from config.services import QueueKind
from config.settings import Settings

EMBEDDED_WORKER = "embedded"
"""The one worker of a home folder, which the server's lock on the folder keeps the only one."""


def storage(settings: Settings) -> Literal["memory", "sqlite", "mysql"]:
    """Where users, challenges and tests are."""
    if settings.services.mysql_uri:
        return "mysql"
    return "memory" if settings.home is None else "sqlite"


def submissions(settings: Settings) -> Literal["memory", "sqlite", "mysql", "mongo"]:
    """Where submissions are: with the users, unless MongoDB is named."""
    return "mongo" if settings.services.mongo_uri else storage(settings)


def blobs(settings: Settings) -> Literal["memory", "folder", "s3", "cached"]:
    """Where hidden tests are; S3 has a cache in the home folder."""
    if settings.services.s3 is None:
        return "memory" if settings.home is None else "folder"
    return "cached" if settings.blob_cache_bytes and settings.home is not None else "s3"


def judge(settings: Settings) -> Literal["sandbox", "judge0"]:
    """Who runs programs."""
    return "judge0" if settings.services.judge0_url else "sandbox"


def callbacks(settings: Settings) -> Literal["judge0", "nobody"]:
    """Who is woken by Judge0's calls: only the process that they reach, if it judges itself."""
    reachable = bool(settings.services.judge0_url and settings.public_url)
    judges_itself = settings.services.queue is QueueKind.IN_PROCESS
    return "judge0" if reachable and judges_itself else "nobody"


def offer(settings: Settings) -> Literal["judge", "workers"]:
    """Who knows the languages: where workers judge, they do, whatever they judge with."""
    return "judge" if settings.services.queue is QueueKind.IN_PROCESS else "workers"


def tickets(settings: Settings) -> Literal["memory", "sqlite"]:
    """Where the judge server keeps what is handed in to it."""
    return "memory" if settings.home is None else "sqlite"


def queue(settings: Settings) -> QueueKind:
    """What wakes workers."""
    return settings.services.queue


def news(settings: Settings) -> Literal["in_process", "redis"]:
    """Where rate limits and live events are."""
    return "redis" if settings.services.redis_url else "in_process"


def worker(settings: Settings) -> str:
    """The name that this process claims work under.

    One that nobody has had before, unless leases of a former life are surely ours to end.
    """
    at_home = submissions(settings) in {"memory", "sqlite"}
    if at_home and settings.services.queue is QueueKind.IN_PROCESS:
        return EMBEDDED_WORKER
    return f"{socket.gethostname()[:64]}-{os.getpid()}-{secrets.token_hex(4)}"
