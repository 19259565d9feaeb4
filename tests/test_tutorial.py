"""AWS's tutorial for streaming ingestion, statement by statement, against what an independent reader sees.

The reader is the client library alone (boto3, confluent-kafka), without a line of this package.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

import streamdialect
from streamdialect.demo.generator import random_reading
from streamdialect.demo.statements import STREAM, kafka_statements, kinesis_statements
from tests.servers import AwsServer, KafkaServer, apache_kafka, kinesis_local, mock_kafka, moto_process

pytestmark = pytest.mark.timeout(600)

RECORDS = 100_000


@dataclass
class Reading:
    """What an independent reader sees of one record."""

    partition: str
    position: str
    payload: dict[str, Any]


# --- producers and independent readers --------------------------------------------------------------


def put_records(client: Any, count: int) -> None:
    for start in range(0, count, 500):
        client.put_records(
            StreamName=STREAM,
            Records=[
                {"Data": json.dumps(reading).encode(), "PartitionKey": str(reading["sensor_id"])}
                for reading in (random_reading() for _ in range(min(500, count - start)))
            ],
        )


def read_kinesis(client: Any) -> list[Reading]:
    found = []
    for shard in client.list_shards(StreamName=STREAM)["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            answer = client.get_records(ShardIterator=iterator, Limit=10_000)
            for record in answer["Records"]:
                found.append(Reading(shard["ShardId"], record["SequenceNumber"], json.loads(record["Data"])))
            iterator = answer.get("NextShardIterator")
            if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                break
    return found


def produce(server: KafkaServer, count: int, partitions: int) -> None:
    producer = server.producer(compression_type="lz4", queue_buffering_max_messages=200_000)
    for number in range(count):
        producer.produce(STREAM, json.dumps(random_reading()), partition=number % partitions)
        producer.poll(0)
    assert producer.flush(60) == 0


def read_kafka(server: KafkaServer, partitions: int) -> list[Reading]:
    consumer = Consumer(
        {
            "bootstrap.servers": server.bootstrap,
            "group.id": "independent",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(STREAM, partition, 0) for partition in range(partitions)])
    found, left = [], set(range(partitions))
    while left:
        for message in consumer.consume(500, 1.0):
            if message.error() is not None:
                left.discard(message.partition())
            else:
                partition, position = str(message.partition()), str(message.offset())
                found.append(Reading(partition, position, json.loads(message.value() or b"null")))
    consumer.close()
    return found


# --- the comparison ---------------------------------------------------------------------------------


def check(
    connection: streamdialect.Connection, readings: Iterable[Reading], part: str, position: str
) -> None:
    """Compare both views with what the independent reader saw: positions, counts and exact sums."""
    readings = list(readings)
    positions = connection.execute(f"SELECT {part}, {position} FROM sensor_data").fetchall()
    assert len(positions) == len(readings)
    assert {(str(a), str(b)) for a, b in positions} == {(r.partition, r.position) for r in readings}

    expected: dict[str, tuple[int, Decimal]] = {}
    for reading in readings:
        count, total = expected.get(reading.payload["status"], (0, Decimal(0)))
        temperature = Decimal(str(reading.payload["current_temperature"]))
        expected[reading.payload["status"]] = (count + 1, total + temperature)
    extracted = connection.execute(
        "SELECT status, COUNT(*), SUM(current_temperature) FROM sensor_data_extract GROUP BY status"
    ).fetchall()
    assert {status: (count, total) for status, count, total in extracted} == expected

    navigated = connection.execute(
        "SELECT payload.status::VARCHAR, COUNT(*), SUM(payload.current_temperature::DECIMAL(10,2))"
        " FROM sensor_data GROUP BY 1"
    ).fetchall()
    assert {status: (count, total) for status, count, total in navigated} == expected

    sensors = connection.execute("SELECT COUNT(DISTINCT sensor_id), MIN(event_time) FROM sensor_data_extract")
    assert sensors.fetchone() == (
        len({reading.payload["sensor_id"] for reading in readings}),
        min(reading.payload["event_time"] for reading in readings),
    )


PLAIN_READER = """
import json, select, sqlite3, sys
plain = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
counts = []
while not select.select([sys.stdin], [], [], 0)[0]:
    counts.append(plain.execute("SELECT count(*), count(DISTINCT sensor_id) FROM sensor_data_extract").fetchone())
print(json.dumps(counts))
"""


class PlainReader:
    """Read the file with the standard library's sqlite3, in another process, while it is being written.

    In this one it would be a second copy of SQLite beside apsw's, and POSIX locks are the process's.
    """

    def __init__(self, database: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PLAIN_READER, str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def counts(self) -> list[list[int]]:
        """End the reading; give rows and sensors at each look."""
        written, _ = self._process.communicate("end")
        assert self._process.returncode == 0
        return list(json.loads(written))


def run_tutorial(
    database: Path, statements: list[str], readings: list[Reading], part: str, position: str
) -> None:
    connection = streamdialect.connect(database)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    plain = PlainReader(database)
    connection.execute("REFRESH MATERIALIZED VIEW sensor_data")
    connection.execute("REFRESH MATERIALIZED VIEW sensor_data_extract")
    counts = plain.counts()
    assert counts == sorted(counts), "a reader saw rows disappear"
    assert all(sensors <= 99 for _, sensors in counts)
    check(connection, readings, part, position)
    assert connection.execute("SELECT COUNT(*) FROM sys_stream_scan_errors").fetchone() == (0,)
    connection.close()


# --- the same on each server ------------------------------------------------------------------------


@pytest.mark.parametrize("records", [5_000, pytest.param(RECORDS, marks=pytest.mark.slow)])
def test_kinesis(database: Path, monkeypatch: pytest.MonkeyPatch, records: int) -> None:
    """With all records it takes minutes, most of them moto's: it takes some 3,000 records a second."""
    with moto_process() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        client = server.client("kinesis")
        client.create_stream(StreamName=STREAM, ShardCount=4)
        put_records(client, records)
        run_tutorial(database, kinesis_statements(), read_kinesis(client), "shard_id", "sequence_number")


@pytest.mark.kinesis_local
def test_kinesis_local(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second Kinesis, which has real sequence numbers; it takes some hundred records a second."""
    with kinesis_local() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        client = server.client("kinesis")
        client.create_stream(StreamName=STREAM, ShardCount=2)
        client.get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})
        put_records(client, 5_000)
        schema = "CREATE EXTERNAL SCHEMA sensors FROM KINESIS IAM_ROLE default"
        run_tutorial(
            database, [schema, *kinesis_statements()[1:]], read_kinesis(client), "shard_id", "sequence_number"
        )


@pytest.fixture(
    params=[
        pytest.param(mock_kafka, id="mock"),
        pytest.param(apache_kafka, id="apache", marks=pytest.mark.apache_kafka),
    ]
)
def kafka(request: pytest.FixtureRequest) -> Iterator[KafkaServer]:
    with request.param() as server:
        yield server


def test_kafka(database: Path, kafka: KafkaServer) -> None:
    kafka.topic(STREAM, 4)
    produce(kafka, RECORDS, 4)
    run_tutorial(
        database, kafka_statements(kafka.bootstrap), read_kafka(kafka, 4), "kafka_partition", "kafka_offset"
    )


def test_a_view_goes_on_where_it_was(database: Path, kinesis_server: AwsServer) -> None:
    """Records before, between and after two lives of the process are in the views once."""
    client = kinesis_server.client("kinesis")
    client.create_stream(StreamName=STREAM, ShardCount=2)
    put_records(client, 1_500)
    connection = streamdialect.connect(database)
    for statement in kinesis_statements():
        connection.execute(statement)
    connection.commit()
    connection.execute("REFRESH MATERIALIZED VIEW sensor_data")
    connection.close()

    put_records(client, 1_500)
    connection = streamdialect.connect(database)
    connection.execute("REFRESH MATERIALIZED VIEW sensor_data")
    connection.execute("REFRESH MATERIALIZED VIEW sensor_data_extract")
    check(connection, read_kinesis(client), "shard_id", "sequence_number")
    connection.close()
