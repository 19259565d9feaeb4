"""What has kept materialized views from being refreshed: rows of ``sys_mv_state``, and Redshift's number for it.

Every function runs inside the caller's write transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import apsw

from streamdialect.model import MaterializedView
from streamdialect.storage.view_rows import insert_text

__all__ = ["KEPT_EVENTS", "BaseChange", "base_changed", "failure", "stopped"]

KEPT_EVENTS = 100  # of each view

BaseChange = Literal["Column was dropped", "Column was renamed", "Table was renamed"]

# For each change: the state of SVV_MV_INFO (r_SVV_MV_INFO), and what REFRESH says then (r_SVL_MV_REFRESH_STATUS).
_CHANGES: dict[BaseChange, tuple[int, str]] = {
    "Column was dropped": (101, "A column was dropped."),
    "Table was renamed": (103, "A base table was renamed."),
    "Column was renamed": (104, "A base table column was renamed."),
}
_REASONS = dict(_CHANGES.values())


def _add(connection: apsw.Connection, view_id: int, event: str, schema: str | None, name: str | None) -> None:
    """Log an event of a view and the relation that it comes from, by default the view's stream."""
    connection.execute(
        "INSERT INTO main.streamdialect_events (view_id, view_name, event, state, base_schema, base_name, logged_at)"
        " SELECT id, name, ?2, 'Unrefreshable', coalesce(?3, schema_name), coalesce(?4, stream),"
        " strftime('%Y-%m-%d %H:%M:%f000', 'now') FROM main.streamdialect_views WHERE id = ?1",
        (view_id, event, schema, name),
    )
    connection.execute(
        "DELETE FROM main.streamdialect_events WHERE view_id = ?1 AND id <= (SELECT id"
        " FROM main.streamdialect_events WHERE view_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        (view_id, KEPT_EVENTS),
    )


def stopped(connection: apsw.Connection, view_id: int, reason: str) -> None:
    """Log that a streaming view was stopped."""
    _add(connection, view_id, reason, None, None)


def base_changed(
    connection: apsw.Connection, views: Iterable[MaterializedView], change: BaseChange, table: str
) -> None:
    """Log what the change of a table did to views that read it: those whose query does not stand any more."""
    for view in views:
        code: int | None = None
        try:
            connection.execute(f"EXPLAIN {insert_text(view)}").fetchone()
        except apsw.SQLError:
            code = _CHANGES[change][0]
            _add(connection, view.id, change, "public", table)
        connection.execute("UPDATE main.streamdialect_views SET broken = ? WHERE id = ?", (code, view.id))


def failure(connection: apsw.Connection, view_id: int, message: str) -> str:
    """Word the failure of a view's recomputation as SVL_MV_REFRESH_STATUS does."""
    code = connection.execute("SELECT broken FROM main.streamdialect_views WHERE id = ?", (view_id,)).get
    return f"Refresh failed. {_REASONS.get(code) or message}"
