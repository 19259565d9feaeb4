"""Bytewax: its Kafka source, a map, and a sink that writes each batch into SQLite."""

from __future__ import annotations

import sqlite3

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from tests.benchmarks.meter import FOUR_COLUMNS, Meter, Reading, Task, totals


class Table(StatelessSinkPartition[Reading]):
    """Insert the rows that the dataflow brings."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(FOUR_COLUMNS)

    def write_batch(self, items: list[Reading]) -> None:
        """Insert rows in one transaction."""
        self._database.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", items)
        self._database.commit()


class Sink(DynamicSink[Reading]):
    """Make the table's writer in the one worker."""

    def __init__(self, path: str) -> None:
        self._path = path

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Table:
        """Make the writer."""
        return Table(self._path)


def extract(message: KafkaSourceMessage) -> Reading:
    """Read a record."""
    reading = orjson.loads(message.value)
    return reading["sensor_id"], reading["current_temperature"], reading["status"], reading["event_time"]


def main() -> None:
    task = Task.read()
    meter = Meter()
    flow = Dataflow("readings")
    source = KafkaSource(
        [task.bootstrap],
        [task.topic],
        tail=False,
        batch_size=10_000,
        add_config={"fetch.queue.backoff.ms": "5", "queued.min.messages": "1000000"},
    )
    rows = op.map("extract", op.input("read", flow, source), extract)
    op.output("write", rows, Sink(task.database))
    run_main(flow)
    meter.stop()
    meter.report(**totals(sqlite3.connect(task.database)))


if __name__ == "__main__":
    main()
