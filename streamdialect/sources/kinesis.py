"""Reach Amazon Kinesis Data Streams, or anything that speaks its API, through boto3."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import timezone
from typing import Any

from botocore.config import Config

from streamdialect.model import ExternalSchema, SourceOptions
from streamdialect.sources.aws import CONTROL, public, session_for, translated
from streamdialect.sources.base import NEVER, UNBOUNDED, Head, ReadBounds
from streamdialect.sources.kinesis_calls import list_shards
from streamdialect.sources.kinesis_quota import PER_SECOND
from streamdialect.sources.kinesis_reader import KinesisReader

__all__ = ["KinesisSource"]

# The reader repeats calls itself, by shard; an answer may be 10 MB, but comes without such pauses.
_READING = CONTROL.merge(Config(read_timeout=10, retries={"total_max_attempts": 1, "mode": "standard"}))


class KinesisSource:
    """Implement StreamSource for ``CREATE EXTERNAL SCHEMA ... FROM KINESIS``. Thread-safe.

    Clients are boto3's, configured as boto3 is (profiles, AWS_ENDPOINT_URL_KINESIS, ...); REGION and
    IAM_ROLE of the schema come on top. Making a source touches no network; it raises SourceError if the
    configuration is unusable.
    """

    def __init__(self, schema: ExternalSchema, options: SourceOptions) -> None:
        self._schema = schema
        self._pace = PER_SECOND / options.kinesis_reads
        self._session = session_for(schema, options)
        with translated("making a Kinesis client"):
            self._control: Any = self._session.client("kinesis", config=CONTROL)
            self._reading: Any = self._session.client("kinesis", config=_READING)

    def __repr__(self) -> str:
        endpoint = self._control.meta.endpoint_url
        return f"<KinesisSource {self._schema.name!r} at {endpoint}, {public(self._session)}>"

    def streams(self) -> list[str]:
        """List the streams of the account and region, sorted (ListStreams)."""
        with translated("listing streams"):
            pages = self._control.get_paginator("list_streams").paginate()
            return sorted({name for page in pages for name in page["StreamNames"]})

    def check(self, stream: str) -> None:
        """Raise UndefinedObjectError if the stream does not exist (DescribeStreamSummary)."""
        with translated(f'describing stream "{stream}"', stream):
            self._control.describe_stream_summary(StreamName=stream)

    def identity(self, stream: str) -> str | None:
        """Give the stream's ARN with the time of its creation (DescribeStreamSummary)."""
        with translated(f'describing stream "{stream}"', stream):
            answer = self._control.describe_stream_summary(StreamName=stream)
        summary = answer["StreamDescriptionSummary"]
        created = summary.get("StreamCreationTimestamp")
        if created is None:
            return None
        moment = created.astimezone(timezone.utc).isoformat(timespec="milliseconds")
        return f"{summary['StreamARN']} created {moment}"

    def head(self, stream: str) -> Head:
        """Fix the stream's end; Kinesis names no positions, so the head is a moment and the shards."""
        taken_at = time.monotonic()  # before listing, so that no shard of that moment is missed
        with translated(f'listing the shards of stream "{stream}"', stream):
            return Head(taken_at=taken_at, partitions=frozenset(list_shards(self._control, stream)))

    def open(
        self,
        stream: str,
        checkpoints: Mapping[str, str],
        columns: Collection[str],
        bounds: ReadBounds = UNBOUNDED,
        complete: Mapping[str, float] = NEVER,
        identity: str | None = None,
    ) -> KinesisReader:
        """Open a reader; touches no network. See StreamSource.open."""
        return KinesisReader(self._reading, stream, checkpoints, columns, bounds, complete, pace=self._pace)

    def close(self) -> None:
        """Close the HTTP connections."""
        self._control.close()
        self._reading.close()
