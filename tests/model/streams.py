"""The streams that the state machine writes to, and what they hold: partition to (position, payload) in order."""

from __future__ import annotations

import itertools
from typing import Any, Protocol

from streamdialect.sources.base import BEGINNING_OF_PARTITION, END_OF_PARTITION
from tests.servers import AwsServer, MockKafka

__all__ = ["KafkaStream", "KinesisStream", "Stream"]

_numbers = itertools.count()


class Stream(Protocol):
    """Be a stream and, in ``records``, the model of it."""

    records: dict[str, list[tuple[str, bytes | None]]]
    schema: str
    source: str  # "SELECT p, o, value"
    value: str

    def put(self, which: int, payloads: list[bytes | None]) -> None: ...

    def reshape(self, which: int) -> None: ...

    def before(self, partition: str, checkpoint: str) -> int:
        """Tell how many records of a partition are before a checkpoint."""
        ...


class KafkaStream:
    """Be a new topic of the mock cluster; its last partition is written to only after ``reshape``."""

    def __init__(self, server: MockKafka, producer: Any) -> None:
        self._topic = f"t{next(_numbers)}"
        self._producer = producer
        self._used = 2
        server.topic(self._topic, 3)
        self.records: dict[str, list[tuple[str, bytes | None]]] = {}
        self.schema = f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{server.bootstrap}' AUTHENTICATION none"
        self.source = f"SELECT kafka_partition AS p, kafka_offset AS o, {{}} FROM s.{self._topic}"
        self.value = "kafka_value"

    def put(self, which: int, payloads: list[bytes | None]) -> None:
        partition = which % self._used
        run = self.records.setdefault(str(partition), [])
        for payload in payloads:
            self._producer.produce(self._topic, payload, partition=partition)
            run.append((str(len(run)), payload))
        assert not self._producer.flush(30)

    def reshape(self, which: int) -> None:
        self._used = 3

    def before(self, partition: str, checkpoint: str) -> int:
        return int(checkpoint)


class KinesisStream:
    """Be a new stream of two shards, which ``reshape`` splits and merges."""

    def __init__(self, server: AwsServer) -> None:
        self._name = f"t{next(_numbers)}"
        self._client = server.client("kinesis")
        self._client.create_stream(StreamName=self._name, ShardCount=2)
        self._client.get_waiter("stream_exists").wait(StreamName=self._name, WaiterConfig={"Delay": 1})
        self.records: dict[str, list[tuple[str, bytes | None]]] = {}
        self.schema = "CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default"
        self.source = f"SELECT shard_id AS p, sequence_number AS o, {{}} FROM s.{self._name}"
        self.value = "kinesis_data"

    def _open(self) -> list[dict[str, Any]]:
        shards = self._client.list_shards(StreamName=self._name)["Shards"]
        shards = [shard for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
        return sorted(shards, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))

    def put(self, which: int, payloads: list[bytes | None]) -> None:
        shards = self._open()
        start = shards[which % len(shards)]["HashKeyRange"]["StartingHashKey"]
        for payload in payloads:
            data = b"" if payload is None else payload
            answer = self._client.put_record(
                StreamName=self._name, Data=data, PartitionKey="k", ExplicitHashKey=start
            )
            self.records.setdefault(answer["ShardId"], []).append((answer["SequenceNumber"], data))

    def reshape(self, which: int) -> None:
        shards = self._open()
        if len(shards) < 4 and which % 3:
            shard = shards[which % len(shards)]
            low, high = (int(shard["HashKeyRange"][f"{end}HashKey"]) for end in ("Starting", "Ending"))
            self._client.split_shard(
                StreamName=self._name,
                ShardToSplit=shard["ShardId"],
                NewStartingHashKey=str((low + high) // 2),
            )
        elif len(shards) > 1:
            at = which % (len(shards) - 1)
            one, other = shards[at]["ShardId"], shards[at + 1]["ShardId"]
            self._client.merge_shards(StreamName=self._name, ShardToMerge=one, AdjacentShardToMerge=other)
        self._client.get_waiter("stream_exists").wait(StreamName=self._name, WaiterConfig={"Delay": 1})

    def before(self, partition: str, checkpoint: str) -> int:
        run = self.records.get(partition, [])
        if checkpoint == BEGINNING_OF_PARTITION:
            return 0
        if checkpoint == END_OF_PARTITION:
            return len(run)
        return [position for position, _ in run].index(checkpoint) + 1
