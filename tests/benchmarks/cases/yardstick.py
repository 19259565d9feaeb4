"""As close as Python comes to what librdkafka and SQLite can do: two threads, no guards.

One thread consumes, the other gives SQLite the values of thousands of records as one bound array
(https://sqlite.org/carray.html), which it reads without the GIL. Every record must be JSON and have a value and a
time, nobody else may consume, and there is one table: the pipeline cannot know that anything is wrong.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import apsw
from confluent_kafka import Consumer, Message

from tests.benchmarks.cases.by_hand import (
    CHUNK,
    EXTRACTED,
    POSITIONS,
    SAVE_POSITION,
    WHOLE,
    assigned,
    check,
)
from tests.benchmarks.meter import Meter, Task, totals

BATCH = 10_000
BATCH_BYTES = 8_000_000
AHEAD = 2  # batches

INTO = {
    "extract": (
        EXTRACTED,
        "j ->> '$.sensor_id', j ->> '$.current_temperature', j ->> '$.status', j ->> '$.event_time'",
    ),
    "super": (WHOLE, "json(j)"),
}
# A time has 13 digits until the year 2286, so that those of a batch are one text in which each has its place.
INSERT = """
INSERT INTO t SELECT CAST(substr(?2, 13 * (r + ?5) - 12, 13) AS INTEGER), ?3, ?4 + r, {columns}
FROM (SELECT rowid AS r, CAST(value AS TEXT) AS j FROM carray(?1) LIMIT -1)
"""


# Its methods are typed to give None, which they do only for what is wrong.
METHODS: Any = Message


@dataclass
class Batch:
    """Be columns of records."""

    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, messages: list[Message]) -> None:
        """Take messages over."""
        values = list(map(METHODS.value, messages))
        self.partitions += map(METHODS.partition, messages)
        self.offsets += map(METHODS.offset, messages)
        self.times += [time[1] for time in map(METHODS.timestamp, messages)]
        self.values += values
        self.size += sum(map(len, values))

    def runs(self) -> Iterator[tuple[int, int]]:
        """Give the stretches that are of one partition and have no gap."""
        start, count = 0, len(self.values)
        while start < count:
            stop = start + 1
            partition, gap = self.partitions[start], self.offsets[start] - start
            while stop < count and self.partitions[stop] == partition and self.offsets[stop] - stop == gap:
                stop += 1
            yield start, stop
            start = stop


def batches(consumer: Consumer, records: int) -> Iterator[Batch]:
    """Consume so many records."""
    left = records
    while left:
        batch = Batch()
        while left and len(batch.values) < BATCH and batch.size < BATCH_BYTES:
            messages = consumer.consume(CHUNK, 0.05)
            check(messages)
            if not messages and batch.values:
                break
            batch.add(messages)
            left -= len(messages)
        yield batch


def write(connection: apsw.Connection, insert: str, batch: Batch) -> None:
    """Store a batch and the positions after it in one transaction."""
    times = "".join(map(str, batch.times)).encode()
    assert len(times) == 13 * len(batch.times)
    values = tuple(batch.values)
    connection.execute("BEGIN IMMEDIATE")
    for start, stop in batch.runs():
        connection.execute(
            insert,
            (
                apsw.carray(values, start=start, stop=stop),
                times,
                batch.partitions[start],
                batch.offsets[start] - 1,
                start,
            ),
        )
        connection.execute(SAVE_POSITION, (batch.partitions[start], batch.offsets[stop - 1] + 1))
    connection.execute("COMMIT")


def main() -> None:
    task = Task.read()
    connection = apsw.Connection(task.database)
    for setting in ("page_size = 16384", "journal_mode = WAL", "synchronous = NORMAL", "cache_size = -64000"):
        connection.execute(f"PRAGMA {setting}")
    table, columns = INTO[task.shape]
    connection.execute(table)
    connection.execute(POSITIONS)
    consumer = assigned(task)
    meter = Meter()
    waiting: queue.Queue[Batch | None] = queue.Queue(AHEAD)

    def feed() -> None:
        for batch in batches(consumer, task.records):
            waiting.put(batch)
        waiting.put(None)

    threading.Thread(target=feed, daemon=True).start()
    insert = INSERT.format(columns=columns)
    while (batch := waiting.get()) is not None:
        write(connection, insert, batch)
    meter.stop()
    meter.report(
        **totals(connection, "sensor_id" if task.shape == "extract" else "payload ->> '$.sensor_id'")
    )


if __name__ == "__main__":
    main()
