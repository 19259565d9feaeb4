"""What the rest of the package has for streamdialect.testing, and others: paces, time-outs, plain connections."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect.model import ExternalSchema, Secret, SourceOptions
from streamdialect.sources.kafka_config import connection_properties
from tests.servers import MockKafka


@pytest.mark.parametrize(("reads", "pace"), [(5, 1.0), (2, 2.5), (1000, 0.005)])
def test_a_shard_is_read_as_often_as_told(reads: float, pace: float) -> None:
    """tests/sources/test_kinesis_reader.py has the times that it gives."""
    from streamdialect.sources.kinesis import KinesisSource

    schema = ExternalSchema(name="k", provider="kinesis", region="eu-west-1")
    source = KinesisSource(schema, SourceOptions(kinesis_reads=reads))
    assert source.open("s", {}, ())._pace == pace
    source.close()


@pytest.mark.parametrize("reads", [0, -1, 1e9])
def test_reads_must_be_sensible(database: Path, reads: float) -> None:
    with pytest.raises(streamdialect.InterfaceError, match='option "kinesis_reads"'):
        streamdialect.connect(database, kinesis_reads=reads)


@pytest.mark.parametrize("authentication", ["iam", "mtls"])
def test_a_plain_connection_needs_nothing_of_aws(authentication: Any) -> None:
    expected = {"bootstrap.servers": "here:9092", "security.protocol": "plaintext"}
    schema = ExternalSchema(name="k", provider="kafka", uri="b:9098", authentication=authentication)
    options = SourceOptions(kafka={name: Secret(value) for name, value in expected.items()})
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
