"""What the cases written by hand share: the task's topic from its beginning, and tables for its records."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from tests.benchmarks.meter import Task

__all__ = ["CHUNK", "EXTRACTED", "POSITIONS", "SAVE_POSITION", "WHOLE", "assigned", "check"]

# Messages of one call of consume(): more of them fall out of the caches of the processor.
CHUNK = 500

EXTRACTED = """
CREATE TABLE t (kafka_timestamp INTEGER, kafka_partition INTEGER, kafka_offset INTEGER,
                sensor_id TEXT, current_temperature REAL, status TEXT, event_time TEXT)
"""
WHOLE = (
    "CREATE TABLE t (kafka_timestamp INTEGER, kafka_partition INTEGER, kafka_offset INTEGER, payload TEXT)"
)
POSITIONS = "CREATE TABLE positions (partition INTEGER PRIMARY KEY, next INTEGER)"
SAVE_POSITION = "INSERT INTO positions VALUES (?, ?) ON CONFLICT DO UPDATE SET next = excluded.next"

# What matters most: by default the client waits a second whenever its queue is full.
_TUNED = {
    "enable.auto.commit": False,
    "fetch.queue.backoff.ms": 5,
    "queued.min.messages": 1_000_000,
    "queued.max.messages.kbytes": 250_000,
    "fetch.message.max.bytes": 8_000_000,
}


def assigned(task: Task) -> Consumer:
    """Make a tuned consumer of all partitions, without a group."""
    consumer = Consumer({"bootstrap.servers": task.bootstrap, "group.id": "by-hand", **_TUNED})
    partitions = consumer.list_topics(task.topic, timeout=10).topics[task.topic].partitions
    consumer.assign([TopicPartition(task.topic, number, OFFSET_BEGINNING) for number in partitions])
    return consumer


def check(messages: Sequence[Message]) -> None:
    """Raise KafkaException if one of these is an error."""
    for error in filter(None, map(Message.error, messages)):
        raise RuntimeError(str(error))
