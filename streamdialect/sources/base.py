"""What a stream source must do: the seam between ingest and the clients of Kinesis and Kafka.

A source lists streams and opens readers. A reader is polled from one thread and returns batches; it
never decides what is stored. Positions are text and opaque to ingest: Kafka's is the offset of the next
record, Kinesis's the sequence number of the last record read, ``BEGINNING_OF_PARTITION`` or ``END_OF_PARTITION``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

__all__ = [
    "BEGINNING_OF_PARTITION",
    "END_OF_PARTITION",
    "Batch",
    "Head",
    "ReadBounds",
    "StreamReader",
    "StreamSource",
]

# The positions of a shard of which nothing has been read yet, and of a closed one that has been read to its
# end; the names are the Kinesis Client Library's.
BEGINNING_OF_PARTITION = "TRIM_HORIZON"
END_OF_PARTITION = "SHARD_END"


class Batch(Struct):
    """Hold consecutive records of one partition, column by column.

    ``start`` is the checkpoint that this batch continues (None: the partition has none yet), ``end`` the
    checkpoint after it. ``columns`` maps a stream column's name to one value a record; the payload and
    position columns are always there, others only if the reader was asked for them. Times are integer
    milliseconds since 1970 UTC, keys and payloads bytes or None, headers JSON text or None.
    A batch without records moves the checkpoint over offsets that hold no record for us, or only
    reports progress. ``size`` is the payload bytes.

    ``first_ms`` and ``last_ms`` are the times of the first and last record, None if unknown.

    ``caught_up_at`` is set when the batch ends at the head of its partition: the time.monotonic() at
    which the request that saw the head was sent (or the head was last known). ``behind`` and
    ``behind_ms`` are the records and milliseconds between this batch's end and the head, None if unknown.
    """

    partition: str
    start: str | None
    end: str | None
    columns: Mapping[str, Sequence[Any]]
    count: int
    size: int
    first_ms: int | None = None
    last_ms: int | None = None
    caught_up_at: float | None = None
    behind: int | None = None
    behind_ms: int | None = None


class Head(Struct, frozen=True):
    """Fix the end of a stream at one moment, so that a REFRESH has an end.

    ``positions`` gives, for each partition that holds records, the checkpoint at which all records that
    existed at ``taken_at`` (time.monotonic()) have been read; it is None for a source that cannot name
    them (Kinesis), where a partition has reached the head once a batch's ``caught_up_at`` is not
    before ``taken_at``. ``ends`` gives the ends of all partitions, where the source can name them.
    ``partitions`` lists all partitions that must get there, closed ones included.
    """

    taken_at: float
    partitions: frozenset[str]
    positions: Mapping[str, int] | None = None
    ends: Mapping[str, int] | None = None

    def beyond(self, partition: str, position: str | None) -> bool:
        """Tell whether a checkpoint lies after the end of its partition: the stream is not the one it was."""
        end = None if self.ends is None else self.ends.get(partition)
        return end is not None and position is not None and int(position) > end

    def reached(self, partition: str, position: str | None, caught_up_at: float | None) -> bool:
        """Tell whether a partition with this checkpoint has everything that the head covers."""
        if position == END_OF_PARTITION:
            return True
        if self.positions is not None:
            wanted = self.positions.get(partition)
            return wanted is None or (position is not None and int(position) >= wanted)
        return caught_up_at is not None and caught_up_at >= self.taken_at


class ReadBounds(Struct, frozen=True):
    """Narrow a direct read of a stream; ingest reads without bounds.

    ``partitions``: only these. ``first``: begin at this record position (inclusive) in every
    partition. ``since_ms``: begin at the first record not older than this time. A reader may return
    more than asked for; it must not return less.
    """

    partitions: frozenset[str] | None = None
    first: str | None = None
    since_ms: int | None = None


UNBOUNDED = ReadBounds()
NEVER: Mapping[str, float] = {}


class StreamReader(Protocol):
    """Read one stream from given checkpoints on. Not thread-safe: one thread polls and closes it."""

    def poll(self, timeout: float) -> list[Batch]:
        """Return the next batches in reading order, waiting at most ``timeout`` seconds for a record.

        Return [] when there is nothing to say. Find new partitions by itself, and hold a partition back
        until those it descends from (Kinesis: parent shards) have been read to their end. Raise
        OffsetOutOfRangeError where records after a checkpoint may have left the stream unread, SourceAuthError
        for refused credentials, SourceError for the rest; a reader stays usable after a SourceError.
        """
        ...

    def close(self) -> None:
        """Release connections and threads; may block for a second. Calling it again does nothing."""
        ...


class StreamSource(Protocol):
    """Reach the streams of one external schema. Thread-safe."""

    def streams(self) -> list[str]:
        """List the streams the credentials can see, sorted. Blocks on the network; raises SourceError."""
        ...

    def check(self, stream: str) -> None:
        """Raise UndefinedObjectError if the stream does not exist, SourceError if that cannot be known."""
        ...

    def identity(self, stream: str) -> str | None:
        """Give an id that another stream of the same name would not have; None where the service does not tell.

        Blocks on the network; raises as check does.
        """
        ...

    def head(self, stream: str) -> Head:
        """Fix the stream's end as of now. Blocks on the network; raises SourceError."""
        ...

    def open(
        self,
        stream: str,
        checkpoints: Mapping[str, str],
        columns: Collection[str],
        bounds: ReadBounds = UNBOUNDED,
        complete: Mapping[str, float] = NEVER,
        identity: str | None = None,
    ) -> StreamReader:
        """Open a reader that continues after ``checkpoints``.

        A partition without a checkpoint is read from its oldest record (TRIM_HORIZON, earliest offset).
        ``columns`` are the stream columns that batches must carry besides payload and position. ``complete``
        gives, by partition, the time.time() at which its checkpoint was last known to be its end: what came
        later may have expired unread, what came before was read. ``identity`` is that of the stream which is
        meant; a reader that meets another raises OffsetOutOfRangeError without a partition, if it can tell.
        """
        ...

    def close(self) -> None:
        """Release what the source holds; readers must be closed before."""
        ...
