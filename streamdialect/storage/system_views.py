"""Redshift's monitoring views over our own tables: name, columns, and the SELECT behind each.

The translator puts the SELECT in the view's place, so they cost nothing until they are read, and a file
written by one version is read rightly by the next. Columns and types: section 4 of the reference, from
``r_SYS_STREAM_SCAN_STATES``, ``r_SYS_STREAM_SCAN_ERRORS``, ``SYS_MV_REFRESH_HISTORY``, ``r_SVV_MV_INFO``,
``r_SVV_EXTERNAL_SCHEMAS``. CHAR values are not blank-padded: Redshift's comparisons ignore the padding.
"""

from __future__ import annotations

from streamdialect import types
from streamdialect.model import Column, Relation
from streamdialect.types import RedshiftType, char

__all__ = ["DATABASE_NAME", "DEAD_LETTER_VIEWS", "STREAMS_FUNCTION", "SYSTEM_VIEWS", "USER_NAME"]

# A file has no users and one database; these stand in the columns that name them.
DATABASE_NAME = "dev"
USER_NAME = "streamdialect"

# The system views of which DELETE removes rows.
DEAD_LETTER_VIEWS = frozenset({"streamdialect_dead_letters", "streamdialect_bad_records"})

# The table function that lists the streams of a schema (storage.stream_table).
STREAMS_FUNCTION = "streamdialect_streams"

_BIGINT, _TIMESTAMP = types.BIGINT, types.TIMESTAMP
_CHAR128 = char(128)


def _relation(name: str, columns: dict[str, RedshiftType], select: str) -> Relation:
    return Relation(
        name=name,
        kind="system",
        columns=tuple(Column(name=column, type=kind) for column, kind in columns.items()),
        source=f"({' '.join(select.split())})",
    )


_BAD_RECORD: dict[str, RedshiftType] = {
    "id": _BIGINT,
    "mv_name": _CHAR128,
    "partition_id": _CHAR128,
    "position": _CHAR128,
    "record_time": _TIMESTAMP,
    "record_key": types.VARBYTE,
    "record_value": types.VARBYTE,
    "record_headers": types.SUPER,
    "error_code": types.INTEGER,
    "error_reason": types.TEXT,
    "logged_at": _TIMESTAMP,
    "error_column": types.TEXT,
    "redrives": types.INTEGER,
}
_BAD_RECORD_VALUES = (
    "id, view_name AS mv_name, partition AS partition_id, position, record_time, record_key, record_value,"
    " record_headers, error_code, error_reason, logged_at, error_column, redrives"
)

_RELATIONS = (
    _relation(
        "sys_stream_scan_states",
        {
            "external_schema_name": _CHAR128,
            "stream_name": char(255),
            "mv_name": _CHAR128,
            "transaction_id": _BIGINT,
            "query_id": _BIGINT,
            "record_time": _TIMESTAMP,
            "partition_id": _CHAR128,
            "latest_position": _CHAR128,
            "scanned_rows": _BIGINT,
            "skipped_rows": _BIGINT,
            "scanned_bytes": _BIGINT,
            "stream_record_time_min": _TIMESTAMP,
            "stream_record_time_max": _TIMESTAMP,
            # Live on Redshift, undocumented: records and seconds behind the head of the stream.
            "lag_from_latest": _BIGINT,
            "max_latency_s": types.DOUBLE,
        },
        """
        SELECT v.schema_name AS external_schema_name, v.stream AS stream_name, v.name AS mv_name,
               s.refresh_id AS transaction_id, s.refresh_id AS query_id, s.updated_at AS record_time,
               s.partition AS partition_id, s.position AS latest_position, s.scanned_rows, s.skipped_rows,
               s.scanned_bytes, s.record_time_min AS stream_record_time_min,
               s.record_time_max AS stream_record_time_max,
               c.behind AS lag_from_latest, c.behind_ms / 1000.0 AS max_latency_s
        FROM main.streamdialect_scans s
        JOIN main.streamdialect_views v ON v.id = s.view_id
        LEFT JOIN main.streamdialect_checkpoints c ON c.view_id = s.view_id AND c.partition = s.partition
        """,
    ),
    _relation(
        "sys_stream_scan_errors",
        {
            "external_schema_name": _CHAR128,
            "stream_name": char(255),
            "mv_name": _CHAR128,
            "transaction_id": _BIGINT,
            "query_id": _BIGINT,
            "stream_timestamp_type": char(1),
            "stream_timestamp": _TIMESTAMP,
            "record_time": _TIMESTAMP,
            "partition_id": _CHAR128,
            "position": _CHAR128,
            "error_code": types.INTEGER,
            "error_reason": _CHAR128,
        },
        """
        SELECT schema_name AS external_schema_name, stream AS stream_name, view_name AS mv_name,
               refresh_id AS transaction_id, refresh_id AS query_id, timestamp_type AS stream_timestamp_type,
               record_time AS stream_timestamp, logged_at AS record_time, partition AS partition_id, position,
               error_code, error_reason
        FROM main.streamdialect_errors WHERE outcome <> 'stopped'
        """,
    ),
    _relation(
        "sys_mv_refresh_history",
        {
            "user_id": types.INTEGER,
            "session_id": types.INTEGER,
            "transaction_id": _BIGINT,
            "database_name": _CHAR128,
            "schema_name": _CHAR128,
            "mv_id": _BIGINT,
            "mv_name": _CHAR128,
            "refresh_type": char(32),
            "status": types.TEXT,
            "start_time": _TIMESTAMP,
            "end_time": _TIMESTAMP,
            "duration": _BIGINT,
            "consumer_account": char(12),
            "consumer_region": char(32),
            "consumer_namespace": char(36),
        },
        f"""
        SELECT 100 AS user_id, session_id, id AS transaction_id, '{DATABASE_NAME}' AS database_name,
               'public' AS schema_name, view_id AS mv_id, view_name AS mv_name, refresh_type, status, start_time,
               end_time, duration, NULL AS consumer_account, NULL AS consumer_region, NULL AS consumer_namespace
        FROM main.streamdialect_refreshes
        """,
    ),
    _relation(
        "svv_mv_info",
        {
            "database_name": _CHAR128,
            "schema_name": _CHAR128,
            "user_name": _CHAR128,
            "name": _CHAR128,
            "is_stale": char(1),
            "state": types.INTEGER,
            "autorewrite": char(1),
            "autorefresh": char(1),
            # Ours: why the consumer stopped, or 'ok'; and what is still to be read, as last known.
            "streamdialect_state": types.TEXT,
            "lag_records": _BIGINT,
            "lag_milliseconds": _BIGINT,
            "on_error": char(8),
            "max_error_ratio": types.DOUBLE,
            "error_window": _BIGINT,
            "on_data_loss": char(8),
        },
        f"""
        SELECT '{DATABASE_NAME}' AS database_name, 'public' AS schema_name, '{USER_NAME}' AS user_name, v.name,
               CASE WHEN v.schema_name IS NULL OR c.partitions IS NULL THEN 'u'
                    WHEN coalesce(c.behind, 0) > 0 OR coalesce(c.behind_ms, 0) > 0 THEN 't'
                    WHEN v.auto_refresh THEN 'f' ELSE 'u' END AS is_stale,
               CASE WHEN v.schema_name IS NULL THEN 0 ELSE 1 END AS state, 'f' AS autorewrite,
               CASE WHEN v.auto_refresh THEN 't' ELSE 'f' END AS autorefresh, v.state AS streamdialect_state,
               c.behind AS lag_records, c.behind_ms AS lag_milliseconds,
               CASE WHEN v.schema_name IS NOT NULL THEN v.on_error END AS on_error, v.max_error_ratio,
               CASE WHEN v.schema_name IS NOT NULL THEN v.error_window END AS error_window,
               CASE WHEN v.schema_name IS NOT NULL THEN v.on_data_loss END AS on_data_loss
        FROM main.streamdialect_views v
        LEFT JOIN (SELECT view_id, count(*) AS partitions, sum(behind) AS behind, max(behind_ms) AS behind_ms
                   FROM main.streamdialect_checkpoints GROUP BY view_id) c ON c.view_id = v.id
        """,
    ),
    _relation(
        "svv_external_schemas",
        {
            "esoid": _BIGINT,
            "eskind": types.SMALLINT,
            "schemaname": types.TEXT,
            "esowner": types.INTEGER,
            "databasename": types.TEXT,
            "esoptions": types.TEXT,
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
    _relation(
        "svv_external_tables",
        {
            "redshift_database_name": types.TEXT,
            "schemaname": types.TEXT,
            "tablename": types.TEXT,
            "tabletype": types.TEXT,
            "location": types.TEXT,
            "input_format": types.TEXT,
            "output_format": types.TEXT,
            "serialization_lib": types.TEXT,
            "serde_parameters": types.TEXT,
            "compressed": types.INTEGER,
            "parameters": types.TEXT,
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
    _relation(
        "pg_views",
        {
            "schemaname": types.varchar(128),
            "viewname": types.varchar(128),
            "viewowner": types.varchar(128),
            "definition": types.TEXT,
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
    _relation(
        "streamdialect_lag",
        {
            "mv_name": _CHAR128,
            "partition_id": _CHAR128,
            "position": _CHAR128,
            "records_behind": _BIGINT,
            "milliseconds_behind": _BIGINT,
            "record_time": _TIMESTAMP,
            "updated_at": _TIMESTAMP,
        },
        """
        SELECT v.name AS mv_name, c.partition AS partition_id, c.position, c.behind AS records_behind,
               c.behind_ms AS milliseconds_behind, c.record_time, c.updated_at
        FROM main.streamdialect_checkpoints c JOIN main.streamdialect_views v ON v.id = c.view_id
        """,
    ),
    _relation(
        "streamdialect_dead_letters",
        _BAD_RECORD,
        f"SELECT {_BAD_RECORD_VALUES} FROM main.streamdialect_errors WHERE outcome = 'set aside'",
    ),
    _relation(
        "streamdialect_bad_records",
        {**_BAD_RECORD, "outcome": char(16)},
        f"SELECT {_BAD_RECORD_VALUES}, outcome FROM main.streamdialect_errors",
    ),
)

SYSTEM_VIEWS = {relation.name: relation for relation in _RELATIONS}
