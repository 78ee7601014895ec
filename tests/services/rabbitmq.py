"""A RabbitMQ node of one's own, with a port mapper of its own that dies with it."""

import functools
import os
import socket
from pathlib import Path

from tests.services.process import (
    PrivateServer,
    free_port,
    program,
    shared,
    unavailable,
)


def rabbitmq_server(folder: Path) -> tuple[PrivateServer, str]:
    """A RabbitMQ not yet started, to be killed and restarted at will; its address."""
    path = program("/usr/lib/rabbitmq/bin/rabbitmq-server") or unavailable("RabbitMQ")
    port = free_port()
    (folder / "enabled_plugins").write_text("[].\n")
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nlog.console = true\nlog.file = false\n"
        "disk_free_limit.absolute = 10MB\n"
    )
    server = PrivateServer(
        name="rabbitmq",
        command=["sh", "-c", f"epmd -address 127.0.0.1 & exec {path}"],
        folder=folder,
        ready=lambda: _greets(port),
        environment={
            "HOME": str(folder),
            "RUNNING_UNDER_SYSTEMD": "1",  # no script in between that outlives whom it serves
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"assay-{os.getpid()}-{port}@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        },
    )
    return server, f"amqp://guest:guest@127.0.0.1:{port}/"


@functools.cache
def rabbitmq_url() -> str:
    """The address of the one RabbitMQ that this process's tests share."""
    return shared("ASSAY_TEST_RABBITMQ_URL", "rabbitmq", rabbitmq_server)


def _greets(port: int) -> bool:
    """Whether it speaks AMQP: the port is open long before."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")  # the version that we speak
            return connection.recv(1) == b"\x01"
    except OSError:
        return False
