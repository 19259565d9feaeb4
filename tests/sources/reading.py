"""What the tests of sources read with: a drained reader whose batches have been checked for consistency."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from streamdialect.model import ExternalSchema, Secret, SourceOptions
from streamdialect.sources import Batch, Head, StreamReader, StreamSource, open_source

KINESIS_COLUMNS = ("approximate_arrival_timestamp", "partition_key")
KAFKA_COLUMNS = ("kafka_timestamp_type", "kafka_timestamp", "kafka_key", "kafka_headers")

_numbers = itertools.count()


def fresh(prefix: str = "stream") -> str:
    """Name a stream that no other test uses."""
    return f"{prefix}-{next(_numbers)}-{uuid.uuid4().hex[:6]}"


def kinesis_source(**clauses: Any) -> StreamSource:
    return open_source(ExternalSchema(name="k", provider="kinesis", **clauses))


def kafka_source(uri: str, options: Mapping[str, Any] | None = None, **clauses: Any) -> StreamSource:
    schema = ExternalSchema(name="k", provider="kafka", uri=uri, **clauses)
    properties = {name: Secret(value) for name, value in (options or {}).items()}
    return open_source(schema, SourceOptions(kafka=properties))


class Reading:
    """Poll a reader and keep what it gave, checking each batch against the contract."""

    def __init__(self, reader: StreamReader, checkpoints: Mapping[str, str] | None = None) -> None:
        self.reader = reader
        self.batches: list[Batch] = []
        self.checkpoints: dict[str, str] = dict(checkpoints or {})
        self._caught_up: dict[str, float] = {}

    def poll(self, timeout: float = 0.5) -> list[Batch]:
        batches = self.reader.poll(timeout)
        for batch in batches:
            self._check(batch)
        self.batches += batches
        return batches

    def _check(self, batch: Batch) -> None:
        assert batch.start == self.checkpoints.get(batch.partition)
        assert {len(values) for values in batch.columns.values()} == {batch.count}
        assert batch.end is not None or batch.count == 0
        payloads = batch.columns.get("kinesis_data", batch.columns.get("kafka_value"))
        assert payloads is not None
        assert batch.size == sum(len(payload) for payload in payloads if payload is not None)
        if batch.end is not None:
            self.checkpoints[batch.partition] = batch.end
        if batch.caught_up_at is not None:
            self._caught_up[batch.partition] = batch.caught_up_at

    def until(self, condition: Callable[[], bool]) -> Reading:
        while not condition():
            self.poll()
        return self

    def until_head(self, head: Head, partitions: frozenset[str] | None = None) -> Reading:
        wanted = head.partitions if partitions is None else partitions
        return self.until(
            lambda: all(
                head.reached(partition, self.checkpoints.get(partition), self._caught_up.get(partition))
                for partition in wanted
            )
        )

    def column(self, name: str, partition: str | None = None) -> list[Any]:
        return [
            value
            for batch in self.batches
            if partition is None or batch.partition == partition
            for value in batch.columns[name]
        ]


def read_all(
    source: StreamSource,
    stream: str,
    columns: tuple[str, ...] = (),
    checkpoints: Mapping[str, str] | None = None,
) -> Reading:
    """Read from checkpoints to the head as of now, and close the reader."""
    reader = source.open(stream, checkpoints or {}, columns)
    try:
        return Reading(reader, checkpoints).until_head(source.head(stream))
    finally:
        reader.close()
