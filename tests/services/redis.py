"""A Redis with an append-only file, as the README asks of one that is the queue's broker."""

import functools
from pathlib import Path

from tests.services.process import (
    PrivateServer,
    answers,
    free_port,
    program,
    shared,
    unavailable,
)


def redis_server(folder: Path) -> tuple[PrivateServer, str]:
    """A Redis of one's own, not yet started, to be killed and restarted at will; its address."""
    path = program("redis-server") or unavailable("Redis")
    port = free_port()
    command = [path, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
    server = PrivateServer(
        name="redis", command=command, folder=folder, ready=lambda: answers(port)
    )
    return server, f"redis://127.0.0.1:{port}/0"


@functools.cache
def redis_url() -> str:
    """The address of the one Redis that this process's tests share."""
    return shared("ASSAY_TEST_REDIS_URL", "redis", redis_server)
