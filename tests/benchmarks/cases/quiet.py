"""Consume a stream that has nothing new."""

from __future__ import annotations

import time

import streamdialect
from tests.benchmarks.meter import Meter, Task
from tests.benchmarks.records import EXTRACT


def main() -> None:
    task = Task.read()
    connection = streamdialect.connect(task.database, autocommit=True)
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{task.bootstrap}' AUTHENTICATION none")
    connection.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT.format(topic=task.topic)}")
    time.sleep(2)  # until it has begun
    meter = Meter()
    time.sleep(task.seconds)
    meter.stop()
    connection.close()
    meter.report()


if __name__ == "__main__":
    main()
