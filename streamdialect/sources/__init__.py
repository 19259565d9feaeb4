"""Where records come from: Kinesis through boto3, Kafka through confluent-kafka.

``base`` is the contract. boto3 and confluent-kafka are imported when a source is opened, not before.
"""

from __future__ import annotations

from streamdialect.model import ExternalSchema, SourceOptions
from streamdialect.sources.base import (
    BEGINNING_OF_PARTITION,
    END_OF_PARTITION,
    UNBOUNDED,
    Batch,
    Head,
    ReadBounds,
    StreamReader,
    StreamSource,
)

__all__ = [
    "BEGINNING_OF_PARTITION",
    "END_OF_PARTITION",
    "UNBOUNDED",
    "Batch",
    "Head",
    "ReadBounds",
    "StreamReader",
    "StreamSource",
    "open_source",
]


def open_source(schema: ExternalSchema, options: SourceOptions | None = None) -> StreamSource:
    """Make the source that an external schema describes.

    Usually touches no network (MSK by CLUSTER_ARN and AUTHENTICATION mtls look their parts up on first use).
    Raise InterfaceError for clauses or options that make no sense, SourceError for an unusable configuration.
    """
    options = options or SourceOptions()
    if schema.provider == "kinesis":
        from streamdialect.sources.kinesis import KinesisSource

        return KinesisSource(schema, options)
    from streamdialect.sources.kafka import KafkaSource

    return KafkaSource(schema, options)
