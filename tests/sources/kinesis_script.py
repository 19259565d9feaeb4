"""A Kinesis of answers written in tests, for its reader. Only waits move the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import boto3
from botocore.stub import Stubber

from streamdialect.sources.kinesis_quota import GetRecordsQuota
from streamdialect.sources.kinesis_reader import LIMIT, KinesisReader

ARRIVED = 1_700_000_000.5  # when all records here arrived
HOUR = 3600.0


class Time:
    """Be a clock that only waits move."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def time_now(self) -> float:
        return ARRIVED + self.now - 1000

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


class Script:
    """Play a Kinesis: queue the answers, in the order in which they are asked for."""

    def __init__(self) -> None:
        self.client = boto3.client("kinesis", region_name="us-east-1")
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.time = Time()
        self.quota = GetRecordsQuota()

    def reader(self, checkpoints: Mapping[str, str] | None = None, **options: Any) -> KinesisReader:
        options = {
            "quota": self.quota,
            "clock": self.time.clock,
            "time_now": self.time.time_now,
            "wait": self.time.wait,
            **options,
        }
        return KinesisReader(self.client, "s", checkpoints or {}, **options)

    def shards(self, *descriptions: str | tuple[str, ...], **answer: Any) -> None:
        """List shards; a tuple names a shard and its parents."""
        shards = []
        for description in descriptions:
            name, *parents = (description,) if isinstance(description, str) else description
            shard: dict[str, Any] = {
                "ShardId": name,
                "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "1"},
                "SequenceNumberRange": {"StartingSequenceNumber": "1"},
            }
            shard.update(zip(("ParentShardId", "AdjacentParentShardId"), parents, strict=False))
            shards.append(shard)
        self.stub.add_response("list_shards", {"Shards": shards}, answer or {"StreamName": "s"})

    def iterator(self, name: str, shard: str, kind: str = "TRIM_HORIZON", **rest: Any) -> None:
        expected = {"StreamName": "s", "ShardId": shard, "ShardIteratorType": kind, **rest}
        self.stub.add_response("get_shard_iterator", {"ShardIterator": name}, expected)

    def records(self, iterator: str, *values: str, then: str | None, behind: int = 0) -> None:
        records = [
            {
                "SequenceNumber": value,
                "Data": value.encode(),
                "PartitionKey": "k",
                "ApproximateArrivalTimestamp": datetime.fromtimestamp(ARRIVED, timezone.utc),
            }
            for value in values
        ]
        answer: dict[str, Any] = {"Records": records, "MillisBehindLatest": behind}
        if then is not None:
            answer["NextShardIterator"] = then
        self.stub.add_response("get_records", answer, {"ShardIterator": iterator, "Limit": LIMIT})

    def error(self, code: str, call: str = "get_records", status: int = 400) -> None:
        self.stub.add_client_error(call, code, "as told", http_status_code=status)

    def done(self) -> None:
        self.stub.assert_no_pending_responses()


def values(reader: KinesisReader, timeout: float = 60) -> list[bytes]:
    return [value for batch in reader.poll(timeout) for value in batch.columns["kinesis_data"]]
