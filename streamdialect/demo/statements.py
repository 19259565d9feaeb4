"""The tutorial's statements, as AWS prints them (its announcement of Redshift streaming ingestion)."""

from __future__ import annotations

__all__ = ["STREAM", "kafka_statements", "kinesis_statements"]

STREAM = "my-input-stream"

_KINESIS_SCHEMA = """\
CREATE EXTERNAL SCHEMA sensors FROM KINESIS IAM_ROLE 'arn:aws:iam::123456789012:role/RedshiftStreaming';"""

_KINESIS_SUPER = """\
CREATE MATERIALIZED VIEW sensor_data AUTO REFRESH YES AS
SELECT approximate_arrival_timestamp, partition_key, shard_id, sequence_number, refresh_time,
       JSON_PARSE(kinesis_data) AS payload
FROM sensors."my-input-stream";"""

_KINESIS_EXTRACT = """\
CREATE MATERIALIZED VIEW sensor_data_extract AUTO REFRESH YES AS
SELECT JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'sensor_id')::VARCHAR(8) AS sensor_id,
       JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'current_temperature')::DECIMAL(10,2)
           AS current_temperature,
       JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'status')::VARCHAR(8) AS status,
       JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'event_time')::CHARACTER(26) AS event_time
FROM sensors."my-input-stream";"""

_KAFKA_SUPER = """\
CREATE MATERIALIZED VIEW sensor_data AUTO REFRESH YES AS
SELECT kafka_partition, kafka_offset, kafka_timestamp_type, kafka_timestamp, kafka_key, refresh_time,
       JSON_PARSE(kafka_value) AS payload
FROM sensors."my-input-stream";"""


def kinesis_statements() -> list[str]:
    """List the statements for Kinesis: schema, SUPER view, extracting view."""
    return [_KINESIS_SCHEMA, _KINESIS_SUPER, _KINESIS_EXTRACT]


def kafka_statements(bootstrap: str) -> list[str]:
    """List the same for Kafka; ``bootstrap`` is host:port,..."""
    schema = "CREATE EXTERNAL SCHEMA sensors FROM KAFKA AUTHENTICATION none URI '{}';".format(
        bootstrap.replace("'", "''")
    )
    return [schema, _KAFKA_SUPER, _KINESIS_EXTRACT.replace("kinesis_data", "kafka_value")]
