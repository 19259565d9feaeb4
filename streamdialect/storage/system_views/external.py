"""Redshift's catalogue of external schemas and the streams in them (reference 4.5)."""

from __future__ import annotations

from streamdialect import types
from streamdialect.storage.system_views.definition import (
    BIGINT,
    DATABASE_NAME,
    INTEGER,
    NAME,
    TEXT,
    USER_ID,
    system_view,
)

__all__ = [
    "COLUMNS_FUNCTION",
    "EXTERNAL_VIEWS",
    "SCHEMAS_FUNCTION",
    "STREAMS",
    "STREAMS_FUNCTION",
    "STREAM_COLUMNS",
]

# Table functions of a session: the streams of a schema (storage.stream_table); the external schemas, and the columns of
# the streams of a provider, or without one those of the file's relations (storage.catalogue).
STREAMS_FUNCTION = "streamdialect_streams"
SCHEMAS_FUNCTION = "streamdialect_external_schemas"
COLUMNS_FUNCTION = "streamdialect_columns"

# Asks the sources: the streams are those that the credentials can see now. CROSS JOIN fixes the order of the loops, so
# that a function always has its argument, and a condition on the schema is tested before its source is asked.
STREAMS = f"FROM {SCHEMAS_FUNCTION} s CROSS JOIN {STREAMS_FUNCTION}(s.name) t"
STREAM_COLUMNS = f"{STREAMS} CROSS JOIN {COLUMNS_FUNCTION}(s.provider) c"

EXTERNAL_VIEWS = (
    system_view(
        "svv_external_schemas",
        {
            "esoid": BIGINT,
            "eskind": types.SMALLINT,
            "schemaname": NAME,
            "esowner": INTEGER,
            "databasename": TEXT,
            "esoptions": TEXT,
        },
        f"""
        SELECT row_number() OVER (ORDER BY created_at, name) AS esoid,
               CASE entry ->> 'provider' WHEN 'kinesis' THEN 9 ELSE 10 END AS eskind, name AS schemaname,
               {USER_ID} AS esowner, '' AS databasename,
               json_patch('{{}}', json_object('IAM_ROLE', entry ->> 'iam_role', 'REGION', entry ->> 'region',
                   'URI', entry ->> 'uri', 'CLUSTER_ARN', entry ->> 'cluster_arn',
                   'AUTHENTICATION', entry ->> 'authentication',
                   'AUTHENTICATION_ARN', entry ->> 'authentication_arn',
                   'SECRET_ARN', entry ->> 'secret_arn')) AS esoptions
        FROM main.streamdialect_schemas
        """,
    ),
    system_view(
        "svv_external_tables",
        {
            "redshift_database_name": TEXT,
            "schemaname": TEXT,
            "tablename": TEXT,
            "tabletype": TEXT,
            "location": TEXT,
            "input_format": TEXT,
            "output_format": TEXT,
            "serialization_lib": TEXT,
            "serde_parameters": TEXT,
            "compressed": INTEGER,
            "parameters": TEXT,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS redshift_database_name, s.name AS schemaname, t.stream AS tablename,
               'TABLE' AS tabletype, '' AS location, '' AS input_format, '' AS output_format,
               '' AS serialization_lib, '' AS serde_parameters, 0 AS compressed, '' AS parameters
        {STREAMS}
        """,
    ),
    system_view(
        "svv_external_columns",
        {
            "redshift_database_name": TEXT,
            "schemaname": TEXT,
            "tablename": TEXT,
            "columnname": TEXT,
            "external_type": TEXT,
            "columnnum": INTEGER,
            "part_key": INTEGER,
            "is_nullable": TEXT,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS redshift_database_name, s.name AS schemaname, t.stream AS tablename,
               c.column_name AS columnname, c.redshift_type AS external_type, c.ordinal_position AS columnnum,
               0 AS part_key, c.is_nullable
        {STREAM_COLUMNS}
        """,
    ),
)
