"""Kafka for a test: topics, records, and the faults that production has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from streamdialect.testing.clock import Clock, moment_of
from streamdialect.testing.records import POISON, encoded

__all__ = ["Kafka"]

_SECONDS = 10.0  # that the cluster, in this process, may take for anything


class Kafka:
    """Be the Kafka of a test: librdkafka's mock cluster in this process, at ``bootstrap`` until ``close``.

    ``options`` are librdkafka's properties that lead a connection to it, whatever brokers and AUTHENTICATION its
    external schema names. Partitions are what a topic is created with, and records are kept up to 5 MiB a
    partition.
    """

    def __init__(self, clock: Clock) -> None:
        from streamdialect.testing.mock_cluster import MockCluster

        self._cluster = MockCluster()
        self._clock = clock
        self._producer: Any = None

    def __repr__(self) -> str:
        return f"<Kafka at {self.bootstrap}>"

    @property
    def bootstrap(self) -> str:
        """Give the brokers, host:port,..."""
        return self._cluster.bootstrap

    @property
    def options(self) -> Mapping[str, str]:
        """Give the properties that lead a connection here."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "PLAINTEXT",
            "socket.timeout.ms": "1500",  # so long takes a REFRESH to fail while the cluster is down
        }

    def close(self) -> None:
        """Stop the cluster."""
        self._producer = None
        self._cluster.close()

    # --- topics -------------------------------------------------------------------------------

    def streams(self) -> list[str]:
        """List the topics, sorted."""
        return sorted(self._topics())

    def create(self, topic: str, partitions: int = 1) -> None:
        """Create a topic. Raise RuntimeError if it exists."""
        self._cluster.create_topic(topic, partitions)

    def delete(self, topic: str) -> None:
        """Delete a topic; its name can be taken again at once, and is another topic then."""
        self._existing(topic)
        self._cluster.delete_topic(topic)

    def _topics(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._client().list_topics(timeout=_SECONDS).topics
        return found

    def _existing(self, topic: str) -> Any:
        found = self._topics()
        if topic not in found:
            raise LookupError(
                f'Kafka has no topic "{topic}"; there is: {", ".join(sorted(found)) or "none"}.'
                f' Create it with kafka.create("{topic}")'
            )
        return found[topic]

    def _client(self) -> Any:
        from confluent_kafka import Producer

        if self._producer is None:
            self._producer = Producer(
                {**self.options, "linger.ms": 0, "log_level": 0, "partitioner": "murmur2_random"}
            )
        return self._producer

    # --- records ------------------------------------------------------------------------------

    def put(
        self,
        topic: str,
        records: Sequence[Any],
        *,
        key: str | bytes | None = None,
        at: datetime | str | None = None,
        partition: int | None = None,
        headers: Mapping[str, str | bytes] | None = None,
    ) -> list[tuple[int, int]]:
        """Append records, wait until they are stored, and give the partition and offset of each.

        Bytes go as they are, text as UTF-8, None as a tombstone, anything else as JSON. ``key`` and ``headers``
        are those of them all; without ``partition`` the key decides, as Java's clients do. ``at`` is their
        timestamp, by default the clock's time. Raise LookupError if the topic does not exist, TypeError for what
        cannot be a record.
        """
        payloads = encoded(records)
        found = self._existing(topic)
        if partition is None and len(found.partitions) == 1:
            partition = 0  # in order
        moment = self._clock.now() if at is None else moment_of(at)
        written: list[tuple[int, int]] = [(-1, -1)] * len(payloads)
        failures: list[str] = []
        producer = self._client()

        def stored(number: int) -> Any:
            def report(error: Any, message: Any) -> None:
                if error is not None:
                    failures.append(error.str())
                else:
                    written[number] = (message.partition(), message.offset())

            return report

        for number, payload in enumerate(payloads):
            producer.produce(
                topic,
                payload,
                key,
                partition=-1 if partition is None else partition,
                timestamp=round(moment.timestamp() * 1000),
                headers=dict(headers or {}),
                on_delivery=stored(number),
            )
        left = producer.flush(_SECONDS)
        if left or failures:
            raise RuntimeError(f"{left or len(failures)} records were not stored: {', '.join(failures[:1])}")
        return written

    def poison(self, topic: str) -> tuple[int, int]:
        """Append a record that is neither UTF-8 nor JSON; give its partition and offset."""
        return self.put(topic, [POISON])[0]

    # --- faults -------------------------------------------------------------------------------

    def down(self) -> None:
        """Refuse connections, and end those that are there, until ``up``."""
        self._cluster.down()

    def up(self) -> None:
        """Accept connections again."""
        self._cluster.up()

    def throttle(self, milliseconds: int) -> None:
        """Let every answer take so long, as brokers do with clients over their quota; 0 ends it."""
        self._cluster.delay(milliseconds)

    def fail(self, code: int, *, times: int = 1, api: int = 1) -> None:
        """Answer the next requests with an error: ``KafkaError``'s number, and the protocol's of the request.

        ``api`` is 1 for Fetch, 2 for ListOffsets, 3 for Metadata.
        """
        self._cluster.fail_next(api, *[code] * times)
