"""Produce at a rate, and see when each record can be read here, while another process consumes."""

from __future__ import annotations

import statistics
import time

from confluent_kafka import Consumer, Producer, TopicPartition

import streamdialect
from tests.benchmarks.meter import Meter, Task
from tests.benchmarks.runs import beside

WARMING = 1.0  # seconds that do not count


def head(task: Task) -> int:
    """Count the records that the topic has."""
    consumer = Consumer({"bootstrap.servers": task.bootstrap, "group.id": "freshness"})
    found: tuple[int, int] = consumer.get_watermark_offsets(TopicPartition(task.topic, 0), timeout=10)
    consumer.close()
    return found[1]


def main() -> None:
    task = Task.read()
    connection = streamdialect.connect(task.database, autocommit=True, ingest="off")
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{task.bootstrap}' AUTHENTICATION none")
    connection.execute(
        "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS"
        f' SELECT kafka_offset, kafka_value FROM s."{task.topic}"'
    )
    producer = Producer({"bootstrap.servers": task.bootstrap, "linger.ms": 0})
    records = int(task.rate * (task.seconds + WARMING))
    waits: list[float] = []
    sent: list[float] = []

    def rows() -> int:
        found: int = connection.execute("SELECT COUNT(*) FROM v").fetchall()[0][0]
        return found

    with beside("consumer", task) as consumer:
        # What is there from the beginning says nothing of how fresh it is.
        producer.produce(task.topic, b'{"n": 0}', partition=0)
        producer.flush()
        before = head(task)
        while rows() < before:
            time.sleep(0.05)
        began = time.perf_counter()
        while len(waits) < records:
            seen, now = rows() - before, time.perf_counter()
            waits += [now - moment for moment in sent[len(waits) : seen]]
            due = min(int((now - began) * task.rate), records)
            while len(sent) < due:
                sent.append(time.perf_counter())
                producer.produce(task.topic, b'{"n": 1}', partition=0)
            producer.poll(0)
            time.sleep(0.0005)
    connection.close()
    waits = sorted(waits[int(task.rate * WARMING) :])
    Meter().report(
        p50_ms=statistics.median(waits) * 1000,
        p99_ms=waits[int(len(waits) * 0.99)] * 1000,
        consumer_cpu=consumer["cpu"],
    )


if __name__ == "__main__":
    main()
