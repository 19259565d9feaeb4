"""The script that most people write: poll() each message, json, executemany, a commit for each thousand.

The client has its defaults; positions are the group's, which are committed by time and not with the rows.
"""

from __future__ import annotations

import json
import sqlite3

from confluent_kafka import Consumer

from tests.benchmarks.meter import FOUR_COLUMNS, Meter, Task, totals

BATCH = 1000


def main() -> None:
    task = Task.read()
    meter = Meter()
    consumer = Consumer(
        {"bootstrap.servers": task.bootstrap, "group.id": task.database, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([task.topic])
    database = sqlite3.connect(task.database)
    database.execute(FOUR_COLUMNS)
    rows = []
    seen = 0
    while seen < task.records:
        message = consumer.poll(1.0)
        if message is None:
            continue
        error = message.error()
        if error is not None:
            raise RuntimeError(str(error))
        reading = json.loads(message.value() or b"")
        rows.append(
            (reading["sensor_id"], reading["current_temperature"], reading["status"], reading["event_time"])
        )
        seen += 1
        if len(rows) == BATCH or seen == task.records:
            database.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
            database.commit()
            rows.clear()
    meter.stop()
    meter.report(**totals(database))


if __name__ == "__main__":
    main()
