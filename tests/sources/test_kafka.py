"""Kafka sources on librdkafka's mock cluster, and all the same on Apache Kafka."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError, TopicPartition

from streamdialect.errors import (
    InterfaceError,
    OffsetOutOfRangeError,
    SourceError,
    UndefinedObjectError,
)
from streamdialect.sources import ReadBounds, StreamSource
from streamdialect.sources import kafka as kafka_module
from tests.servers import KafkaServer, MockKafka
from tests.servers.process import free_ports
from tests.sources.reading import KAFKA_COLUMNS, Reading, fresh, kafka_source, read_all


@pytest.fixture
def source(kafka: KafkaServer) -> Iterator[StreamSource]:
    source = kafka_source(kafka.bootstrap)
    yield source
    source.close()


def test_streams_are_the_topics_sorted_without_kafkas_own(kafka: KafkaServer, source: StreamSource) -> None:
    first, second, hidden = fresh("a"), fresh("b"), fresh("__internal")
    for name in (second, first, hidden):
        kafka.topic(name)
    found = source.streams()
    assert found == sorted(found)
    assert {first, second} <= set(found)
    assert hidden not in found


def test_a_missing_topic_is_named_and_not_created(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    with pytest.raises(UndefinedObjectError, match=f'stream "{name}" does not exist'):
        source.check(name)
    with pytest.raises(UndefinedObjectError):
        source.head(name)
    reader = source.open(name, {}, ())
    with pytest.raises(SourceError, match="does not exist"):
        reader.poll(0)
    reader.close()
    assert name not in source.streams()


def test_a_reader_goes_on_once_the_topic_exists(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    reading = Reading(source.open(name, {}, ()))
    with pytest.raises(SourceError):
        reading.poll()
    kafka.topic(name)
    kafka.produce(name, [b"1"])

    def arrived() -> bool:
        return reading.column("kafka_value") == [b"1"]

    while not arrived():
        try:
            reading.poll()
        except SourceError:
            continue
    reading.reader.close()


def test_records_of_all_partitions_are_read_in_order(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name, 3)
    for partition in range(3):
        kafka.produce(name, [b"%d" % number for number in range(1200)], partition)
    source.check(name)
    head = source.head(name)
    assert head.partitions == {"0", "1", "2"}
    assert head.positions == {"0": 1200, "1": 1200, "2": 1200}
    reading = read_all(source, name)
    for each in "012":
        assert reading.column("kafka_value", each) == [b"%d" % number for number in range(1200)]
        assert reading.column("kafka_offset", each) == list(range(1200))
    assert reading.checkpoints == {"0": "1200", "1": "1200", "2": "1200"}
    assert set(reading.batches[0].columns) == {"kafka_value", "kafka_offset"}


def test_a_reader_continues_after_its_checkpoints(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name, 2)
    kafka.produce(name, [b"0", b"1", b"2"], 0)
    kafka.produce(name, [b"a"], 1)
    first = read_all(source, name)
    kafka.produce(name, [b"3"], 0)
    assert read_all(source, name, checkpoints=first.checkpoints).column("kafka_value") == [b"3"]
    assert read_all(source, name, checkpoints={"0": "1"}).column("kafka_value", "0") == [b"1", b"2", b"3"]


def test_an_empty_topic_is_at_its_head(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name, 2)
    assert source.head(name).positions == {}
    reading = Reading(source.open(name, {}, ()))
    reading.until(lambda: len({b.partition for b in reading.batches if b.caught_up_at is not None}) == 2)
    assert [(batch.start, batch.end, batch.count, batch.behind) for batch in reading.batches] == [
        (None, "0", 0, 0)
    ] * 2
    reading.reader.close()


def test_the_last_batch_says_that_it_is_the_head(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name)
    kafka.produce(name, [b"1", b"2"])
    reading = read_all(source, name)
    last = reading.batches[-1]
    assert (last.behind, last.behind_ms) == (0, 0)
    assert last.caught_up_at is not None


def test_an_idle_reader_says_nothing(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name)
    kafka.produce(name, [b"1"])
    reading = Reading(source.open(name, {}, ())).until_head(source.head(name))
    assert reading.poll(0.3) == []
    kafka.produce(name, [b"2"])
    reading.until(lambda: reading.column("kafka_value") == [b"1", b"2"])
    reading.reader.close()
    assert reading.poll() == []


def test_all_columns_of_a_record(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name)
    producer = kafka.producer()
    headers: Any = [
        ("text", "grün"),
        ("binary", b"\xff\x00"),
        ("none", None),
        ("twice", b"1"),
        ("twice", b"2"),
    ]
    producer.produce(name, b"value", key=b"\x00key", headers=headers, timestamp=1_700_000_000_123)
    producer.produce(name, None, key=b"key")
    producer.produce(name, b"")
    producer.flush()
    reading = read_all(source, name, KAFKA_COLUMNS)
    assert reading.column("kafka_value") == [b"value", None, b""]
    assert reading.column("kafka_key") == [b"\x00key", b"key", None]
    assert reading.column("kafka_timestamp")[0] == 1_700_000_000_123
    assert reading.column("kafka_timestamp_type") == ["C", "C", "C"]
    first, second, third = reading.column("kafka_headers")
    assert json.loads(first) == {"text": "grün", "binary": "ff00", "none": None, "twice": "2"}
    assert second is third is None
    assert reading.batches[0].first_ms == 1_700_000_000_123


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_batches_of_every_codec(kafka: KafkaServer, source: StreamSource, codec: str) -> None:
    name = fresh()
    kafka.topic(name)
    values = [b"the same text again and again %d" % number for number in range(3000)]
    kafka.produce(name, values, compression_type=codec)
    assert read_all(source, name).column("kafka_value") == values


def test_large_records_end_a_poll_early(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name)
    values = [bytes([number]) * 900_000 for number in range(5)]  # the mock holds 5 MiB a partition
    kafka.produce(name, values)
    assert read_all(source, name).column("kafka_value") == values


def test_bounds_name_partitions(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name, 3)
    for partition in range(3):
        kafka.produce(name, [b"%d" % partition], partition)
    only = frozenset({"1", "9"})
    reading = Reading(source.open(name, {}, (), ReadBounds(partitions=only)))
    reading.until_head(source.head(name), frozenset({"1"}))
    reading.reader.close()
    assert reading.column("kafka_value") == [b"1"]


def test_bounds_begin_at_an_offset_or_at_the_head_of_shorter_partitions(
    kafka: KafkaServer, source: StreamSource
) -> None:
    name = fresh()
    kafka.topic(name, 2)
    kafka.produce(name, [b"%d" % number for number in range(10)], 0)
    kafka.produce(name, [b"short"], 1)
    reading = Reading(source.open(name, {}, (), ReadBounds(first="7")))
    reading.until_head(source.head(name))
    reading.reader.close()
    assert reading.column("kafka_value") == [b"7", b"8", b"9"]


def test_bounds_begin_at_a_time(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name, 2)
    producer = kafka.producer()
    for number in range(10):
        producer.produce(name, b"%d" % number, partition=0, timestamp=1_700_000_000_000 + number * 1000)
    producer.produce(name, b"old", partition=1, timestamp=1_600_000_000_000)
    producer.flush()
    reading = Reading(source.open(name, {}, (), ReadBounds(since_ms=1_700_000_007_500)))
    reading.until_head(source.head(name))
    reading.reader.close()
    found = reading.column("kafka_value")
    if isinstance(kafka, MockKafka):  # knows no times, so all is read
        assert len(found) == 11
    else:
        assert found == [b"8", b"9"]


@pytest.mark.parametrize("bounds", [ReadBounds(first="5"), ReadBounds(since_ms=1)])
def test_checkpoints_go_before_bounds(kafka: KafkaServer, source: StreamSource, bounds: ReadBounds) -> None:
    name = fresh()
    kafka.topic(name)
    kafka.produce(name, [b"%d" % number for number in range(9)])
    reading = Reading(source.open(name, {"0": "8"}, (), bounds), {"0": "8"}).until_head(source.head(name))
    reading.reader.close()
    assert reading.column("kafka_value") == [b"8"]


def test_an_offset_beyond_the_end_is_out_of_range_until_opened_anew(
    kafka: KafkaServer, source: StreamSource
) -> None:
    name = fresh()
    kafka.topic(name, 2)
    kafka.produce(name, [b"0"], 0)
    kafka.produce(name, [b"1"], 1)
    reading = Reading(source.open(name, {"0": "77"}, ()), {"0": "77"})
    for _ in range(2):
        with pytest.raises(OffsetOutOfRangeError, match="offset 77 of partition 0") as caught:
            reading.until(lambda: False)
        assert (caught.value.partition, caught.value.position) == ("0", "77")
    reading.reader.close()


def test_a_partition_that_is_gone_is_out_of_range(kafka: KafkaServer, source: StreamSource) -> None:
    name = fresh()
    kafka.topic(name, 1)
    reader = source.open(name, {"4": "10"}, ())
    with pytest.raises(OffsetOutOfRangeError) as caught:
        reader.poll(0)
    assert (caught.value.partition, caught.value.position) == ("4", "10")
    reader.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_module, "TIMEOUT", 1.0)


@pytest.mark.usefixtures("impatient")
def test_unreachable_brokers_are_named_within_seconds() -> None:
    (port,) = free_ports(1)
    source = kafka_source(f"127.0.0.1:{port}")
    with pytest.raises(SourceError, match=f"Kafka at 127.0.0.1:{port} cannot be reached.*refused"):
        source.streams()
    reader = source.open("t", {}, ())
    for _ in range(2):
        with pytest.raises(SourceError, match="cannot be reached"):
            Reading(reader).until(lambda: False)
    reader.close()
    source.close()


@pytest.mark.usefixtures("impatient")
def test_a_reader_survives_an_outage(kafka_server: MockKafka) -> None:
    kafka_server.topic("t")
    kafka_server.produce("t", [b"1"])
    source = kafka_source(kafka_server.bootstrap)
    reading = Reading(source.open("t", {}, ())).until_head(source.head("t"))
    kafka_server.down()
    with pytest.raises(SourceError, match="cannot be reached"):
        reading.until(lambda: False)
    kafka_server.up()
    kafka_server.produce("t", [b"2"])
    while reading.column("kafka_value") != [b"1", b"2"]:
        try:
            reading.poll()
        except SourceError:
            continue
    reading.reader.close()
    source.close()


def test_temporary_errors_of_a_fetch_are_not_shown(kafka_server: MockKafka) -> None:
    kafka_server.topic("t")
    kafka_server.produce("t", [b"1"])
    kafka_server.fail_next(1, KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.KAFKA_STORAGE_ERROR)
    source = kafka_source(kafka_server.bootstrap)
    assert read_all(source, "t").column("kafka_value") == [b"1"]
    source.close()


def test_options_are_librdkafkas_and_never_shown() -> None:
    options = {"sasl.password": "open sesame", "client.id": "mine"}
    source = kafka_source("127.0.0.1:1", options)
    assert "sasl.password" in repr(source)
    assert "sesame" not in repr(source)
    assert "sesame" not in repr(vars(source)["_options"])
    source.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"no.such.property": "x"}, 'No such configuration property: "no.such.property"'),
        ({"auto.offset.reset": "latest"}, "auto.offset.reset is set by streamdialect"),
        ({"security.protocol": "open sesame"}, r"Invalid value \"\*\*\*\""),
    ],
)
def test_options_that_are_not_accepted(options: dict[str, str], message: str) -> None:
    with pytest.raises(InterfaceError, match=message) as caught:
        kafka_source("127.0.0.1:1", options).open("t", {}, ())
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is None


# ---- what only a real broker does


@pytest.mark.apache_kafka
def test_a_partition_added_later_is_read_from_its_beginning(apache: KafkaServer) -> None:
    name = fresh()
    apache.topic(name)
    source = kafka_source(apache.bootstrap)
    reading = Reading(source.open(name, {}, ()))
    reading.poll()
    apache.grow(name, 2)
    apache.produce(name, [b"early", b"late"], 1)
    reading.until(lambda: reading.column("kafka_value", "1") == [b"early", b"late"])
    reading.reader.close()
    source.close()


@pytest.mark.apache_kafka
def test_transactions_show_when_committed_and_never_when_aborted(apache: KafkaServer) -> None:
    name = fresh()
    apache.topic(name)
    source = kafka_source(apache.bootstrap)
    producer = apache.producer(transactional_id=fresh("transaction"))
    producer.init_transactions()

    def transaction(*values: bytes) -> None:
        producer.begin_transaction()
        for value in values:
            producer.produce(name, value)
        producer.flush()

    transaction(b"1", b"2")
    producer.commit_transaction()
    transaction(b"aborted")
    producer.abort_transaction()
    transaction(b"3")
    producer.commit_transaction()
    transaction(b"open")
    # Two records, a marker, one, a marker, one, a marker; not the open one. Markers come after the commit.
    while (head := source.head(name)).positions != {"0": 7}:
        assert int((head.positions or {})["0"]) < 7
    reading = Reading(source.open(name, {}, ())).until_head(head)
    assert reading.column("kafka_value") == [b"1", b"2", b"3"]
    assert reading.column("kafka_offset") == [0, 1, 5]
    assert reading.checkpoints == {"0": "7"}
    producer.abort_transaction()
    reading.until(lambda: reading.checkpoints == {"0": "9"})
    assert len(reading.column("kafka_value")) == 3
    reading.reader.close()
    resumed = read_all(source, name, checkpoints={"0": "3"})
    assert resumed.column("kafka_value") == [b"3"]
    assert read_all(source, name, checkpoints=reading.checkpoints).column("kafka_value") == []
    source.close()


@pytest.mark.apache_kafka
def test_trimmed_records(apache: KafkaServer) -> None:
    name = fresh()
    apache.topic(name, 2)
    apache.produce(name, [b"%d" % number for number in range(6)])
    apache.produce(name, [b"all", b"gone"], 1)
    source = kafka_source(apache.bootstrap)
    admin = apache.admin()
    for future in admin.delete_records([TopicPartition(name, 0, 4), TopicPartition(name, 1, 2)]).values():
        future.result(10)
    head = source.head(name)
    assert head.positions == {"0": 6}
    reading = read_all(source, name)
    assert reading.column("kafka_value") == [b"4", b"5"]
    bounded = Reading(source.open(name, {}, (), ReadBounds(first="1"))).until_head(head)
    bounded.reader.close()
    assert bounded.column("kafka_value") == [b"4", b"5"]
    late = source.open(name, {"0": "2"}, ())
    with pytest.raises(OffsetOutOfRangeError, match="offset 2 of partition 0"):
        Reading(late, {"0": "2"}).until(lambda: False)
    late.close()
    source.close()


@pytest.mark.apache_kafka
def test_log_append_time(apache: KafkaServer) -> None:
    name = fresh()
    apache.topic(name, 1, {"message.timestamp.type": "LogAppendTime"})
    producer = apache.producer()
    producer.produce(name, b"1", timestamp=1_700_000_000_000)
    producer.flush()
    source = kafka_source(apache.bootstrap)
    reading = read_all(source, name, KAFKA_COLUMNS)
    assert reading.column("kafka_timestamp_type") == ["L"]
    assert reading.column("kafka_timestamp")[0] > 1_700_000_000_000
    source.close()
