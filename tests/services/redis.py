"""A Redis with an append-only file, as the README asks of one that is the queue's broker.

It is killed, not cut from its power: nothing waits for the disk.
"""

import functools
import socket
from pathlib import Path

from tests.services.process import (
    PrivateServer,
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
    command += ["--appendonly", "yes", "--appendfsync", "no", "--save", ""]
    server = PrivateServer(
        name="redis", command=command, folder=folder, ready=lambda: _has_read_its_file(port)
    )
    return server, f"redis://127.0.0.1:{port}/0"


@functools.cache
def redis_url() -> str:
    """The address of the one Redis that this process's tests share."""
    return shared("ASSAY_TEST_REDIS_URL", "redis", redis_server)


def _has_read_its_file(port: int) -> bool:
    """Whether it serves: the port is open before."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(1) == b"+"
    except OSError:
        return False
