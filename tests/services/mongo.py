"""A MongoDB: what the tests can have is a stand-in that speaks its protocol and keeps data."""

import functools
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.services.process import (
    PrivateServer,
    answers,
    free_port,
    shared,
    unavailable,
)


def mongo_server(folder: Path, *, syncs: bool = True) -> tuple[PrivateServer, str]:
    """A server of one's own, not yet started, to be killed and restarted at will; its address.

    It syncs at every commit: without, it forgets acknowledged writes when it is killed, even those
    that asked for a journal. Who does not kill it need not wait for the disk.
    """
    if find_spec("secantus") is None:
        unavailable("A server of MongoDB's protocol")
    port = free_port()
    command = [sys.executable, "-m", "secantus", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", str(folder / "data"), "--log-level", "WARNING"]
    command += ["--sync-on-commit"] if syncs else []
    server = PrivateServer(
        name="mongo", command=command, folder=folder, ready=lambda: answers(port)
    )
    return server, f"mongodb://127.0.0.1:{port}/"


@functools.cache
def mongo_url() -> str:
    """The address, without a database, of the one server that this process's tests share."""
    return shared("ASSAY_TEST_MONGO_URL", "mongo", functools.partial(mongo_server, syncs=False))
