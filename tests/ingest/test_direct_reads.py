"""Streams as relations: read without a view, bounded at the head, narrowed by the WHERE clause."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import streamdialect
from tests.ingest.conftest import Events
from tests.servers import AwsServer


def test_a_stream_is_a_relation(events: Events) -> None:
    events.put({"n": 1}, {"n": 2})
    events.put({"n": 3}, None, partition=1)
    rows = events.execute("SELECT kafka_partition, kafka_offset, kafka_value FROM s.events ORDER BY 1, 2")
    assert rows == [(0, 0, b'{"n": 1}'), (0, 1, b'{"n": 2}'), (1, 0, b'{"n": 3}'), (1, 1, None)]


def test_where_and_limit(events: Events) -> None:
    events.put(*[{"n": number} for number in range(2000)])
    events.put({"n": -1}, partition=1)
    assert events.execute("SELECT COUNT(*) FROM s.events WHERE kafka_partition = 1") == [(1,)]
    assert events.execute(
        "SELECT kafka_offset FROM s.events WHERE kafka_partition = 0 AND kafka_offset >= 1998 ORDER BY 1"
    ) == [(1998,), (1999,)]
    assert len(events.execute("SELECT JSON_PARSE(kafka_value) AS j FROM s.events LIMIT 10")) == 10
    assert events.execute("SELECT COUNT(*) FROM s.events WHERE kafka_offset BETWEEN 10 AND 19") == [(10,)]
    tomorrow = datetime.now() + timedelta(days=1)
    assert events.execute("SELECT COUNT(*) FROM s.events WHERE kafka_timestamp > ?", (tomorrow,)) == [(0,)]


def test_or_across_columns(events: Events) -> None:
    """SQLite reads the stream once for each side of the OR and must know the same record again."""
    events.put(*[b"x"] * 3)
    events.put(*[b"x"] * 3, partition=1)
    query = "SELECT kafka_partition, kafka_offset FROM s.events WHERE kafka_partition = 1 OR kafka_offset = 0"
    assert sorted(events.execute(query)) == [(0, 0), (1, 0), (1, 1), (1, 2)]


def test_an_empty_stream(events: Events) -> None:
    assert events.execute("SELECT * FROM s.events") == []


def test_streams_are_listed(events: Events) -> None:
    events.server.topic("other")
    rows = events.execute("SELECT tablename FROM svv_external_tables WHERE schemaname = 's' ORDER BY 1")
    assert rows == [("events",), ("other",)]


def test_a_late_binding_view_is_live(events: Events) -> None:
    events.execute(
        "CREATE VIEW live AS SELECT kafka_timestamp, JSON_PARSE(kafka_value) AS payload FROM s.events"
        " WITH NO SCHEMA BINDING"
    )
    assert events.execute("SELECT COUNT(*) FROM live") == [(0,)]
    events.put({"n": 1})
    cursor = events.connection.execute("SELECT kafka_timestamp, payload.n::INT FROM live")
    assert [column[1] for column in cursor.description or ()] == ["TIMESTAMP", "INTEGER"]
    assert [row[1] for row in cursor] == [1]
    events.execute("DROP VIEW live")


def test_what_cannot_be_read_is_named(events: Events) -> None:
    with pytest.raises(streamdialect.UndefinedObjectError, match="absent"):
        events.execute("SELECT * FROM s.absent")
    with pytest.raises(streamdialect.UndefinedObjectError, match="nowhere"):
        events.execute("SELECT * FROM nowhere.events")
    with pytest.raises(streamdialect.UndefinedObjectError, match="kinesis_data"):
        events.execute("SELECT kinesis_data FROM s.events")


def test_kinesis(database: object, kinesis_server: AwsServer) -> None:
    client = kinesis_server.client("kinesis")
    client.create_stream(StreamName="Mixed-Case", ShardCount=2)
    for number in range(50):
        client.put_record(StreamName="Mixed-Case", Data=b"%d" % number, PartitionKey=str(number))
    connection = streamdialect.connect(database, autocommit=True)  # type: ignore[arg-type]
    connection.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")
    assert connection.execute('SELECT COUNT(*) FROM k."Mixed-Case"').fetchone() == (50,)
    shards = connection.execute(
        'SELECT shard_id, COUNT(*) FROM k."Mixed-Case" GROUP BY 1 ORDER BY 1'
    ).fetchall()
    shard, expected = shards[1]
    one = connection.execute('SELECT COUNT(*) FROM k."Mixed-Case" WHERE shard_id = ?', (shard,)).fetchone()
    assert one == (expected,)
    assert len(connection.execute('SELECT * FROM k."Mixed-Case" LIMIT 5').fetchall()) == 5
    connection.close()
