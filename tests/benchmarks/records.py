"""The records that the measurements read, and the views over them."""

from __future__ import annotations

import json
from typing import Any

from tests.servers import KafkaServer

__all__ = ["EXTRACT", "EXTRACT_KINESIS", "PARTITIONS", "WHOLE", "expected", "fill", "record"]

PARTITIONS = 8

EXTRACT = """
    SELECT kafka_timestamp, kafka_partition, kafka_offset,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'sensor_id')::VARCHAR(8) AS sensor_id,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'current_temperature')::DECIMAL(10,2)
               AS current_temperature,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'status')::VARCHAR(8) AS status,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'event_time')::CHARACTER(26) AS event_time
    FROM s."{topic}"
"""
WHOLE = """
    SELECT kafka_timestamp, kafka_partition, kafka_offset, JSON_PARSE(kafka_value) AS payload
    FROM s."{topic}"
"""
# The same of a Kinesis stream.
EXTRACT_KINESIS = EXTRACT.replace("kafka_value", "kinesis_data").replace(
    "kafka_timestamp, kafka_partition, kafka_offset",
    "approximate_arrival_timestamp, shard_id, sequence_number",
)


def record(number: int, padding: int, bad: float = 0.0) -> bytes:
    """Make a reading of about 107 bytes, or more with padding; ``bad`` of them have no number where one is read."""
    reading: dict[str, Any] = {
        "sensor_id": number % 100,
        "current_temperature": round(10 + (number * 37 % 17000) / 100, 2),
        "status": ("OK", "WARNING", "ERROR")[number % 3],
        "event_time": f"2026-11-22T10:{number // 60 % 60:02d}:{number % 60:02d}.{number % 1000000:06d}",
    }
    if int((number + 1) * bad) > int(number * bad):
        reading["current_temperature"] = "n/a"
    if padding:
        reading["padding"] = {"text": "x" * (padding // 2), "numbers": list(range(padding // 10))}
    return json.dumps(reading).encode()


def fill(server: KafkaServer, topic: str, records: int, padding: int, bad: float = 0.0) -> float:
    """Produce records into a topic; give their mean size in bytes."""
    server.topic(topic, PARTITIONS)
    producer = server.producer(compression_type="lz4", queue_buffering_max_messages=1_000_000)
    size = 0
    for number in range(records):
        value = record(number, padding, bad)
        size += len(value)
        while True:
            try:
                producer.produce(topic, value, partition=number // 500 % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0
    return size / records


def expected(records: int) -> dict[str, int]:
    """Say what a case has to report that stored so many records."""
    return {"rows": records, "sum": sum(number % 100 for number in range(records))}
