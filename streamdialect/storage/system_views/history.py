"""Redshift's history of scans and refreshes (reference 4.2 to 4.4)."""

from __future__ import annotations

from streamdialect import types
from streamdialect.storage.system_views.definition import (
    BIGINT,
    CHAR128,
    DATABASE_NAME,
    TEXT,
    TIMESTAMP,
    system_view,
)
from streamdialect.types import char

__all__ = ["HISTORY_VIEWS"]

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
            "error_code": types.INTEGER,
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
            "user_id": types.INTEGER,
            "session_id": types.INTEGER,
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
)
