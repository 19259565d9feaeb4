"""Kinesis sources on moto, and on kinesis-local where moto is not like the service."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from streamdialect.errors import OffsetOutOfRangeError, SourceAuthError, SourceError, UndefinedObjectError
from streamdialect.sources import BEGINNING_OF_PARTITION, END_OF_PARTITION, ReadBounds, StreamSource
from streamdialect.sources.kinesis_reader import KinesisReader
from tests.servers import AwsServer
from tests.servers.process import free_ports
from tests.sources.reading import KINESIS_COLUMNS, Reading, fresh, kinesis_source, read_all

HALF = str(2**127)


class Stream:
    """Write to a stream of a server."""

    def __init__(self, server: AwsServer, shards: int = 1) -> None:
        self.name = fresh()
        self.client = server.client("kinesis")
        self.client.create_stream(StreamName=self.name, ShardCount=shards)
        self.wait()

    def wait(self) -> None:
        while self.summary()["StreamStatus"] != "ACTIVE":
            time.sleep(0.01)

    def summary(self) -> Any:
        return self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]

    def shards(self) -> list[str]:
        return [shard["ShardId"] for shard in self.client.list_shards(StreamName=self.name)["Shards"]]

    def put(self, *values: bytes, key: str = "key", hash_key: str = "0") -> list[str]:
        """Append values one by one; give their sequence numbers."""
        return [
            self.client.put_record(
                StreamName=self.name, Data=value, PartitionKey=key, ExplicitHashKey=hash_key
            )["SequenceNumber"]
            for value in values
        ]


@pytest.fixture
def source(kinesis: AwsServer) -> Iterator[StreamSource]:
    source = kinesis_source()
    yield source
    source.close()


def test_streams_are_listed_sorted(kinesis: AwsServer, source: StreamSource) -> None:
    names = {Stream(kinesis).name for _ in range(3)}
    found = source.streams()
    assert found == sorted(found)
    assert names <= set(found)


def test_a_missing_stream_is_named(source: StreamSource) -> None:
    name = fresh()
    for question in (source.check, source.head):
        with pytest.raises(UndefinedObjectError, match=f'stream "{name}" does not exist'):
            question(name)
    reader = source.open(name, {}, ())
    for _ in range(2):  # it may be created again, so a reader only reports it
        with pytest.raises(SourceError, match=f'stream "{name}" does not exist'):
            reader.poll(0)


def test_all_columns_of_all_records(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis)
    before = time.time() * 1000
    numbers = stream.put(b"\x00\xff", key="grün") + stream.put(b"2", b"3")
    after = time.time() * 1000
    source.check(stream.name)
    reading = read_all(source, stream.name, KINESIS_COLUMNS)
    assert reading.column("kinesis_data") == [b"\x00\xff", b"2", b"3"]
    assert reading.column("sequence_number") == numbers
    assert reading.column("partition_key") == ["grün", "key", "key"]
    times = reading.column("approximate_arrival_timestamp")
    assert times == sorted(times)
    assert all(type(each) is int and before - 1000 <= each <= after + 1000 for each in times)
    assert reading.checkpoints == {stream.shards()[0]: numbers[-1]}
    assert (reading.batches[1].first_ms, reading.batches[1].last_ms) == (times[0], times[-1])


def test_only_the_columns_asked_for(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis)
    stream.put(b"1")
    assert set(read_all(source, stream.name).batches[0].columns) == {"kinesis_data", "sequence_number"}


def test_a_reader_continues_after_its_checkpoint(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis)
    numbers = stream.put(b"1", b"2", b"3")
    (shard,) = stream.shards()
    assert read_all(source, stream.name, checkpoints={shard: numbers[0]}).column("kinesis_data") == [
        b"2",
        b"3",
    ]
    reading = read_all(source, stream.name, checkpoints={shard: numbers[2]})
    assert [(batch.start, batch.end, batch.count) for batch in reading.batches] == [
        (numbers[2], numbers[2], 0)
    ]


def test_empty_shards_reach_their_head_at_their_beginning(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis, 3)
    stream.put(b"1")
    head = source.head(stream.name)
    assert head.positions is None
    assert head.partitions == set(stream.shards())
    reading = read_all(source, stream.name)
    empty = {(batch.start, batch.end, batch.behind_ms) for batch in reading.batches if batch.count == 0}
    beginning = BEGINNING_OF_PARTITION
    assert empty >= {(None, beginning, None), (beginning, beginning, 0)}
    assert len(reading.checkpoints) == 3
    assert list(reading.checkpoints.values()).count(beginning) == 2


def test_all_shards_are_read(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis, 4)
    for shard in range(4):
        stream.put(b"%d" % shard, b"again", hash_key=str(2**126 * shard))
    reading = read_all(source, stream.name)
    assert [reading.column("kinesis_data", shard) for shard in sorted(stream.shards())] == [
        [b"%d" % shard, b"again"] for shard in range(4)
    ]


def test_a_later_record_is_read_by_a_waiting_reader(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis)
    reading = Reading(source.open(stream.name, {}, ())).until_head(source.head(stream.name))
    stream.put(b"late")
    reading.until(lambda: reading.column("kinesis_data") == [b"late"])


def test_bounds_name_shards(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis, 2)
    stream.put(b"low", hash_key="0")
    stream.put(b"high", hash_key=HALF)
    only = frozenset({sorted(stream.shards())[1]})
    reading = Reading(source.open(stream.name, {}, (), ReadBounds(partitions=only)))
    reading.until_head(source.head(stream.name), only)
    assert reading.column("kinesis_data") == [b"high"]


def test_bounds_begin_at_a_sequence_number(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis, 2)
    numbers = stream.put(b"1", b"2", b"3", hash_key="0")
    stream.put(b"other", hash_key=HALF)
    shard = sorted(stream.shards())[0]
    reading = Reading(source.open(stream.name, {}, (), ReadBounds(first=numbers[1])))
    reading.until_head(source.head(stream.name))
    assert reading.column("kinesis_data", shard) == [b"2", b"3"]


@pytest.mark.parametrize(("shift", "all_of_it"), [(-3_600_000, True), (3_600_000, False)])
def test_bounds_begin_at_a_time(
    kinesis: AwsServer, source: StreamSource, shift: int, all_of_it: bool
) -> None:
    stream = Stream(kinesis)
    stream.put(b"1", b"2")
    since = int(time.time() * 1000) + shift
    reading = Reading(source.open(stream.name, {}, (), ReadBounds(since_ms=since)))
    reading.until_head(source.head(stream.name))
    if all_of_it:  # a bound in the future may give more than was asked for
        assert reading.column("kinesis_data") == [b"1", b"2"]


def test_a_stream_that_is_deleted_while_it_is_read(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis)
    reading = Reading(source.open(stream.name, {}, ())).until_head(source.head(stream.name))
    stream.client.delete_stream(StreamName=stream.name)
    with pytest.raises(SourceError):
        reading.until(lambda: False)
    with pytest.raises(SourceError, match="does not exist"):
        reading.until(lambda: False)


def test_closing_a_reader_ends_it(kinesis: AwsServer, source: StreamSource) -> None:
    stream = Stream(kinesis)
    stream.put(b"1")
    reader = source.open(stream.name, {}, ())
    reader.close()
    reader.close()
    assert reader.poll(5) == []


def test_an_unreachable_endpoint_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", f"http://127.0.0.1:{port}")
    source = kinesis_source()
    reader = source.open("s", {}, ())
    for question in (
        source.streams,
        lambda: source.head("s"),
        lambda: reader.poll(0),
        lambda: reader.poll(0),
    ):
        with pytest.raises(SourceError, match=f"cannot be reached.*{port}") as caught:
            question()
        assert not isinstance(caught.value, SourceAuthError)
    source.close()


def test_no_credentials(monkeypatch: pytest.MonkeyPatch, kinesis_server: AwsServer) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    source = kinesis_source()
    with pytest.raises(SourceAuthError, match="no usable AWS credentials") as caught:
        source.streams()
    assert "boto3's own chain" in str(caught.value.hint)


def test_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(SourceError, match="no AWS region is set") as caught:
        kinesis_source()
    assert "REGION '<region>'" in str(caught.value.hint)


def test_the_region_clause_goes_before_the_environment(kinesis_server: AwsServer) -> None:
    assert "'eu-north-1'" in repr(kinesis_source(region="eu-north-1"))


# ---- what moto does not do as the service does it


@pytest.mark.kinesis_local
def test_the_children_of_a_split_come_after_their_parent(real_kinesis: AwsServer) -> None:
    stream = Stream(real_kinesis)
    (parent,) = stream.shards()
    stream.put(b"1", b"2")
    source = kinesis_source()
    reading = Reading(source.open(stream.name, {}, ())).until_head(source.head(stream.name))
    stream.put(b"3")
    stream.client.split_shard(StreamName=stream.name, ShardToSplit=parent, NewStartingHashKey=HALF)
    stream.wait()
    low, high = sorted(set(stream.shards()) - {parent})
    stream.put(b"low", hash_key="0")
    stream.put(b"high", hash_key=HALF)
    reading.until(lambda: len(reading.column("kinesis_data")) == 5)
    found = reading.column("kinesis_data")
    assert found[:3] == [b"1", b"2", b"3"]
    assert set(found[3:]) == {b"low", b"high"}
    assert reading.checkpoints[parent] == END_OF_PARTITION
    assert source.head(stream.name).partitions == {parent, low, high}

    again = read_all(source, stream.name)
    assert again.column("kinesis_data")[:3] == [b"1", b"2", b"3"]
    assert sorted(again.column("kinesis_data")[3:]) == [b"high", b"low"]
    resumed = read_all(source, stream.name, checkpoints={parent: END_OF_PARTITION})
    assert sorted(resumed.column("kinesis_data")) == [b"high", b"low"]
    source.close()


@pytest.mark.kinesis_local
def test_the_child_of_a_merge_comes_after_both_parents(real_kinesis: AwsServer) -> None:
    stream = Stream(real_kinesis, 2)
    left, right = sorted(stream.shards())
    stream.put(b"left", hash_key="0")
    stream.put(b"right", hash_key=HALF)
    stream.client.merge_shards(StreamName=stream.name, ShardToMerge=left, AdjacentShardToMerge=right)
    stream.wait()
    stream.put(b"merged", hash_key=HALF)
    source = kinesis_source()
    reading = read_all(source, stream.name)
    assert sorted(reading.column("kinesis_data")[:2]) == [b"left", b"right"]
    assert reading.column("kinesis_data")[2:] == [b"merged"]
    assert {reading.checkpoints[left], reading.checkpoints[right]} == {END_OF_PARTITION}
    source.close()


@pytest.mark.kinesis_local
def test_a_closed_shard_without_records_ends(real_kinesis: AwsServer) -> None:
    stream = Stream(real_kinesis)
    (parent,) = stream.shards()
    stream.client.split_shard(StreamName=stream.name, ShardToSplit=parent, NewStartingHashKey=HALF)
    stream.wait()
    source = kinesis_source()
    reading = read_all(source, stream.name)
    assert reading.checkpoints.pop(parent) == END_OF_PARTITION
    assert set(reading.checkpoints.values()) == {BEGINNING_OF_PARTITION}
    assert {batch.partition for batch in reading.batches} == set(stream.shards())
    source.close()


@pytest.mark.kinesis_local
def test_a_stream_created_anew_is_noticed(real_kinesis: AwsServer) -> None:
    old = Stream(real_kinesis)
    (number,) = old.put(b"1")
    (shard,) = old.shards()
    new = Stream(real_kinesis)
    while int(new.put(b"2")[0]) >> 96 <= int(number) >> 96:  # numbers hold the second of the shard's creation
        new = Stream(real_kinesis)
    source = kinesis_source()
    reading = Reading(source.open(new.name, {shard: number}, ()), {shard: number})
    for _ in range(2):
        with pytest.raises(OffsetOutOfRangeError, match="does not hold sequence number") as caught:
            reading.poll(0)
        assert (caught.value.partition, caught.value.position) == (shard, number)
    source.close()


@pytest.mark.kinesis_local
@pytest.mark.parametrize(
    ("shard", "position"), [("shardId-000000000000", "abc"), ("shardId-000000000009", "1")]
)
def test_a_position_that_the_server_refuses(real_kinesis: AwsServer, shard: str, position: str) -> None:
    stream = Stream(real_kinesis)
    source = kinesis_source()
    with pytest.raises(OffsetOutOfRangeError) as caught:
        source.open(stream.name, {shard: position}, ()).poll(0)
    assert (caught.value.partition, caught.value.position) == (shard, position)
    source.close()


def test_a_closed_shard_of_moto_ends_where_the_listing_says(kinesis_server: AwsServer) -> None:
    """moto never ends a closed shard by a null iterator, so its children would be waited for in vain."""
    stream = Stream(kinesis_server)
    stream.client.split_shard(
        StreamName=stream.name, ShardToSplit=stream.shards()[0], NewStartingHashKey=HALF
    )
    stream.put(b"low", hash_key="0")
    stream.put(b"high", hash_key=HALF)
    source = kinesis_source()
    assert sorted(read_all(source, stream.name).column("kinesis_data")) == [b"high", b"low"]
    source.close()


def test_closing_from_another_thread_ends_a_wait(kinesis_server: AwsServer) -> None:
    import threading

    stream = Stream(kinesis_server)
    source = kinesis_source()
    reader = source.open(stream.name, {}, ())
    assert isinstance(reader, KinesisReader)
    Reading(reader).until_head(source.head(stream.name))
    closer = threading.Timer(0.05, reader.close)
    closer.start()
    while reader.poll(60):  # a wait that is not ended would run into the test's time limit
        pass
    closer.join()
    source.close()
