"""Streams that never pause, and readers of them that share no code with the product.

A stream is filled by a thread of this process; the reader is plain confluent-kafka or boto3. Both know records as
(partition, position, value), positions as integers that rise within a partition.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
import uuid
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from tests.servers import AwsServer, KafkaServer, apache_kafka, kinesis_local, mock_kafka, moto_process

__all__ = ["SOURCES", "Producing", "Stream", "number_of", "open_stream"]

SOURCES = ("mock", "kafka", "moto", "kinesis")
CLOSED = 1 << 200  # the end of a closed shard, as a position
PARTITIONS = 4
_PAUSE = 0.02  # seconds between two handfuls of records
_BAD_EVERY = 25


def number_of(position: str) -> int:
    """Read a position of the product's as a number: the end of a closed shard is after all, a shard's begin before."""
    found = {"SHARD_END": CLOSED, "TRIM_HORIZON": 0}.get(position)
    return int(position) if found is None else found


class Stream(Protocol):
    """Be a stream with a producer, and what an independent reader has found in it."""

    schema: str
    """The CREATE EXTERNAL SCHEMA of a schema ``s`` in which the stream is named ``events``."""
    environment: Mapping[str, str]
    provider: str
    records: dict[str, dict[int, bytes]]
    """What was found: partition to position to value."""

    def find(self) -> None:
        """Read on, to what is the end now."""
        ...

    def ends(self) -> dict[str, int]:
        """Give the position of each partition that is its end as of the last ``find``."""
        ...

    def upto(self, partition: str, position: str) -> int:
        """Count the records of a partition before a checkpoint of the product."""
        ...

    def produce(self, number: int) -> None:
        """Append a handful of records."""
        ...

    def disturb(self) -> str | None:
        """Do to the stream what is particular to it (a reshard, an aborted transaction); say what."""
        ...


def values(number: int, chance: random.Random) -> Iterator[bytes]:
    """Make a handful of records, one in ``_BAD_EVERY`` of them bad, in one of several ways."""
    for each in range(number * 10, number * 10 + 10):
        amount = f"{chance.randrange(10**6) / 100:.2f}"
        good = json.dumps({"id": each, "name": f"n{each % 7}", "amount": amount}).encode()
        bad = (good[:-9], good.replace(amount.encode(), b"ten"), b"\xff\xfe" + good, b"")
        yield chance.choice(bad) if each % _BAD_EVERY == 0 else good


class _Kafka:
    provider = "kafka"
    environment: Mapping[str, str] = {}

    def __init__(self, server: KafkaServer, *, transactions: bool) -> None:
        server.topic("events", PARTITIONS)
        self.schema = f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{server.bootstrap}' AUTHENTICATION none"
        self.records: dict[str, dict[int, bytes]] = {str(number): {} for number in range(PARTITIONS)}
        self._server = server
        self._chance = random.Random(0)
        self._producer = server.producer()
        self._transactional: Producer | None = None
        if transactions:
            self._transactional = server.producer(transactional_id=f"crash-{uuid.uuid4()}")
            self._transactional.init_transactions(30)
        self._reader = Consumer(
            {
                "bootstrap.servers": server.bootstrap,
                "group.id": "independent",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,
                "log_level": 0,
            }
        )
        self._reader.assign([TopicPartition("events", number, 0) for number in range(PARTITIONS)])
        self._read: dict[str, int] = {}

    def produce(self, number: int) -> None:
        for value in values(number, self._chance):
            self._producer.produce("events", value, partition=self._chance.randrange(PARTITIONS))
        self._producer.poll(0)
        if self._transactional is not None and number % 25 == 0:
            self._transaction(number)

    def _transaction(self, number: int) -> None:
        assert self._transactional is not None
        self._transactional.begin_transaction()
        for value in values(number, self._chance):
            self._transactional.produce("events", value, partition=self._chance.randrange(PARTITIONS))
        if number % 50:
            self._transactional.commit_transaction(30)
        else:
            self._transactional.flush(30)
            self._transactional.abort_transaction(30)

    def disturb(self) -> str | None:
        return None

    def find(self) -> None:
        self._producer.flush(30)
        wanted = {
            str(number): self._reader.get_watermark_offsets(TopicPartition("events", number), 30)[1]
            for number in range(PARTITIONS)
        }
        while any(self._read.get(partition, 0) < end for partition, end in wanted.items()):
            for message in self._reader.consume(500, 0.02):
                partition, error = str(message.partition()), message.error()
                position = message.offset()
                assert position is not None
                if error is None:
                    self.records[partition][position] = message.value() or b""
                    self._read[partition] = position + 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._read[partition] = position
                else:
                    raise RuntimeError(str(error))

    def ends(self) -> dict[str, int]:
        return dict(self._read)

    def upto(self, partition: str, position: str) -> int:
        return bisect_left(list(self.records[partition]), int(position))

    def close(self) -> None:
        self._reader.close()


class _Kinesis:
    provider = "kinesis"

    def __init__(self, server: AwsServer, *, reshards: bool) -> None:
        self.environment = server.environment
        self.schema = "CREATE EXTERNAL SCHEMA s FROM KINESIS REGION 'us-east-1' IAM_ROLE default"
        self.records: dict[str, dict[int, bytes]] = defaultdict(dict)
        self._client = server.client("kinesis")
        self._client.create_stream(StreamName="events", ShardCount=2)
        self._client.get_waiter("stream_exists").wait(StreamName="events", WaiterConfig={"Delay": 1})
        self._chance = random.Random(0)
        self._reshards = reshards
        self._iterators: dict[str, str | None] = {}
        self._mutex = threading.Lock()  # a reshard is no time for records

    def produce(self, number: int) -> None:
        entries = [
            {"Data": value or b"-", "PartitionKey": str(self._chance.random())}
            for value in values(number, self._chance)
        ]
        with self._mutex:
            answer = self._client.put_records(StreamName="events", Records=entries)
        assert not answer["FailedRecordCount"], answer

    def disturb(self) -> str | None:
        if not self._reshards:
            return None
        shards = self._listed()
        ranges = sorted(
            (
                int(shard["HashKeyRange"]["StartingHashKey"]),
                int(shard["HashKeyRange"]["EndingHashKey"]),
                shard["ShardId"],
            )
            for shard in shards
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        )
        with self._mutex:
            if len(ranges) < 4:
                first, last, shard = max(ranges, key=lambda each: each[1] - each[0])
                middle = str((first + last) // 2 + 1)
                self._client.split_shard(StreamName="events", ShardToSplit=shard, NewStartingHashKey=middle)
                return "split"
            number = self._chance.randrange(len(ranges) - 1)
            self._client.merge_shards(
                StreamName="events",
                ShardToMerge=ranges[number][2],
                AdjacentShardToMerge=ranges[number + 1][2],
            )
            return "merge"

    def _listed(self) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("list_shards").paginate(StreamName="events")
        return [shard for page in pages for shard in page["Shards"]]

    def find(self) -> None:
        shards = [shard["ShardId"] for shard in self._listed()]
        for shard in shards:
            if shard not in self._iterators:
                self._iterators[shard] = self._client.get_shard_iterator(
                    StreamName="events", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
            while (iterator := self._iterators[shard]) is not None:
                answer = self._client.get_records(ShardIterator=iterator, Limit=10_000)
                for record in answer["Records"]:
                    self.records[shard][int(record["SequenceNumber"])] = record["Data"]
                self._iterators[shard] = answer.get("NextShardIterator")
                if not answer["Records"] and answer.get("MillisBehindLatest", 0) == 0:
                    break

    def ends(self) -> dict[str, int]:
        ends = {shard: CLOSED for shard, iterator in self._iterators.items() if iterator is None}
        for shard, records in self.records.items():
            if records:
                ends.setdefault(shard, max(records))
        return ends

    def upto(self, partition: str, position: str) -> int:
        return bisect_right(list(self.records[partition]), number_of(position))

    def close(self) -> None:
        self._client.close()


class Producing:
    """Fill a stream from a thread, until stopped."""

    def __init__(self, stream: Stream, disturb_every: float) -> None:
        self.stream = stream
        self.disturbances: list[str] = []
        self._every = disturb_every
        self._end = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="producer", daemon=True)

    def __enter__(self) -> Producing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Produce no more; raise what ended the producer, if it failed."""
        self._end.set()
        self._thread.join()
        if self._error is not None:
            raise RuntimeError("the producer failed") from self._error

    def _run(self) -> None:
        number, disturbed = 0, time.monotonic()
        try:
            while not self._end.wait(_PAUSE):
                self.stream.produce(number)
                number += 1
                if time.monotonic() - disturbed > self._every:
                    what = self.stream.disturb()
                    if what is not None:
                        self.disturbances.append(what)
                    disturbed = time.monotonic()
        except BaseException as error:
            self._error = error


@contextmanager
def open_stream(source: str) -> Iterator[Stream]:
    """Run a server with an empty stream ``events``; a source is one of SOURCES."""
    with ExitStack() as stack:
        stream: Any
        if source == "mock":
            stream = _Kafka(stack.enter_context(mock_kafka()), transactions=False)
        elif source == "kafka":
            stream = _Kafka(stack.enter_context(apache_kafka()), transactions=True)
        else:
            for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
                os.environ.pop(name, None)
            server = stack.enter_context(moto_process() if source == "moto" else kinesis_local())
            stream = _Kinesis(server, reshards=source == "kinesis")
        stack.callback(stream.close)
        yield stream
