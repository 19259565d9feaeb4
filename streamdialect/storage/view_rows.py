"""The rows of a materialized view: how they get into its backing table, and out of it.

Every function runs inside the caller's write transaction.
"""

from __future__ import annotations

import os
import time

import apsw

from streamdialect import clock as time_of_day
from streamdialect.identifiers import quote_identifier
from streamdialect.model import BATCH_RELATION, MaterializedView

__all__ = ["delete_rows", "insert_text", "log_refresh", "now", "over_nothing", "recompute", "seed"]

# Refreshes that the history keeps for each view.
_KEEP_REFRESHES = 1000


def now() -> str:
    """Give the time now in the form of every stored timestamp."""
    return time_of_day.text()


def insert_text(view: MaterializedView, select: str | None = None) -> str:
    """Write the INSERT for a batch; a common table expression named BATCH_RELATION must stand before it.

    ``select`` is a form of the plan's SELECT, or None for the plain one.
    """
    plan = view.plan
    select = plan.select if select is None else select
    table = f"main.{quote_identifier(view.backing_table)}"
    columns = ", ".join(quote_identifier(column.name) for column in plan.storage)
    if plan.group_column is None:
        return f"INSERT INTO {table} ({columns}) {select}"
    merges = ", ".join(f"{quote_identifier(name)} = {expression}" for name, expression in plan.merge)
    action = f"UPDATE SET {merges}" if merges else "NOTHING"  # groups without aggregates have no state
    # WHERE true: without it SQLite reads ON CONFLICT as a join constraint of the SELECT.
    return (
        f"INSERT INTO {table} ({columns}) SELECT * FROM ({select}) WHERE true"
        f" ON CONFLICT ({quote_identifier(plan.group_column)}) DO {action}"
    )


def over_nothing(view: MaterializedView) -> str:
    """Write the INSERT for a batch without records."""
    empty = ", ".join(f"NULL AS {quote_identifier(name)}" for name in view.plan.stream_columns) or "1"
    return f"WITH {BATCH_RELATION} AS (SELECT {empty} WHERE 0) {insert_text(view)}"


def seed(connection: apsw.Connection, view: MaterializedView) -> None:
    """Insert what the view's query gives over no records: one row if it aggregates without GROUP BY."""
    connection.execute(over_nothing(view)).fetchall()


def delete_rows(connection: apsw.Connection, view: MaterializedView) -> None:
    """Remove all rows of a view; its position in the stream stays, so they do not come back."""
    connection.execute(f"DELETE FROM main.{quote_identifier(view.backing_table)}")


def recompute(connection: apsw.Connection, view: MaterializedView) -> None:
    """Replace the rows of a view over local relations by its query's."""
    delete_rows(connection, view)
    connection.execute(insert_text(view)).fetchall()
    connection.execute(
        "UPDATE main.streamdialect_views SET broken = NULL WHERE id = ? AND broken IS NOT NULL", (view.id,)
    )


def log_refresh(
    connection: apsw.Connection,
    view: MaterializedView,
    kind: str,
    status: str,
    started: str,
    clock: float,
    number: int | None = None,
) -> int:
    """Insert a row of the refresh history, or update row ``number``; return its number.

    ``clock`` is the time.monotonic() of the start. Old rows are removed, with their scans.
    """
    duration = int((time.monotonic() - clock) * 1_000_000)
    if number is not None:
        connection.execute(
            "UPDATE main.streamdialect_refreshes SET status = ?, end_time = ?, duration = ? WHERE id = ?",
            (status, now(), duration, number),
        )
        return number
    connection.execute(
        "INSERT INTO main.streamdialect_refreshes"
        " (view_id, view_name, refresh_type, status, session_id, start_time, end_time, duration)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (view.id, view.name, kind, status, os.getpid(), started, now(), duration),
    )
    number = connection.last_insert_rowid()
    oldest = connection.execute(
        "SELECT id FROM main.streamdialect_refreshes WHERE view_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
        (view.id, _KEEP_REFRESHES),
    ).fetchone()
    if oldest is not None:
        for table, column in (("refreshes", "id"), ("scans", "refresh_id")):
            connection.execute(
                f"DELETE FROM main.streamdialect_{table} WHERE view_id = ? AND {column} <= ?",
                (view.id, oldest[0]),
            )
    return number
