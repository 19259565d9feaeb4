"""Kafka brokers: librdkafka's mock cluster, and Apache Kafka itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from streamdialect.testing.mock_cluster import MockCluster
from tests.servers.certificates import Authority
from tests.servers.process import free_ports, running

__all__ = ["ApacheKafka", "KafkaServer", "MockKafka", "apache_kafka", "find_kafka_jars", "mock_kafka"]


class KafkaServer:
    """Be a broker that can be reached at ``bootstrap``, and with mutual TLS at ``tls_bootstrap``."""

    def __init__(self, bootstrap: str, log: Path | None = None, tls_bootstrap: str | None = None) -> None:
        self.bootstrap = bootstrap
        self.log = log
        self.tls_bootstrap = tls_bootstrap

    def producer(self, **options: Any) -> Producer:
        """Make a producer; option names are librdkafka's with _ for the dot."""
        named = {name.replace("_", "."): value for name, value in options.items()}
        return Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5, "log_level": 0, **named})

    def admin(self) -> AdminClient:
        """Make an admin client; keep it while its futures are open."""
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def topic(
        self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None, replicas: int = 1
    ) -> None:
        """Create a topic and wait until all its partitions have leaders."""
        admin = self.admin()
        topic = NewTopic(name, partitions, replicas, config=dict(config or {}))
        admin.create_topics([topic])[name].result(30)
        self._await_partitions(admin, name, partitions)

    def delete(self, name: str) -> None:
        """Delete a topic; its name can be taken again at once."""
        admin = self.admin()
        admin.delete_topics([name])[name].result(30)

    def trim(self, name: str, offset: int, partition: int = 0) -> None:
        """Delete the records before an offset, as retention does."""
        place = TopicPartition(name, partition, offset)
        admin = self.admin()
        admin.delete_records([place])[place].result(30)

    def leader(self, name: str, partition: int = 0) -> int:
        """Give the number of the broker that leads a partition, -1 for none."""
        found = self.admin().list_topics(name, timeout=10).topics[name].partitions[partition]
        return int(found.leader)

    def grow(self, name: str, partitions: int) -> None:
        """Raise a topic's number of partitions."""
        admin = self.admin()
        admin.create_partitions([NewPartitions(name, partitions)])[name].result(30)
        self._await_partitions(admin, name, partitions)

    @staticmethod
    def _await_partitions(admin: AdminClient, name: str, partitions: int) -> None:
        while True:
            found = admin.list_topics(timeout=10).topics.get(name)
            if (
                found
                and sum(p.leader >= 0 and p.error is None for p in found.partitions.values()) == partitions
            ):
                return

    def produce(self, topic: str, values: Sequence[bytes | None], partition: int = 0, **options: Any) -> None:
        """Append records to one partition and wait until they are stored."""
        producer = self.producer(**options)
        for value in values:
            producer.produce(topic, value, partition=partition)
        left = producer.flush(30)
        assert not left, f"{left} records were not stored"


class MockKafka(MockCluster, KafkaServer):
    """Be librdkafka's mock cluster, with what every server here can do."""

    def __init__(self, brokers: int = 1) -> None:
        MockCluster.__init__(self, brokers)
        KafkaServer.__init__(self, self.bootstrap)

    def topic(
        self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None, replicas: int = 1
    ) -> None:
        """Create a topic."""
        self.create_topic(name, partitions, replicas)

    def delete(self, name: str) -> None:
        """Delete a topic, which not every librdkafka's mock does."""
        try:
            self.delete_topic(name)
        except NotImplementedError as error:
            pytest.skip(str(error))


@contextmanager
def mock_kafka(topics: Mapping[str, int] | None = None, brokers: int = 1) -> Iterator[MockKafka]:
    """Run a mock cluster in this process with these topics and their numbers of partitions."""
    cluster = MockKafka(brokers)
    try:
        for name, partitions in (topics or {}).items():
            cluster.topic(name, partitions)
        yield cluster
    finally:
        cluster.close()


_PROPERTIES = """\
process.roles={roles}
node.id={node}
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners={listeners}
advertised.listeners={advertised}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL:SASL_PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=true
"""
_JAVA = ("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def find_kafka_jars() -> str | None:
    """Say where Apache Kafka's jars are, or None."""
    folder = os.environ.get("STREAMDIALECT_KAFKA_JARS")
    found = folder and shutil.which("java") and any(Path(folder).glob("kafka_2.13-*.jar"))
    return folder if found else None


def _tls(authority: Authority) -> dict[str, str]:
    server = authority.certificate("127.0.0.1")
    material = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": server.chain,
        "ssl.keystore.key": server.key,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": authority.root,
        "ssl.client.auth": "required",
    }
    return {name: text.replace("\n", "\\n") for name, text in material.items()}


def _sasl(passwords: Mapping[str, str]) -> dict[str, str]:
    users = " ".join(f'user_{name}="{password}"' for name, password in passwords.items())
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return {
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl.plain.sasl.jaas.config": f"{module} required {users};",
    }


class ApacheKafka(KafkaServer):
    """Be a cluster of Apache Kafka's brokers, each of which can be killed and started again.

    Broker 1 is the controller too. ``sasl_bootstrap`` wants a user and a password (SASL_PLAINTEXT, PLAIN).
    """

    def __init__(
        self,
        jars: str,
        folder: Path,
        brokers: int,
        properties: Mapping[str, str],
        *,
        tls: bool,
        sasl: bool,
    ) -> None:
        ports = iter(free_ports(3 * brokers + 1))
        self._controller = next(ports)
        self._java = ["java", *_JAVA, "-cp", f"{jars}/*"]
        self._folder = folder
        self._cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        self._running: dict[int, ExitStack] = {}
        self._ports: dict[int, dict[str, int]] = {}
        for node in range(1, brokers + 1):
            plain, secure, password = next(ports), next(ports), next(ports)
            self._ports[node] = {"PLAINTEXT": plain}
            self._ports[node].update({"SSL": secure} if tls else {})
            self._ports[node].update({"SASL": password} if sasl else {})
            self._format(node, properties)
        super().__init__(
            self._bootstrap("PLAINTEXT"),
            self.folder(1) / "log",
            self._bootstrap("SSL") if tls else None,
        )
        self.sasl_bootstrap = self._bootstrap("SASL") if sasl else None

    def _bootstrap(self, listener: str) -> str:
        return ",".join(f"127.0.0.1:{ports[listener]}" for ports in self._ports.values())

    def folder(self, node: int = 1) -> Path:
        """Give the folder of a broker; ``data`` in it has a folder for each partition, with its segments."""
        return self._folder / f"broker-{node}"

    def _format(self, node: int, properties: Mapping[str, str]) -> None:
        listeners = [f"{name}://127.0.0.1:{port}" for name, port in self._ports[node].items()]
        controller = [f"CONTROLLER://127.0.0.1:{self._controller}"] if node == 1 else []
        text = _PROPERTIES.format(
            roles="broker,controller" if node == 1 else "broker",
            node=node,
            controller=self._controller,
            listeners=",".join(listeners + controller),
            advertised=",".join(listeners),
            folder=self.folder(node),
        )
        self.folder(node).mkdir()
        config = self.folder(node) / "server.properties"
        config.write_text(text + "".join(f"{name}={value}\n" for name, value in properties.items()))
        kind = "--standalone" if node == 1 else "--no-initial-controllers"
        tool = [
            *self._java,
            "kafka.tools.StorageTool",
            "format",
            kind,
            "-t",
            self._cluster,
            "-c",
            str(config),
        ]
        subprocess.run(tool, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=60)

    def start(self, node: int = 1) -> None:
        """Start a broker, with the data that it has, and wait until it answers."""
        server = f"127.0.0.1:{self._ports[node]['PLAINTEXT']}"
        admin = AdminClient({"bootstrap.servers": server, "log_level": 0})

        def ready() -> bool:
            try:
                return node in admin.list_topics(timeout=1).brokers
            except KafkaException:
                return False

        command = [*self._java, "kafka.Kafka", str(self.folder(node) / "server.properties")]
        self._running[node] = ExitStack()
        self._running[node].enter_context(
            running(command, self.folder(node) / "log", ready, cwd=self.folder(node))
        )

    def kill(self, node: int = 1) -> None:
        """End a broker by SIGKILL; its data stays."""
        self._running.pop(node).close()

    def close(self) -> None:
        """End all brokers."""
        for node in list(self._running):
            self.kill(node)


@contextmanager
def apache_kafka(
    properties: Mapping[str, str] | None = None,
    tls: Authority | None = None,
    *,
    brokers: int = 1,
    passwords: Mapping[str, str] | None = None,
) -> Iterator[ApacheKafka]:
    """Run Apache Kafka (KRaft) from the jars in STREAMDIALECT_KAFKA_JARS; state starts empty.

    ``properties`` are added to server.properties. Topics are created by mistake as in Kafka's own defaults.
    With ``tls`` there is a second listener, which wants a client certificate of that authority; with
    ``passwords`` one that wants one of these users.
    """
    jars = find_kafka_jars()
    if jars is None:
        raise RuntimeError(
            "Apache Kafka needs java and STREAMDIALECT_KAFKA_JARS (python -m tests.servers.install)"
        )
    properties = {
        **(properties or {}),
        **(_tls(tls) if tls else {}),
        **(_sasl(passwords) if passwords else {}),
    }
    with tempfile.TemporaryDirectory(prefix="apache-kafka-") as folder:
        server = ApacheKafka(
            jars, Path(folder), brokers, properties, tls=tls is not None, sasl=passwords is not None
        )
        try:
            for node in range(1, brokers + 1):
                server.start(node)
            yield server
        finally:
            server.close()
