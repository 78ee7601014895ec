"""A whole platform of its own whose every part can be killed, stopped still and started again.

MySQL and MongoDB are spoken to through proxies, which hold everything back as networks do. The
first worker's disk is too small for any blob to be kept: it reads S3 for every test.
"""

import os
import shutil
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.journeys import server
from tests.journeys.api import ADMIN_ENVIRONMENT
from tests.journeys.server import LISTENS, Server
from tests.journeys.sets import JUDGES, SECRET_KEY
from tests.services.kafka import kafka_server
from tests.services.mongo import mongo_server
from tests.services.mysql import mysql_server
from tests.services.process import PrivateServer, free_port
from tests.services.proxy import Proxy
from tests.services.rabbitmq import rabbitmq_server
from tests.services.redis import redis_server
from tests.services.s3 import make_bucket, s3_server

WORKERS = 2


@dataclass
class Stage:
    """Its servers by name, and the program's own processes over them."""

    folder: Path
    servers: dict[str, PrivateServer] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    workers: list[Server] = field(default_factory=list)
    api: Server | None = None
    port: int = field(default_factory=free_port)
    proxies: dict[str, Proxy] = field(default_factory=dict)
    broker: str = "redis"
    """Which of the servers carries wake-ups."""
    _small_disk: Path | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set_up(self, broker: str) -> None:
        """Start every server, then migrate, then the workers and the API."""
        self.broker = broker
        self._add_stores()
        self._add_broker()
        for one in self.servers.values():
            one.start()
        make_bucket(self._s3)
        self.environment |= {**ADMIN_ENVIRONMENT, "ASSAY_LANGUAGES": "bash,c"}
        self._fill_a_disk(self.folder / "worker-0" / "blob-cache")
        server.run(self.folder / "api", "migrate", environment=self.environment)
        self.start_workers()
        self.start_api()

    def tear_down(self) -> None:
        """End whatever still runs."""
        with ExitStack() as stack:
            if self._small_disk is not None:
                stack.callback(_run, "umount", str(self._small_disk))
            for proxy in self.proxies.values():
                stack.callback(proxy.stop)
            for one in self.servers.values():
                stack.callback(one.kill)
            for process in [*self.workers, *([self.api] if self.api else [])]:
                stack.callback(_end, process)

    def start_api(self) -> None:
        environment = self.environment | {"ASSAY_PORT": str(self.port)}
        self.api = server.started(
            self.folder / "api", "serve", environment=environment, said=LISTENS
        )

    def kill_api(self) -> None:
        assert self.api is not None
        self.api.kill()

    def start_workers(self) -> None:
        for number in range(len(self.workers), WORKERS):
            home = self.folder / f"worker-{number}"
            self.workers.append(
                server.started(
                    home, "worker", "--slots", "1", environment=self.environment, said=JUDGES
                )
            )

    def kill_workers(self) -> None:
        while self.workers:
            self.workers.pop().kill()

    def lose_data(self, name: str) -> None:
        """Of a server that is down: what it kept is gone."""
        for kept in self.servers[name].folder.iterdir():
            if kept.is_dir():
                shutil.rmtree(kept)

    def _add_stores(self) -> None:
        mysql, mysql_uri = mysql_server(self._folder("mysql"))
        mongo, mongo_uri = mongo_server(self._folder("mongo"))
        redis, redis_url = redis_server(self._folder("redis"))
        s3, self._s3 = s3_server(self._folder("s3"))
        self.servers |= {"mysql": mysql, "mongo": mongo, "redis": redis, "s3": s3}
        self.environment |= {
            "MYSQL_URI": self._through_proxy("mysql", mysql_uri),
            "MONGO_URI": self._through_proxy("mongo", mongo_uri),
            "REDIS_URL": redis_url,
            "AWS_BUCKET_NAME": self._s3.bucket,
            "AWS_ACCESS_KEY": self._s3.access_key,
            "AWS_SECRET_KEY": self._s3.secret_key,
            "AWS_REGION": self._s3.region,
            "AWS_ENDPOINT_URL": self._s3.url,
            "SECRET_KEY": SECRET_KEY,
        }

    def _add_broker(self) -> None:
        if self.broker == "rabbitmq":
            folder = self._folder("rabbitmq")
            self.servers["rabbitmq"], self.environment["RABBITMQ_URL"] = rabbitmq_server(folder)
        if self.broker == "kafka":
            folder = self._folder("kafka")
            self.servers["kafka"], self.environment["KAFKA_BROKER_URL"] = kafka_server(folder)

    def _through_proxy(self, name: str, address: str) -> str:
        port = urlsplit(address).port
        assert port is not None
        proxy = self.proxies[name] = Proxy(port)
        proxy.start()
        return address.replace(f":{port}/", f":{proxy.port}/")

    def _fill_a_disk(self, folder: Path) -> None:
        """A file system with no room to speak of, where one may mount it."""
        folder.mkdir(parents=True)
        if os.geteuid() == 0:
            _run("mount", "-t", "tmpfs", "-o", "size=4k", "assay-test", str(folder))
            self._small_disk = folder

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True)
        return folder


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - of this file


def _end(process: Server) -> None:
    with suppress(ProcessLookupError):
        process.kill()
