"""Batches in pieces: how much memory one takes, and how it is cut so that a transaction stays short."""

from __future__ import annotations

from msgspec.structs import replace

from streamdialect.sources.base import Batch

__all__ = ["cut", "weight"]

# What a value costs beside its bytes: a Python object's header, and its place in a list.
_VALUE_BYTES = 56
# The columns whose values may be large; ``Batch.size`` has the payloads already.
_SIZED = ("kafka_key", "kafka_headers", "partition_key")


def weight(batch: Batch) -> int:
    """Estimate the memory that a batch takes, in bytes."""
    found = batch.size + batch.count * len(batch.columns) * _VALUE_BYTES
    for name in _SIZED:
        if name in batch.columns:
            found += sum(map(len, filter(None, batch.columns[name])))
    return found


def cut(batch: Batch, records: int) -> tuple[Batch, Batch]:
    """Cut a batch after so many of its records; both parts have records."""
    front = {name: values[:records] for name, values in batch.columns.items()}
    rest = {name: values[records:] for name, values in batch.columns.items()}
    # A position is the next offset of Kafka's, and the last sequence number of Kinesis's.
    offsets = rest.get("kafka_offset")
    position = str(front["sequence_number"][-1] if offsets is None else offsets[0])
    left = batch.count - records
    payloads = front["kinesis_data" if offsets is None else "kafka_value"]
    size = sum(map(len, filter(None, payloads)))
    return (
        replace(
            batch,
            end=position,
            columns=front,
            count=records,
            size=size,
            last_ms=None,
            caught_up_at=None,
            behind=None if batch.behind is None else batch.behind + left,
        ),
        replace(batch, start=position, columns=rest, count=left, size=batch.size - size, first_ms=None),
    )
