"""Redshift's catalogue: external schemas and streams, tables, views and columns (reference 4.5)."""

from __future__ import annotations

from streamdialect import types
from streamdialect.storage.system_views.definition import BIGINT, DATABASE_NAME, TEXT, USER_NAME, system_view

__all__ = ["CATALOGUE_VIEWS", "STREAMS_FUNCTION"]

# The table function that lists the streams of a schema (storage.stream_table).
STREAMS_FUNCTION = "streamdialect_streams"

CATALOGUE_VIEWS = (
    system_view(
        "svv_external_schemas",
        {
            "esoid": BIGINT,
            "eskind": types.SMALLINT,
            "schemaname": TEXT,
            "esowner": types.INTEGER,
            "databasename": TEXT,
            "esoptions": TEXT,
        },
        """
        SELECT row_number() OVER (ORDER BY created_at, name) AS esoid,
               CASE entry ->> 'provider' WHEN 'kinesis' THEN 9 ELSE 10 END AS eskind, name AS schemaname,
               100 AS esowner, '' AS databasename,
               json_patch('{}', json_object('IAM_ROLE', entry ->> 'iam_role', 'REGION', entry ->> 'region',
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
            "compressed": types.INTEGER,
            "parameters": TEXT,
        },
        # Asks the source: the streams are those that the credentials can see now. CROSS JOIN fixes the order
        # of the loops, so that the function always has its argument.
        f"""
        SELECT '{DATABASE_NAME}' AS redshift_database_name, s.name AS schemaname, t.stream AS tablename,
               'TABLE' AS tabletype, '' AS location, '' AS input_format, '' AS output_format,
               '' AS serialization_lib, '' AS serde_parameters, 0 AS compressed, '' AS parameters
        FROM main.streamdialect_schemas s CROSS JOIN {STREAMS_FUNCTION}(s.name) t
        """,
    ),
    system_view(
        "pg_views",
        {
            "schemaname": types.varchar(128),
            "viewname": types.varchar(128),
            "viewowner": types.varchar(128),
            "definition": TEXT,
        },
        f"""
        SELECT 'public' AS schemaname, v.name AS viewname, '{USER_NAME}' AS viewowner,
               coalesce(m.entry ->> 'definition', l.definition, v.sql) AS definition
        FROM main.sqlite_schema v
        LEFT JOIN main.streamdialect_views m ON m.name = v.name
        LEFT JOIN main.streamdialect_late_views l ON l.name = v.name AND l.sql = v.sql
        WHERE v.type = 'view'
        """,
    ),
)
