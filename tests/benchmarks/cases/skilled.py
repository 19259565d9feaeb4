"""The loop of somebody who knows both libraries: tuned client, consume(500), orjson, positions in the same commit."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from tests.benchmarks.cases.by_hand import CHUNK, EXTRACTED, POSITIONS, SAVE_POSITION, assigned, check
from tests.benchmarks.meter import Meter, Task, totals

BATCH = 10_000


def main() -> None:
    task = Task.read()
    database = sqlite3.connect(task.database, isolation_level=None)
    for setting in ("page_size = 16384", "journal_mode = WAL", "synchronous = NORMAL", "cache_size = -64000"):
        database.execute(f"PRAGMA {setting}")
    database.execute(EXTRACTED)
    database.execute(POSITIONS)
    consumer = assigned(task)
    meter = Meter()
    stored = 0
    while stored < task.records:
        rows: list[tuple[Any, ...]] = []
        positions: dict[int, int] = {}
        while len(rows) < BATCH and stored + len(rows) < task.records:
            messages: list[Any] = consumer.consume(CHUNK, 0.05)
            check(messages)
            for message in messages:
                reading = orjson.loads(message.value())
                partition, offset = message.partition(), message.offset()
                positions[partition] = offset + 1
                rows.append(
                    (
                        message.timestamp()[1],
                        partition,
                        offset,
                        reading["sensor_id"],
                        reading["current_temperature"],
                        reading["status"],
                        reading["event_time"],
                    )
                )
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        database.executemany(SAVE_POSITION, positions.items())
        database.execute("COMMIT")
        stored += len(rows)
    meter.stop()
    meter.report(**totals(database))


if __name__ == "__main__":
    main()
