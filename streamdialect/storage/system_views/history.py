"""Redshift's history of scans and refreshes (reference 4.2 to 4.4)."""

from __future__ import annotations

from streamdialect import types
from streamdialect.storage.system_views.definition import (
    BIGINT,
    CHAR128,
    DATABASE_NAME,
    INTEGER,
    TEXT,
    TIMESTAMP,
    USER_ID,
    system_view,
)
from streamdialect.types import char

__all__ = ["HISTORY_VIEWS"]

# Of data shares, which a file has none of.
_CONSUMER = {
    "consumer_account": char(12),
    "consumer_region": char(32),
    "consumer_namespace": char(36),
}
_NO_CONSUMER = "NULL AS consumer_account, NULL AS consumer_region, NULL AS consumer_namespace"

HISTORY_VIEWS = (
    system_view(
        "sys_stream_scan_states",
        {
            "external_schema_name": CHAR128,
            "stream_name": char(255),
            "mv_name": CHAR128,
            "transaction_id": BIGINT,
            "query_id": BIGINT,
            "record_time": TIMESTAMP,
            "partition_id": CHAR128,
            "latest_position": CHAR128,
            "scanned_rows": BIGINT,
            "skipped_rows": BIGINT,
            "scanned_bytes": BIGINT,
            "stream_record_time_min": TIMESTAMP,
            "stream_record_time_max": TIMESTAMP,
            # Live on Redshift, undocumented: records and seconds behind the head of the stream.
            "lag_from_latest": BIGINT,
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
    system_view(
        "sys_stream_scan_errors",
        {
            "external_schema_name": CHAR128,
            "stream_name": char(255),
            "mv_name": CHAR128,
            "transaction_id": BIGINT,
            "query_id": BIGINT,
            "stream_timestamp_type": char(1),
            "stream_timestamp": TIMESTAMP,
            "record_time": TIMESTAMP,
            "partition_id": CHAR128,
            "position": CHAR128,
            "error_code": INTEGER,
            "error_reason": CHAR128,
        },
        """
        SELECT schema_name AS external_schema_name, stream AS stream_name, view_name AS mv_name,
               refresh_id AS transaction_id, refresh_id AS query_id, timestamp_type AS stream_timestamp_type,
               record_time AS stream_timestamp, logged_at AS record_time, partition AS partition_id, position,
               error_code, error_reason
        FROM main.streamdialect_errors WHERE outcome <> 'stopped'
        """,
    ),
    system_view(
        "sys_mv_refresh_history",
        {
            "user_id": INTEGER,
            "session_id": INTEGER,
            "transaction_id": BIGINT,
            "database_name": CHAR128,
            "schema_name": CHAR128,
            "mv_id": BIGINT,
            "mv_name": CHAR128,
            "refresh_type": char(32),
            "status": TEXT,
            "start_time": TIMESTAMP,
            "end_time": TIMESTAMP,
            "duration": BIGINT,
            **_CONSUMER,
        },
        f"""
        SELECT {USER_ID} AS user_id, session_id, id AS transaction_id, '{DATABASE_NAME}' AS database_name,
               'public' AS schema_name, view_id AS mv_id, view_name AS mv_name, refresh_type, status, start_time,
               end_time, duration, {_NO_CONSUMER}
        FROM main.streamdialect_refreshes
        """,
    ),
    system_view(
        "svl_mv_refresh_status",
        {
            "db_name": CHAR128,
            "userid": BIGINT,
            "schema_name": CHAR128,
            "mv_name": CHAR128,
            "xid": BIGINT,
            "starttime": TIMESTAMP,
            "endtime": TIMESTAMP,
            "status": TEXT,
            "refresh_type": char(32),
            **_CONSUMER,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS db_name, {USER_ID} AS userid, 'public' AS schema_name, view_name AS mv_name,
               id AS xid, start_time AS starttime, end_time AS endtime, status, refresh_type, {_NO_CONSUMER}
        FROM main.streamdialect_refreshes
        """,
    ),
    system_view(
        "sys_mv_state",
        {
            "user_id": BIGINT,
            "transaction_id": BIGINT,
            "database_name": CHAR128,
            "event_desc": char(500),
            "start_time": TIMESTAMP,
            "base_table_database_name": CHAR128,
            "base_table_schema": CHAR128,
            "base_table_name": CHAR128,
            "mv_schema": CHAR128,
            "mv_name": CHAR128,
            "state": char(32),
        },
        f"""
        SELECT {USER_ID} AS user_id, NULL AS transaction_id, '{DATABASE_NAME}' AS database_name,
               event AS event_desc, logged_at AS start_time, '{DATABASE_NAME}' AS base_table_database_name,
               base_schema AS base_table_schema, base_name AS base_table_name, 'public' AS mv_schema,
               view_name AS mv_name, state
        FROM main.streamdialect_events
        """,
    ),
    system_view(
        "stl_mv_state",
        {
            "userid": BIGINT,
            "starttime": TIMESTAMP,
            "xid": BIGINT,
            "event_desc": char(500),
            "db_name": CHAR128,
            "base_table_schema": CHAR128,
            "base_table_name": CHAR128,
            "mv_schema": CHAR128,
            "mv_name": CHAR128,
            "state": char(32),
        },
        f"""
        SELECT {USER_ID} AS userid, logged_at AS starttime, NULL AS xid, event AS event_desc,
               '{DATABASE_NAME}' AS db_name, base_schema AS base_table_schema, base_name AS base_table_name,
               'public' AS mv_schema, view_name AS mv_name, state
        FROM main.streamdialect_events
        """,
    ),
)
