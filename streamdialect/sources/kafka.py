"""Reach Apache Kafka, Amazon MSK, or anything that speaks the protocol, through confluent-kafka."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from confluent_kafka import IsolationLevel, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streamdialect.errors import InterfaceError, SourceError
from streamdialect.model import ExternalSchema, SourceOptions
from streamdialect.sources.base import NEVER, UNBOUNDED, Head, ReadBounds
from streamdialect.sources.kafka_config import FIXED, connection_properties
from streamdialect.sources.kafka_errors import ErrorLog, NoRepeats, translated
from streamdialect.sources.kafka_reader import KafkaReader

__all__ = ["KafkaSource"]

logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())
logger.addFilter(NoRepeats())  # librdkafka tells of each attempt to connect, some 20 times a second

TIMEOUT = 5.0  # seconds for a question to the brokers, unless socket.timeout.ms says fewer

_COMMON: Mapping[str, Any] = {
    "client.id": "streamdialect",
    "allow.auto.create.topics": FIXED["allow.auto.create.topics"],
    "reconnect.backoff.max.ms": 2000,
    "socket.connection.setup.timeout.ms": 10000,
}
# docs/explanation/performance.md has the measurements. The bounds are per reader: bytes for large records,
# count for small ones, whose structs cost more than they carry. A fetch may exceed both.
_READING: Mapping[str, Any] = {
    "group.id": "streamdialect",  # required by the client; never joined, nothing is ever committed to it
    "isolation.level": "read_committed",
    "check.crcs": True,  # brokers send what lies on their disks; without this a flipped bit becomes a row
    "fetch.queue.backoff.ms": 5,
    "fetch.wait.max.ms": 100,
    "queued.min.messages": 20_000,
    "queued.max.messages.kbytes": 16_384,
    "fetch.max.bytes": 8_388_608,
}


class KafkaSource:
    """Implement StreamSource for ``CREATE EXTERNAL SCHEMA ... FROM KAFKA | MSK``. Thread-safe.

    Making a source touches no network. Certificates and broker lists that AWS holds are fetched at first
    use and kept in memory. ``repr`` shows names only, never values of options.
    """

    def __init__(self, schema: ExternalSchema, options: SourceOptions) -> None:
        self._schema = schema
        self._options = options
        self._timeout = _timeout(options)
        self._lock = threading.Lock()
        self._properties: dict[str, Any] | None = None
        self._admin: AdminClient | None = None
        self._errors = ErrorLog()
        if schema.authentication != "mtls" and schema.uri:
            self._connection()  # needs no network: say at once what is wrong

    def __repr__(self) -> str:
        names = ", ".join(sorted(self._options.kafka))
        where = self._schema.uri or self._schema.cluster_arn
        how = self._schema.authentication or "none"
        return f"<KafkaSource {self._schema.name!r} at {where}, authentication {how}, options [{names}]>"

    def streams(self) -> list[str]:
        """List the topics, sorted, without Kafka's own (``__consumer_offsets`` ...)."""
        admin, brokers = self._client()
        with self._asking("listing topics", brokers):
            return sorted(
                name for name in admin.list_topics(timeout=self._timeout).topics if not name.startswith("__")
            )

    def check(self, stream: str) -> None:
        """Raise UndefinedObjectError if the topic does not exist; never creates it."""
        self._partitions(stream)

    def identity(self, stream: str) -> str | None:
        """Give the topic's id; None where the brokers have none (before 2.8) or name no controller to ask."""
        admin, brokers = self._client()
        with self._asking(f'describing topic "{stream}"', brokers, stream):
            found = admin.list_topics(stream, timeout=self._timeout)
            if found.topics[stream].error is not None:
                raise KafkaException(found.topics[stream].error)
        return self._topic_id(stream) if found.controller_id in found.brokers else None

    def head(self, stream: str) -> Head:
        """Fix the topic's end: for each partition the offset up to which committed records can be read."""
        taken_at = time.monotonic()
        partitions = self._partitions(stream)
        oldest = self._offsets(stream, partitions, OffsetSpec.earliest())
        newest = self._offsets(stream, partitions, OffsetSpec.latest())
        return Head(
            taken_at=taken_at,
            partitions=frozenset(map(str, partitions)),
            positions={str(p): newest[p][0] for p in partitions if newest[p][0] > oldest[p][0]},
            ends={str(p): newest[p][0] for p in partitions},
        )

    def open(
        self,
        stream: str,
        checkpoints: Mapping[str, str],
        columns: Collection[str],
        bounds: ReadBounds = UNBOUNDED,
        complete: Mapping[str, float] = NEVER,
        identity: str | None = None,
    ) -> KafkaReader:
        """Open a reader; the brokers are first asked by its poll(). See StreamSource.open."""
        properties = {**_COMMON, **_READING, **self._connection(), **FIXED, "logger": logger}
        brokers = str(properties["bootstrap.servers"])
        questions = _Questions(self, stream, bounds)
        with self._configuring():
            return KafkaReader(
                properties, brokers, stream, checkpoints, questions, columns, bounds.partitions, identity
            )

    def close(self) -> None:
        """Drop the connections."""
        with self._lock:
            self._admin = None
            self._properties = None

    # ---- clients

    def _connection(self) -> dict[str, Any]:
        with self._lock:
            if self._properties is None:
                self._properties = connection_properties(self._schema, self._options)
            return self._properties

    def _client(self) -> tuple[AdminClient, str]:
        connection = self._connection()
        with self._lock:
            if self._admin is None:
                properties = {**_COMMON, **connection, "error_cb": self._errors, "logger": logger}
                with self._configuring():
                    self._admin = AdminClient(properties)
            return self._admin, str(connection["bootstrap.servers"])

    def _configuring(self) -> _Configuring:
        return _Configuring(value.reveal() for value in self._options.kafka.values())

    def _asking(self, doing: str, brokers: str, topic: str | None = None) -> _Asking:
        return _Asking(self, doing, brokers, topic)

    # ---- questions

    def _partitions(self, topic: str) -> dict[int, bool]:
        """Find the topic's partitions, and whether each has a leader."""
        admin, brokers = self._client()
        with self._asking(f'describing topic "{topic}"', brokers, topic):
            found = admin.list_topics(topic, timeout=self._timeout)
            description = found.topics[topic]
            if description.error is not None:
                raise KafkaException(description.error)
        return {number: each.leader in found.brokers for number, each in description.partitions.items()}

    def _topic_id(self, topic: str) -> str | None:
        admin, brokers = self._client()
        with self._asking(f'describing topic "{topic}"', brokers, topic):
            futures = admin.describe_topics(TopicCollection([topic]), request_timeout=self._timeout)
            topic_id = futures[topic].result(self._timeout + 1).topic_id
        told = topic_id.get_most_significant_bits() or topic_id.get_least_significant_bits()
        return str(topic_id) if told else None

    def _offsets(self, topic: str, partitions: Iterable[int], spec: OffsetSpec) -> dict[int, tuple[int, int]]:
        """Ask for one offset of every partition; gives (offset, time in ms or -1)."""
        admin, brokers = self._client()
        committed = self._connection().get("isolation.level", "read_committed") == "read_committed"
        isolation = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        question = {TopicPartition(topic, partition): spec for partition in partitions}
        if not question:
            return {}
        with self._asking(f'asking for the offsets of topic "{topic}"', brokers, topic):
            futures = admin.list_offsets(question, isolation_level=isolation, request_timeout=self._timeout)
            answers = {at.partition: future.result(self._timeout + 1) for at, future in futures.items()}
        return {partition: (answer.offset, answer.timestamp) for partition, answer in answers.items()}

    def _starts(self, topic: str, partitions: Collection[int], bounds: ReadBounds) -> dict[int, int]:
        """Find where a bounded read begins in each partition: not after the first record it asks for."""
        oldest = self._offsets(topic, partitions, OffsetSpec.earliest())
        newest = self._offsets(topic, partitions, OffsetSpec.latest())
        starts = {partition: oldest[partition][0] for partition in partitions}
        if bounds.since_ms is not None:
            found = self._offsets(topic, partitions, OffsetSpec.for_timestamp(max(bounds.since_ms, 0)))
            none = [partition for partition in partitions if found[partition][0] < 0]
            latest = self._offsets(topic, none, OffsetSpec.max_timestamp()) if none else {}
            for partition in partitions:
                offset = found[partition][0]
                if offset >= 0:
                    starts[partition] = max(starts[partition], offset)
                elif 0 <= latest[partition][1] < bounds.since_ms:
                    # Older than asked for, all of it. Brokers that know no times say -1: read everything.
                    starts[partition] = newest[partition][0]
        if bounds.first is not None:
            for partition in partitions:
                starts[partition] = max(starts[partition], min(int(bounds.first), newest[partition][0]))
        return starts


def _timeout(options: SourceOptions) -> float:
    given = options.kafka.get("socket.timeout.ms")
    text = "" if given is None else given.reveal()
    return min(TIMEOUT, int(text) / 1000) if text.isdigit() else TIMEOUT


class _Questions:
    """Implement kafka_reader.Questions."""

    def __init__(self, source: KafkaSource, topic: str, bounds: ReadBounds) -> None:
        self._source = source
        self._topic = topic
        self._bounds = bounds

    def partitions(self) -> dict[int, bool]:
        return self._source._partitions(self._topic)

    def identity(self) -> str | None:
        return self._source.identity(self._topic)

    def confirm(self) -> str | None:
        return self._source._topic_id(self._topic)

    def extent(self, partition: int) -> tuple[int, int]:
        ask = partial(self._source._offsets, self._topic, [partition])
        return ask(OffsetSpec.earliest())[partition][0], ask(OffsetSpec.latest())[partition][0]

    def starts(self, partitions: Collection[int]) -> dict[int, int]:
        if self._bounds.first is None and self._bounds.since_ms is None:
            return {}
        return self._source._starts(self._topic, partitions, self._bounds)


class _Configuring:
    """Turn a property that librdkafka refuses into InterfaceError, without any option's value in it."""

    def __init__(self, secret_values: Iterable[str]) -> None:
        self._secrets = [value for value in secret_values if value]

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KafkaException):
            message = error.args[0].str() if hasattr(error.args[0], "str") else str(error)
            for value in self._secrets:
                message = message.replace(value, "***")
            raise InterfaceError(f"Kafka options are not accepted: {message}") from None


class _Asking:
    """Translate the errors of a question, after collecting what librdkafka reported meanwhile."""

    def __init__(self, source: KafkaSource, doing: str, brokers: str, topic: str | None) -> None:
        self._source = source
        self._translated = translated(doing, brokers, topic=topic, log=source._errors)

    def __enter__(self) -> None:
        self._translated.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool | None:
        if self._source._admin is not None:
            with suppress(KafkaException):
                self._source._admin.poll(0)
        if isinstance(error, TimeoutError):
            raise SourceError(
                f"Kafka did not answer within {self._source._timeout:g} seconds: {error}"
            ) from error
        return self._translated.__exit__(kind, error, trace)
