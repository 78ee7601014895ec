"""An S3: SeaweedFS, with one bucket and one pair of keys; or the one that the environment names.

A server of somebody's own is given by ASSAY_TEST_S3_URL, with ASSAY_TEST_S3_BUCKET (there already),
ASSAY_TEST_S3_ACCESS_KEY, ASSAY_TEST_S3_SECRET_KEY and ASSAY_TEST_S3_REGION.
"""

import atexit
import functools
import http.client
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from botocore.client import BaseClient
from botocore.config import Config
from botocore.session import Session

from tests.services.process import (
    PrivateServer,
    can_be_bound,
    free_port,
    given,
    kept_up,
    private_folder,
    program,
    unavailable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """Where a server is, and a bucket on it that one may write to."""

    url: str
    bucket: str = "assay-tests"
    access_key: str = "assay-tests-key"
    secret_key: str = "assay-tests-secret"  # noqa: S105 - of a server on loopback, for tests
    region: str = "us-east-1"


_LISTENERS = ("master.port", "volume.port", "filer.port", "s3.port")
_GRPC = 10_000
_BELOW = 32_000
_FIRST = "first"
_OURS = S3Server(url="")


def s3_server(folder: Path) -> tuple[PrivateServer, S3Server]:
    """An S3 of one's own, not yet started, to be killed and restarted at will; where it is.

    Its bucket is made by `make_bucket`, once it runs.
    """
    path = program("weed", str(Path(sys.executable).with_name("weed"))) or unavailable("SeaweedFS")
    ports = dict(zip(_LISTENERS, _ports(), strict=False))
    atexit.register(_remove_sockets, ports.values())
    port = ports["s3.port"]
    there = S3Server(url=f"http://127.0.0.1:{port}")
    (folder / "s3.json").write_text(json.dumps(_accounts(there)), "utf-8")
    server = PrivateServer(
        name="seaweedfs",
        command=[path, *_arguments(folder, ports)],
        folder=folder,
        ready=lambda: _healthy(port),
    )
    return server, there


def make_bucket(there: S3Server) -> None:
    """Make the bucket, on a server that has just been started for the first time, and warm it up.

    SeaweedFS makes a bucket's volumes at its first object, which takes seconds on a busy disk:
    longer than our adapter waits for a server that has long been there.
    """
    client = sync_client(there)
    client.create_bucket(Bucket=there.bucket)
    client.put_object(Bucket=there.bucket, Key=_FIRST, Body=b"1")
    client.delete_object(Bucket=there.bucket, Key=_FIRST)
    client.close()


def new_bucket(there: S3Server) -> S3Server:
    """A bucket that is nobody's yet, for a platform of its own."""
    fresh = replace(there, bucket=f"assay-{uuid4().hex[:12]}")
    make_bucket(fresh)
    return fresh


def sync_client(there: S3Server) -> BaseClient:
    """A plain client, with which tests look behind an adapter's back."""
    return _session().create_client(
        "s3",
        region_name=there.region,
        endpoint_url=there.url,
        aws_access_key_id=there.access_key,
        aws_secret_access_key=there.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


@functools.cache
def _session() -> Session:
    """Kept, as reading its descriptions of services takes longer than most tests."""
    return Session()


@functools.cache
def s3() -> S3Server:
    """The one S3 that this process's tests share."""
    url = given("ASSAY_TEST_S3_URL")
    if url is not None:
        return S3Server(
            url=url,
            bucket=given("ASSAY_TEST_S3_BUCKET") or _OURS.bucket,
            access_key=given("ASSAY_TEST_S3_ACCESS_KEY") or _OURS.access_key,
            secret_key=given("ASSAY_TEST_S3_SECRET_KEY") or _OURS.secret_key,
            region=given("ASSAY_TEST_S3_REGION") or _OURS.region,
        )
    server, there = s3_server(private_folder("s3"))
    kept_up(server)
    make_bucket(there)
    return there


def _accounts(there: S3Server) -> object:
    keys = {"accessKey": there.access_key, "secretKey": there.secret_key}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": "tests", "credentials": [keys], "actions": actions}]}


def _arguments(folder: Path, ports: Mapping[str, int]) -> list[str]:
    """As little as it can do with, on loopback alone, and up again quickly after a kill."""
    options = {
        "dir": folder,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        **ports,
        "filer": "true",
        "s3": "true",
        "s3.port.grpc": ports["s3.port"] + _GRPC,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,  # its default port is one for all servers of a machine
        "s3.localSocket": folder / "s3.sock",
        "filer.localSocket": folder / "filer.sock",
        "s3.config": folder / "s3.json",
        "s3.allowDeleteBucketNotEmpty": "false",
        "master.volumeSizeLimitMB": 64,
        "master.electionTimeout": "1s",
        "master.heartbeatInterval": "100ms",
        "master.telemetry": "false",
        "volume.max": 200,
        "volume.preStopSeconds": 0,
    }
    return ["server", *(f"-{name}={value}" for name, value in options.items())]


def _ports() -> Iterator[int]:
    """Free ports, for each of which the one 10,000 further, where gRPC is put, is free as well.

    They, too, are below those that the kernel hands out.
    """
    while True:
        port = free_port()
        if port + _GRPC < _BELOW and can_be_bound(port + _GRPC):
            yield port


def _remove_sockets(ports: Iterable[int]) -> None:
    """It leaves them where it cannot be told not to put them."""
    for port in ports:
        for path in Path("/tmp").glob(f"seaweedfs-*-grpc-{port + _GRPC}.sock"):  # noqa: S108
            path.unlink(missing_ok=True)


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
