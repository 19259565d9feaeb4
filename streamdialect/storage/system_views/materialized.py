"""Redshift's metadata of materialized views (reference 4.4)."""

from __future__ import annotations

from streamdialect import types
from streamdialect.storage.system_views.definition import (
    BIGINT,
    CHAR128,
    DATABASE_NAME,
    TEXT,
    USER_NAME,
    system_view,
)
from streamdialect.types import char

__all__ = ["MATERIALIZED_VIEWS"]

MATERIALIZED_VIEWS = (
    system_view(
        "svv_mv_info",
        {
            "database_name": CHAR128,
            "schema_name": CHAR128,
            "user_name": CHAR128,
            "name": CHAR128,
            "is_stale": char(1),
            "state": types.INTEGER,
            "autorewrite": char(1),
            "autorefresh": char(1),
            # Ours: why the consumer stopped, or 'ok'; and what is still to be read, as last known.
            "streamdialect_state": TEXT,
            "lag_records": BIGINT,
            "lag_milliseconds": BIGINT,
            "on_error": char(8),
            "max_error_ratio": types.DOUBLE,
            "error_window": BIGINT,
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
)
