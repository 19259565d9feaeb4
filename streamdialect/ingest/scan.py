"""Read a stream directly, up to its head as of now: what stands behind SELECT ... FROM schema."stream"."""

from __future__ import annotations

import time
from collections.abc import Iterator

from streamdialect.errors import SourceError
from streamdialect.sources.base import Batch, ReadBounds, StreamSource
from streamdialect.storage.stream_table import StreamRange, StreamRows

__all__ = ["scan"]

_POLL = 0.25
# Give up when a source that claims to have more records sends none for this long, in seconds.
_PATIENCE = 30.0


def scan(source: StreamSource, stream: str, wanted: StreamRange) -> Iterator[StreamRows]:
    """Yield the stream's records from the range's beginning to the head as of the first call.

    Blocks on the network between records. Closing the iterator closes the reader. Raise
    UndefinedObjectError for a stream that does not exist, SourceError for the rest.
    """
    source.check(stream)
    head = source.head(stream)
    partitions = head.partitions
    if wanted.partitions is not None:
        partitions &= wanted.partitions
        if not partitions:
            return
    bounds = ReadBounds(
        partitions=wanted.partitions,
        # A sequence number belongs to one shard; without the shard it says nothing about the others.
        first=wanted.first if head.positions is not None or wanted.partitions is not None else None,
        since_ms=wanted.since_ms,
    )
    reader = source.open(stream, {}, wanted.columns, bounds)
    try:
        pending = {partition for partition in partitions if not head.reached(partition, None, None)}
        patience = time.monotonic() + _PATIENCE
        while pending:
            batches = reader.poll(_POLL)
            for batch in batches:
                if batch.partition in pending:
                    limit = None if head.positions is None else head.positions.get(batch.partition)
                    yield from _rows(batch, limit)
                    if head.reached(batch.partition, batch.end, batch.caught_up_at):
                        pending.discard(batch.partition)
            if batches:
                patience = time.monotonic() + _PATIENCE
            elif time.monotonic() > patience:
                raise SourceError(
                    f'stream "{stream}" sent nothing for {_PATIENCE:.0f} s before its head was reached'
                )
    finally:
        reader.close()


def _rows(batch: Batch, limit: int | None) -> Iterator[StreamRows]:
    """Cut a batch at the head: records that arrived after the query began are not part of it."""
    if not batch.count:
        return
    columns, count = batch.columns, batch.count
    if limit is not None:
        offsets = columns["kafka_offset"]
        if offsets[-1] >= limit:
            count = sum(1 for offset in offsets if offset < limit)
            columns = {name: values[:count] for name, values in columns.items()}
    if count:
        yield StreamRows(batch.partition, columns, count)
