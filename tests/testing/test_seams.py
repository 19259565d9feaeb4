"""What the rest of the package has for streamdialect.testing, and others: paces, time-outs, plain connections."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import streamdialect
from streamdialect.model import ExternalSchema, SourceOptions
from streamdialect.sources.kafka_config import connection_properties
from tests.servers import AwsServer, MockKafka


def waits(client: Any, database: Path, **options: Any) -> float:
    """Refresh a view five times; give the seconds of all but the first."""
    client.create_stream(StreamName="s", ShardCount=1)
    connection = streamdialect.connect(database, ingest="manual", autocommit=True, **options)
    connection.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")
    connection.execute("CREATE MATERIALIZED VIEW v AS SELECT kinesis_data FROM k.s")
    connection.execute("REFRESH MATERIALIZED VIEW v")
    began = time.monotonic()
    for _ in range(4):
        connection.execute("REFRESH MATERIALIZED VIEW v")
    connection.close()
    return time.monotonic() - began


def test_a_shard_is_read_as_often_as_told(kinesis_server: AwsServer, database: Path) -> None:
    client = kinesis_server.client("kinesis")
    assert waits(client, database, kinesis_reads=2) > 1.9


def test_a_shard_is_read_five_times_a_second(kinesis_server: AwsServer, database: Path) -> None:
    client = kinesis_server.client("kinesis")
    assert waits(client, database) > 0.8


@pytest.mark.parametrize("reads", [0, -1, 1e9])
def test_reads_must_be_sensible(database: Path, reads: float) -> None:
    with pytest.raises(streamdialect.InterfaceError, match='option "kinesis_reads"'):
        streamdialect.connect(database, kinesis_reads=reads)


@pytest.mark.parametrize("authentication", ["iam", "mtls"])
def test_a_plain_connection_needs_nothing_of_aws(authentication: Any) -> None:
    expected = {"bootstrap.servers": "here:9092", "security.protocol": "plaintext"}
    schema = ExternalSchema(name="k", provider="kafka", uri="b:9098", authentication=authentication)
    options = SourceOptions(kafka={name: SecretStr(value) for name, value in expected.items()})
    assert connection_properties(schema, options) == expected


def test_questions_to_brokers_end_with_the_sockets_time_out(kafka_server: MockKafka, database: Path) -> None:
    kafka_server.topic("t")
    connection = streamdialect.connect(
        database, ingest="manual", autocommit=True, kafka={"socket.timeout.ms": "1200"}
    )
    connection.execute(
        f"CREATE EXTERNAL SCHEMA k FROM KAFKA AUTHENTICATION none URI '{kafka_server.bootstrap}'"
    )
    connection.execute("CREATE MATERIALIZED VIEW v AS SELECT kafka_value FROM k.t")
    kafka_server.down()
    began = time.monotonic()
    with pytest.raises(streamdialect.SourceError, match="cannot be reached"):
        connection.execute("REFRESH MATERIALIZED VIEW v")
    assert 1 < time.monotonic() - began < 4.5
    connection.close()


def test_sessions_share_what_is_read_and_nothing_else() -> None:
    from streamdialect.sources.aws import session_for

    schema = ExternalSchema(name="k", provider="kinesis", region="eu-west-1")
    one, two = (session_for(schema, SourceOptions()) for _ in range(2))
    loaders = [each._session.get_component("data_loader") for each in (one, two)]
    assert loaders[0] is loaders[1]
    heard: list[Any] = []
    one.events.register("streamdialect-test", lambda **given: heard.append(given))
    two.events.emit("streamdialect-test")
    assert heard == []
    one.events.emit("streamdialect-test")
    assert len(heard) == 1
