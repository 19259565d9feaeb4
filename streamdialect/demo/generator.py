"""Readings of IoT sensors, as the tutorial's generator makes them; as a program it sends them to a stream."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

__all__ = ["random_reading"]

_BATCH = 500  # records of one PutRecords call (Kinesis' limit)


def random_reading() -> dict[str, Any]:
    """Make one reading: sensor_id 1-99, current_temperature 10-180, status, event_time (26 characters)."""
    temperature = round(10 + random.random() * 170, 2)
    if temperature > 160:
        status = "ERROR"
    elif temperature > 140 or random.randrange(1, 100) > 80:
        status = random.choice(["WARNING", "ERROR"])
    else:
        status = "OK"
    return {
        "sensor_id": random.randrange(1, 100),
        "current_temperature": temperature,
        "status": status,
        "event_time": datetime.now().isoformat(timespec="microseconds"),
    }


def _kinesis(stream: str) -> Callable[[list[dict[str, Any]]], None]:
    import boto3

    client = boto3.client("kinesis")

    def send(readings: list[dict[str, Any]]) -> None:
        for start in range(0, len(readings), _BATCH):
            client.put_records(
                StreamName=stream,
                Records=[
                    {"Data": json.dumps(reading).encode(), "PartitionKey": str(reading["sensor_id"])}
                    for reading in readings[start : start + _BATCH]
                ],
            )

    return send


def _kafka(topic: str, bootstrap: str) -> Callable[[list[dict[str, Any]]], None]:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "compression.type": "lz4"})

    def send(readings: list[dict[str, Any]]) -> None:
        for reading in readings:
            producer.produce(topic, json.dumps(reading).encode(), key=str(reading["sensor_id"]).encode())
            producer.poll(0)
        producer.flush(10)

    return send


def main(arguments: list[str]) -> None:
    """Send readings at a rate until killed: ``generator.py kinesis|kafka STREAM RATE [BOOTSTRAP]``."""
    kind, stream, rate, where = arguments
    send = _kinesis(stream) if kind == "kinesis" else _kafka(stream, where)
    # Ten bursts a second, or one record at a time for slow rates.
    burst = max(1, int(rate) // 10)
    pause = burst / int(rate)
    due = time.monotonic()
    while True:
        send([random_reading() for _ in range(burst)])
        due = max(due + pause, time.monotonic() - 1.0)
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1:])
