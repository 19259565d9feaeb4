"""Questions to Kinesis about a stream and its shards, each of one call or a few; they raise botocore's errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamdialect.sources.kinesis_parser import records_of

__all__ = ["list_shards", "oldest_record", "retention"]

OLDEST_TRIES = 20
_PAUSE = 0.22  # seconds; five GetRecords a second and shard are allowed


def list_shards(client: Any, stream: str) -> dict[str, dict[str, Any]]:
    """List all shards of a stream that still hold records or are open, by id."""
    shards: dict[str, dict[str, Any]] = {}
    request = {"StreamName": stream}
    while True:
        answer = client.list_shards(**request)
        shards.update((shard["ShardId"], shard) for shard in answer["Shards"])
        token = answer.get("NextToken")
        if not token:
            return shards
        request = {"NextToken": token}  # the service refuses a token together with a name


def retention(client: Any, stream: str) -> float:
    """Give the seconds for which a stream keeps its records."""
    answer = client.describe_stream_summary(StreamName=stream)
    return float(answer["StreamDescriptionSummary"]["RetentionPeriodHours"]) * 3600


def oldest_record(client: Any, stream: str, shard_id: str, wait: Callable[[float], bool]) -> str | None:
    """Find the sequence number of a shard's oldest record; None if it has none, or none comes.

    ``wait`` waits for so many seconds.
    """
    answer = client.get_shard_iterator(StreamName=stream, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON")
    iterator = answer["ShardIterator"]
    for _ in range(OLDEST_TRIES):
        answer = client.get_records(ShardIterator=iterator, Limit=1)
        if found := records_of(answer):
            return found[0].sequence_number
        iterator = answer.get("NextShardIterator")
        if iterator is None or not answer.get("MillisBehindLatest"):
            break
        wait(_PAUSE)
    return None
