"""Redshift's metadata of materialized views (reference 4.4)."""

from __future__ import annotations

from streamdialect import types
from streamdialect.storage.system_views.definition import (
    BIGINT,
    CHAR128,
    DATABASE_NAME,
    INTEGER,
    TEXT,
    USER_NAME,
    system_view,
)
from streamdialect.types import char

__all__ = ["MATERIALIZED_VIEWS"]

_IS_STALE = """
    CASE WHEN v.schema_name IS NULL OR c.partitions IS NULL THEN 'u'
         WHEN coalesce(c.behind, 0) > 0 OR coalesce(c.behind_ms, 0) > 0 THEN 't'
         WHEN v.auto_refresh THEN 'f' ELSE 'u' END AS is_stale
"""
_STATE = "coalesce(v.broken, CASE WHEN v.schema_name IS NULL THEN 0 ELSE 1 END) AS state"
_AUTOREFRESH = "CASE WHEN v.auto_refresh THEN 't' ELSE 'f' END AS autorefresh"
_FROM = """
    FROM main.streamdialect_views v
    LEFT JOIN (SELECT view_id, count(*) AS partitions, sum(behind) AS behind, max(behind_ms) AS behind_ms
               FROM main.streamdialect_checkpoints GROUP BY view_id) c ON c.view_id = v.id
"""
# The materialized views that a materialized view reads itself; tables are none.
_BASES = """
    FROM main.streamdialect_views v CROSS JOIN json_each(v.entry, '$.plan.depends_on') d
    JOIN main.streamdialect_views b ON b.name = d.value
"""

MATERIALIZED_VIEWS = (
    system_view(
        "svv_mv_info",
        {
            "database_name": CHAR128,
            "schema_name": CHAR128,
            "user_name": CHAR128,
            "name": CHAR128,
            "is_stale": char(1),
            "state": INTEGER,
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
               {_IS_STALE}, {_STATE}, 'f' AS autorewrite, {_AUTOREFRESH}, v.state AS streamdialect_state,
               c.behind AS lag_records, c.behind_ms AS lag_milliseconds,
               CASE WHEN v.schema_name IS NOT NULL THEN v.on_error END AS on_error, v.max_error_ratio,
               CASE WHEN v.schema_name IS NOT NULL THEN v.error_window END AS error_window,
               CASE WHEN v.schema_name IS NOT NULL THEN v.on_data_loss END AS on_data_loss
        {_FROM}
        """,
    ),
    system_view(
        "stv_mv_info",
        {
            "db_name": CHAR128,
            "schema": CHAR128,
            "name": CHAR128,
            "updated_upto_xid": BIGINT,
            "is_stale": char(1),
            "owner_user_name": CHAR128,
            "state": INTEGER,
            "autorewrite": char(1),
            "autorefresh": char(1),
        },
        f"""
        SELECT '{DATABASE_NAME}' AS db_name, 'public' AS "schema", v.name,
               (SELECT max(r.id) FROM main.streamdialect_refreshes r
                WHERE r.view_id = v.id AND r.status NOT LIKE 'Refresh failed%') AS updated_upto_xid,
               {_IS_STALE}, '{USER_NAME}' AS owner_user_name, {_STATE}, 'f' AS autorewrite, {_AUTOREFRESH}
        {_FROM}
        """,
    ),
    system_view(
        "svv_mv_dependency",
        {
            "database_name": CHAR128,
            "schema_name": CHAR128,
            "name": CHAR128,
            "dependent_database_name": CHAR128,
            "dependent_schema_name": CHAR128,
            "dependent_name": CHAR128,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS database_name, 'public' AS schema_name, v.name,
               '{DATABASE_NAME}' AS dependent_database_name, 'public' AS dependent_schema_name,
               b.name AS dependent_name
        {_BASES}
        """,
    ),
    system_view(
        "stv_mv_deps",
        {
            "db_name": CHAR128,
            "schema": CHAR128,
            "name": CHAR128,
            "ref_schema": CHAR128,
            "ref_name": CHAR128,
            "ref_database_name": CHAR128,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS db_name, 'public' AS "schema", v.name, 'public' AS ref_schema,
               b.name AS ref_name, '{DATABASE_NAME}' AS ref_database_name
        {_BASES}
        """,
    ),
)
