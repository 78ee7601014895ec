"""Apache Kafka, one node in KRaft mode, from the packages that `.ci/kafka.sh` lays into a cache."""

import functools
import hashlib
import subprocess
import uuid
from pathlib import Path

from tests.services.process import (
    PrivateServer,
    answers,
    free_port,
    given,
    kept_up,
    private_folder,
    program,
    shared,
    unavailable,
)

_POM = Path(__file__).with_name("kafka_pom.xml")
_FORMAT_S = 60
_JVM = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
_JVM += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=1
num.io.threads=2
"""


def kafka_server(folder: Path) -> tuple[PrivateServer, str]:
    """A Kafka of one's own, not yet started, to be killed and restarted at will; its address."""
    java = program("java") or unavailable("Java, which Kafka runs on,")
    jars = _jars()
    port, controller = free_port(), free_port()
    properties = folder / "server.properties"
    text = _PROPERTIES.format(port=port, controller=controller, folder=folder)
    properties.write_text(text, "utf-8")
    kafka = [java, *_JVM, "-cp", f"{jars}/*"]
    subprocess.run(  # noqa: S603 - a server that the tests chose
        [*kafka, "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(properties)],
        check=True,
        capture_output=True,
        timeout=_FORMAT_S,
    )
    server = PrivateServer(
        name="kafka",
        command=[*kafka, "kafka.Kafka", str(properties)],
        folder=folder,
        ready=lambda: answers(port),
    )
    return server, f"127.0.0.1:{port}"


@functools.cache
def kafka_url() -> str:
    """The address of the one Kafka that this process's tests share."""
    return shared("ASSAY_TEST_KAFKA_URL", "kafka", kafka_server)


@functools.cache
def mortal_kafka() -> tuple[PrivateServer, str]:
    """A second one, for tests that kill it: whoever uses it leaves it running."""
    server, brokers = kafka_server(private_folder("kafka"))
    return kept_up(server), brokers


def _jars() -> Path:
    """The folder that `.ci/kafka.sh` fills."""
    cache = given("ASSAY_TEST_CACHE") or _user_cache() / "assay-test"
    version = hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
    jars = Path(cache) / f"kafka-{version}"
    return jars if jars.is_dir() else unavailable("Kafka (see .ci/kafka.sh)")


def _user_cache() -> Path:
    return Path(given("XDG_CACHE_HOME") or Path.home() / ".cache")


def _cluster_id() -> str:
    """Any identity in Kafka's spelling: 16 bytes in base 64 for URLs, no dash first."""
    return "A" + uuid.uuid4().hex[:20] + "A"
