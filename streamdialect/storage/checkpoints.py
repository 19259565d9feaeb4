"""How far each view has read each partition; moved only by compare-and-set in the caller's transaction."""

from __future__ import annotations

import apsw

from streamdialect.errors import LeaseLostError
from streamdialect.storage.catalog import NOW

__all__ = ["advance", "positions"]


def positions(connection: apsw.Connection, view_id: int) -> dict[str, str]:
    """Read a view's checkpoints: partition to position."""
    rows = connection.execute(
        "SELECT partition, position FROM main.streamdialect_checkpoints WHERE view_id = ?", (view_id,)
    )
    return {str(partition): str(position) for partition, position in rows}


def advance(
    connection: apsw.Connection,
    view_id: int,
    partition: str,
    start: str | None,
    end: str,
    *,
    behind: int | None = None,
    behind_ms: int | None = None,
    record_time: str | None = None,
) -> None:
    """Move a partition's checkpoint from ``start`` to ``end``, or raise LeaseLostError.

    The comparison is the fence that makes every other safeguard a matter of liveness only: a consumer
    that lost its lease, or whose view was dropped, finds another position and its transaction is undone.
    """
    if start is None:
        connection.execute(
            "INSERT INTO main.streamdialect_checkpoints"
            f" SELECT ?1, ?2, ?3, ?4, ?5, ?6, {NOW}"
            " WHERE EXISTS (SELECT 1 FROM main.streamdialect_views WHERE id = ?1)"
            " ON CONFLICT DO NOTHING",
            (view_id, partition, end, behind, behind_ms, record_time),
        )
    else:
        connection.execute(
            "UPDATE main.streamdialect_checkpoints"
            " SET position = ?3, behind = ?4, behind_ms = ?5, record_time = coalesce(?6, record_time),"
            f" updated_at = {NOW} WHERE view_id = ?1 AND partition = ?2 AND position = ?7",
            (view_id, partition, end, behind, behind_ms, record_time, start),
        )
    if connection.changes() != 1:
        raise LeaseLostError(
            f"the position of partition {partition} is no longer {start or 'at the beginning'}:"
            " another process has taken the view over, or the view was dropped"
        )
