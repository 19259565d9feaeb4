"""Pathway: its Kafka connector into its CSV writer, as it has none for a plain SQLite table."""

from __future__ import annotations

import csv

import pathway as pw

from tests.benchmarks.meter import Meter, Task


class Readings(pw.Schema):
    """Name the members of a record."""

    sensor_id: int
    current_temperature: float
    status: str
    event_time: str


def main() -> None:
    task = Task.read()
    meter = Meter()
    settings = {
        "bootstrap.servers": task.bootstrap,
        "group.id": task.database,
        "auto.offset.reset": "earliest",
        "fetch.queue.backoff.ms": "5",
        "queued.min.messages": "1000000",
    }
    table = pw.io.kafka.read(
        settings, topic=task.topic, format="json", schema=Readings, mode="static", autocommit_duration_ms=1000
    )
    written = f"{task.database}.csv"
    pw.io.csv.write(table, written)
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)
    meter.stop()
    with open(written, newline="") as lines:
        sensors = [int(row["sensor_id"]) for row in csv.DictReader(lines)]
    meter.report(rows=len(sensors), sum=sum(sensors))


if __name__ == "__main__":
    main()
