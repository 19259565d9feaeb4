"""What the ingest tests share: a stream on the mock cluster and a connection to a file that reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from tests.ingest.kinesis_stream import KinesisStream
from tests.servers import AwsServer, MockKafka
from tests.servers.kinesis_faults import faulty_kinesis

EXTRACT = """
    SELECT kafka_partition, kafka_offset,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'name')::VARCHAR(8) AS name,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'amount')::DECIMAL(10,2) AS amount
    FROM s.events
"""


@dataclass
class Events:
    """Be a topic ``events`` of two partitions, and a connection whose schema ``s`` reads it."""

    server: MockKafka
    connection: streamdialect.Connection
    database: Path

    def put(self, *records: Any, partition: int = 0) -> None:
        """Append records: bytes or None as they are, anything else as JSON."""
        values = [
            record if isinstance(record, bytes | None) else json.dumps(record).encode() for record in records
        ]
        self.server.produce("events", values, partition=partition)

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute a statement; give its rows, if it has any."""
        cursor = self.connection.execute(statement, parameters)
        return [] if cursor.description is None else cursor.fetchall()

    def refresh(self, view: str) -> None:
        self.connection.execute(f"REFRESH MATERIALIZED VIEW {view}")


@pytest.fixture
def events(database: Path, kafka_server: MockKafka) -> Iterator[Events]:
    kafka_server.topic("events", 2)
    connection = streamdialect.connect(database, autocommit=True)
    connection.execute(
        f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none"
    )
    yield Events(kafka_server, connection, database)
    connection.close()


@pytest.fixture
def stream(
    database: Path, kinesis_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KinesisStream]:
    with faulty_kinesis(kinesis_server) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        stream = KinesisStream(server, kinesis_server, database)
        yield stream
        stream.connection.close()
