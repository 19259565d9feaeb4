"""Kinesis for a test: streams, records, and the faults that production has."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from streamdialect.testing.aws_server import ACCOUNT, REGION, AwsServer
from streamdialect.testing.clock import Clock, moment_of
from streamdialect.testing.records import POISON, encoded

__all__ = ["Kinesis"]

_BATCH, _BYTES = 500, 5_000_000  # records of one PutRecords call, and what they may hold (moto's limit)


class Kinesis:
    """Be the Kinesis of a test: moto's server in this process, which boto3 finds by the environment.

    ``url`` is its endpoint; ``calls`` counts requests by operation. ``environment`` makes boto3 use it for
    everything, with credentials that belong to nobody.
    """

    def __init__(self, server: AwsServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._clients: dict[str, Any] = {}
        server.reset()
        server.now = clock.now

    def __repr__(self) -> str:
        return f"<Kinesis at {self.url}: {', '.join(self.streams()) or 'no streams'}>"

    @property
    def url(self) -> str:
        """Give the endpoint."""
        return self._server.url

    @property
    def calls(self) -> Counter[str]:
        """Count the requests by operation, failed ones too."""
        return self._server.calls

    @property
    def environment(self) -> Mapping[str, str]:
        """Give the environment variables by which boto3 finds it, and nobody's credentials."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str = "kinesis") -> Any:
        """Give a boto3 client of any service that moto knows (STS, Secrets Manager, ...)."""
        if service not in self._clients:
            self._clients[service] = _client(service, self.url)
        return self._clients[service]

    # --- streams ------------------------------------------------------------------------------

    def streams(self) -> list[str]:
        """List the streams, sorted."""
        with self._server.locked():
            return sorted(self._server.streams())

    def create(self, stream: str, shards: int = 1, *, retention_hours: int = 24) -> None:
        """Create a stream. Its records expire when the retention has passed on the test's clock."""
        client = self.client()
        client.create_stream(StreamName=stream, ShardCount=shards)
        if retention_hours != 24:
            client.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=retention_hours)

    def delete(self, stream: str) -> None:
        """Delete a stream; its name can be taken again at once."""
        self._existing(stream)
        self.client().delete_stream(StreamName=stream)

    def _existing(self, stream: str) -> Any:
        found = self._server.streams()
        if stream not in found:
            raise LookupError(
                f'Kinesis has no stream "{stream}"; there is: {", ".join(sorted(found)) or "none"}.'
                f' Create it with kinesis.create("{stream}")'
            )
        return found[stream]

    # --- records ------------------------------------------------------------------------------

    def put(
        self,
        stream: str,
        records: Sequence[Any],
        *,
        key: str | None = None,
        at: datetime | str | None = None,
    ) -> list[tuple[str, str]]:
        """Append records and give the shard and sequence number of each.

        Bytes go as they are, text as UTF-8, anything else as JSON. ``key`` is the partition key of them all, by
        default each has its number. ``at`` is when they arrived, by default the clock's time. Raise LookupError
        if the stream does not exist, TypeError for what cannot be a record.
        """
        payloads = encoded(records)
        if None in payloads:
            raise TypeError("None is a record of Kafka's (a tombstone); Kinesis has none without data")
        self._existing(stream)
        entries = [
            {"Data": payload, "PartitionKey": str(number) if key is None else key}
            for number, payload in enumerate(payloads)
        ]
        written: list[tuple[str, str]] = []
        for batch in _batches(entries):
            answer = self.client().put_records(StreamName=stream, Records=batch)
            written += [(each["ShardId"], each["SequenceNumber"]) for each in answer["Records"]]
        if at is not None:
            moment = moment_of(at)
            with self._server.locked():
                for shard, number in written:
                    self._server.stamp(stream, shard, number, moment)
        return written

    def poison(self, stream: str) -> tuple[str, str]:
        """Append a record that is neither UTF-8 nor JSON; give its shard and sequence number."""
        return self.put(stream, [POISON])[0]

    # --- faults -------------------------------------------------------------------------------

    def throttle(self, times: int = 1, operation: str = "GetRecords") -> None:
        """Refuse the next calls, as Kinesis does when others read the same shard too often."""
        message = "Rate exceeded for shard shardId-000000000000 under account " + ACCOUNT
        self.fail("ProvisionedThroughputExceededException", message, times=times, operation=operation)

    def expire_iterators(self, times: int = 1) -> None:
        """Let the iterators of the next reads be older than five minutes."""
        self.fail("ExpiredIteratorException", "Iterator expired.", times=times)

    def fail(
        self,
        code: str,
        message: str = "as the test says",
        *,
        times: int = 1,
        operation: str = "GetRecords",
        status: int = 400,
    ) -> None:
        """Answer the next calls of an operation with an error of the service, such as AccessDeniedException."""
        self._server.fail(operation, (code, message, status), times)

    def down(self) -> None:
        """Hang up on every request, until ``up``."""
        self._server.hang_up(True)

    def up(self) -> None:
        """Answer again."""
        self._server.hang_up(False)

    def mend(self) -> None:
        """Take back every fault that has not happened yet."""
        self._server.mend()

    def expire(self, stream: str) -> None:
        """Let the stream's retention pass: the clock moves on by it and an hour, and all that is there expires."""
        self._clock.advance(timedelta(hours=self._existing(stream).retention_period_hours + 1))

    def split(self, stream: str, shard: str | None = None) -> list[str]:
        """Split a shard, by default the first open one, in the middle; give its children's ids."""
        before = self._open(stream)
        chosen = shard or before[0]["ShardId"]
        found = [each for each in before if each["ShardId"] == chosen]
        if not found:
            raise LookupError(f'stream "{stream}" has no open shard {chosen}')
        keys = found[0]["HashKeyRange"]
        middle = (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"])) // 2 + 1
        self.client().split_shard(StreamName=stream, ShardToSplit=chosen, NewStartingHashKey=str(middle))
        return self._new(stream, before)

    def merge(self, stream: str, shard: str | None = None, other: str | None = None) -> str:
        """Merge two adjacent shards, by default the first two open ones; give the id of what they become."""
        before = self._open(stream)
        if len(before) < 2:
            raise LookupError(f'stream "{stream}" has no two open shards to merge')
        one, two = shard or before[0]["ShardId"], other or before[1]["ShardId"]
        self.client().merge_shards(StreamName=stream, ShardToMerge=one, AdjacentShardToMerge=two)
        return self._new(stream, before)[0]

    def _open(self, stream: str) -> list[Any]:
        self._existing(stream)
        shards = self.client().list_shards(StreamName=stream)["Shards"]
        found = [each for each in shards if "EndingSequenceNumber" not in each["SequenceNumberRange"]]
        return sorted(found, key=lambda each: int(each["HashKeyRange"]["StartingHashKey"]))

    def _new(self, stream: str, before: Sequence[Any]) -> list[str]:
        known = {each["ShardId"] for each in before}
        return [each["ShardId"] for each in self._open(stream) if each["ShardId"] not in known]


def _batches(entries: Sequence[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    room = _BYTES
    for entry in entries:
        size = len(entry["Data"]) + len(entry["PartitionKey"].encode())
        if batch and (len(batch) == _BATCH or size > room):
            yield batch
            batch, room = [], _BYTES
        batch.append(entry)
        room -= size
    if batch:
        yield batch


_CLIENTS: dict[tuple[str, str], Any] = {}


def _client(service: str, url: str) -> Any:
    """Give a client of an endpoint; making one takes longer than all that a test does with it."""
    import boto3

    if (service, url) not in _CLIENTS:
        session = boto3.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
        )
        _CLIENTS[service, url] = session.client(service, endpoint_url=url)  # type: ignore[call-overload]
    return _CLIENTS[service, url]
